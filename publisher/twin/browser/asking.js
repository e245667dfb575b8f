// Answers what the query page asks of /sparql in this browser: the page's own scripts ask as they do
// of a live server.
const home = new URL("../", import.meta.url);
const endpoint = new URL("sparql.html", home).href;
const mine = (address) => address.split(/[?#]/)[0] === endpoint;
const asFetched = window.fetch.bind(window);
let worker, numbers = 0, told;
const waiting = new Map();

const say = (text) => {
  told ??= document.getElementById("twin-engine");
  if (told) told.textContent = text;
};
const begin = () => {
  worker = new Worker(new URL("engine.js", import.meta.url), { type: "module" });
  worker.onerror = () => fail("The engine could not be started. It needs a browser that runs WebAssembly in module workers, and a page that comes from a web server.");
  worker.onmessage = ({ data }) => {
    if (data.loading !== undefined) say(`Fetching the graph: ${Math.round(100 * data.loading)} %`);
    else if (data.ready !== undefined) say(`The graph is loaded in this browser: ${data.ready.toLocaleString("en")} quads.`);
    else if (data.failed !== undefined) fail(data.failed);
    else {
      waiting.get(data.number)?.(data);
      waiting.delete(data.number);
    }
  };
};
const end = () => {
  worker?.terminate();
  worker = undefined;
};
const fail = (wrong) => {
  say(wrong);
  end();
  for (const done of waiting.values()) done({ wrong });
  waiting.clear();
};

/** Ask a query; a signal ends the worker, and with it the query. */
export const asked = (query, { table = "json", graph = "ttl", signal } = {}) => new Promise((resolve, reject) => {
  if (!worker) begin();
  const number = numbers++;
  const stopped = () => {
    end();
    waiting.clear();
    say("Stopped. The next query loads the graph again.");
    reject(new DOMException("stopped", "AbortError"));
  };
  if (signal?.aborted) return stopped();
  signal?.addEventListener("abort", stopped);
  waiting.set(number, (answer) => {
    signal?.removeEventListener("abort", stopped);
    resolve(answer);
  });
  worker.postMessage({ number, query, table, graph });
});

const answer = ({ wrong, text, type }) => {
  if (wrong === undefined) return new Response(text, { headers: { "Content-Type": type } });
  const [, line, column] = /(?:at |line )(\d+):(\d+)/.exec(wrong) ?? [];
  const problem = {
    type: "about:blank", status: 400, title: "The query was not answered", detail: wrong,
    ...(line && { line: Number(line), column: Number(column) }),
  };
  return new Response(JSON.stringify(problem), { status: 400, headers: { "Content-Type": "application/problem+json" } });
};

window.fetch = async (input, init = {}) => {
  const request = input instanceof Request ? input : undefined;
  const address = new URL(request?.url ?? input, location.href).href;
  if (!mine(address)) return asFetched(input, init);
  const body = init.body ?? (request && await request.clone().text());
  const fields = body ? new URLSearchParams(body instanceof URLSearchParams ? body : String(body)) : new URL(address).searchParams;
  return answer(await asked(fields.get("query") ?? "", { signal: init.signal ?? request?.signal }));
};

// What is downloaded is worked out here as well.
const TABLES = ["json", "xml", "csv", "tsv"];
const SUFFIX = /^(json|xml|csv|tsv|ttl|nt|rdf|jsonld)$/;
const ALIAS = { turtle: "ttl", "n-triples": "nt", "rdf-xml": "rdf", "json-ld": "jsonld" };
document.addEventListener("click", async (event) => {
  const anchor = event.target.closest?.("a[href]");
  if (!anchor || !mine(anchor.href)) return;
  const fields = new URL(anchor.href).searchParams;
  const format = ALIAS[fields.get("format")] ?? fields.get("format");
  if (!format || !SUFFIX.test(format) || anchor.dataset.made) return;
  event.preventDefault();
  const kind = TABLES.includes(format) ? { table: format } : { graph: format };
  const found = await asked(fields.get("query"), kind);
  if (found.wrong) return say(found.wrong);
  const made = document.createElement("a");
  made.href = URL.createObjectURL(new Blob([found.text], { type: found.type }));
  made.download = `answer.${format}`;
  made.click();
});

// A draft comes into the form, and from there into the editor.
const given = new URL(location.href).searchParams;
const draft = given.get("draft") ?? given.get("query");
const area = document.querySelector("form.query textarea");
if (draft !== null && area) area.value = draft;
