// The query console around GraphiQL: token, examples, fetcher. Talks to its own address and to nothing else.
"use strict";
(function () {
  const TOKEN = "kbsearch.console.token";
  const endpoint = window.location.pathname;
  const assets = document.body.dataset.assets;
  const tokenField = document.getElementById("token");
  const status = document.getElementById("status");
  const root = ReactDOM.createRoot(document.getElementById("graphiql"));
  let signIn = 0;
  let example = null;

  function takeTokenFromAddress() {
    const given = new URLSearchParams(window.location.hash.slice(1)).get("token");
    if (given) {
      sessionStorage.setItem(TOKEN, given);
      // Out of the address bar and the history: a token in a link is used once.
      window.history.replaceState(null, "", window.location.pathname + window.location.search);
    }
  }

  function showStatus() {
    status.textContent = sessionStorage.getItem(TOKEN) ? "已使用令牌" : "未登录：请填写访问令牌";
  }

  async function post(params, accept, signal) {
    const headers = { "content-type": "application/json", accept };
    const token = sessionStorage.getItem(TOKEN);
    if (token) headers.authorization = "Bearer " + token;
    const response = await fetch(endpoint, { method: "POST", headers, body: JSON.stringify(params), credentials: "same-origin", signal });
    if (response.status === 401) status.textContent = "令牌无效或已过期：请重新填写";
    else showStatus();
    return response;
  }

  function isSubscription(params, options) {
    const operations = ((options && options.documentAST) || { definitions: [] }).definitions.filter(function (each) {
      return each.kind === "OperationDefinition" && (!params.operationName || (each.name && each.name.value === params.operationName));
    });
    return operations.length === 1 && operations[0].operation === "subscription";
  }

  // One subscription as an event stream; GraphiQL shows each answer and calls return() on its stop button.
  function subscribe(params) {
    const stopping = new AbortController();
    const events = readEvents(params, stopping.signal);
    const stop = events.return.bind(events);
    events.return = function (value) {
      stopping.abort();
      return stop(value);
    };
    return events;
  }

  async function* readEvents(params, signal) {
    let told = "";
    try {
      const response = await post(params, "text/event-stream, application/graphql-response+json;q=0.9", signal);
      if (!(response.headers.get("content-type") || "").startsWith("text/event-stream")) {
        yield await response.json();
        return;
      }
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        const blocks = (told + read.value).split("\n\n");
        told = blocks.pop();
        for (const block of blocks) {
          const data = block.split("\n").find((line) => line.startsWith("data: "));
          if (block.startsWith("event: next") && data) yield JSON.parse(data.slice(6));
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async function fetcher(params, options) {
    if (isSubscription(params, options)) return subscribe(params);
    return (await post(params, "application/graphql-response+json, application/json;q=0.9")).json();
  }

  function render() {
    const props = {
      key: "sign-in-" + signIn,
      fetcher,
      storage: window.sessionStorage,
      isHeadersEditorEnabled: false,
      defaultEditorToolsVisibility: "variables",
      defaultQuery: "# 在此输入查询，按 Ctrl-Enter 执行；上方是示例\n",
    };
    if (example) {
      props.query = example.query;
      props.variables = example.variables ? JSON.stringify(example.variables, null, 2) : "";
    }
    root.render(React.createElement(GraphiQL, props));
  }

  function signInWith(token) {
    if (token) sessionStorage.setItem(TOKEN, token);
    else sessionStorage.removeItem(TOKEN);
    tokenField.value = "";
    example = null; // what is in the editor by now is the reader's own
    signIn += 1;
    showStatus();
    render();
  }

  async function showExamples() {
    const bar = document.getElementById("examples");
    const examples = await (await fetch(assets + "/examples.json")).json();
    if (examples.length) bar.append("示例：");
    for (const each of examples) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = each.title;
      button.addEventListener("click", function () {
        example = each;
        signIn += 1;
        render();
      });
      bar.append(button);
    }
  }

  document.getElementById("sign-in").addEventListener("submit", function (event) {
    event.preventDefault();
    signInWith(tokenField.value.trim());
  });
  document.getElementById("sign-out").addEventListener("click", function () {
    signInWith("");
  });
  takeTokenFromAddress();
  showStatus();
  render();
  showExamples();
})();
