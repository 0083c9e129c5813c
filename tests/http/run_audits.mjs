// Runs every serverAudit of npm's graphql-http against a URL: node run_audits.mjs <folder with node_modules> <url>
import { createRequire } from "node:module";
import path from "node:path";

const [folder, url] = process.argv.slice(2);
const { serverAudits } = createRequire(path.join(path.resolve(folder), "x.js"))("graphql-http");
const results = [];
for (const audit of serverAudits({ url, fetchFn: fetch })) {
  const result = await audit.fn();
  results.push({ id: audit.id, name: audit.name, status: result.status, reason: result.reason ?? null });
}
console.log(JSON.stringify(results));
