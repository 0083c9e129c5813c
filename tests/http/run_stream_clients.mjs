// Subscribes with npm's graphql-ws and graphql-sse: node run_stream_clients.mjs <folder with node_modules> <host:port> <token>
import { createRequire } from "node:module";
import path from "node:path";

const [folder, address, token] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(folder), "x.js"));
const ws = require("graphql-ws");
const sse = require("graphql-sse");
const query = "subscription { ticks(after: 0) }";

async function take(events, count) {
  const values = [];
  for await (const event of events) {
    values.push(event.data.ticks);
    if (values.length === count) break;
  }
  return values;
}

async function refused(events) {
  try {
    for await (const event of events) return event.errors?.[0].extensions.code ?? "an event came";
  } catch (error) {
    return Array.isArray(error) ? error[0].extensions.code : String(error.code ?? error.message ?? error);
  }
  return "ended";
}

const overSocket = ws.createClient({
  url: `ws://${address}/graphql`,
  webSocketImpl: require("ws"),
  connectionParams: { authorization: `Bearer ${token}` },
  keepAlive: 50,
});
const overStream = sse.createClient({ url: `http://${address}/graphql`, headers: { authorization: `Bearer ${token}` } });
const stranger = ws.createClient({ url: `ws://${address}/graphql`, webSocketImpl: require("ws"), retryAttempts: 0 });
const result = {
  socket: await take(overSocket.iterate({ query }), 5),
  socketRefused: await refused(overSocket.iterate({ query: "subscription { forbidden }" })),
  socketStranger: await refused(stranger.iterate({ query })),
  stream: await take(overStream.iterate({ query }), 5),
  streamRefused: await refused(overStream.iterate({ query: "subscription { forbidden }" })),
};
await overSocket.dispose();
overStream.dispose();
console.log(JSON.stringify(result));
process.exit(0);
