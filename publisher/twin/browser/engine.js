// The query engine in a worker, where it can be stopped: Oxigraph as WebAssembly, over the dump.
import start, { Store } from "./oxigraph/web.js";

const NAMES = { json: "application/sparql-results+json", xml: "application/sparql-results+xml", csv: "text/csv; charset=utf-8", tsv: "text/tab-separated-values; charset=utf-8", ttl: "text/turtle; charset=utf-8", nt: "application/n-triples", rdf: "application/rdf+xml; charset=utf-8", jsonld: "application/ld+json" };
const TABLES = ["json", "xml", "csv", "tsv"];
const PART = 1 << 24;

const fetched = async (address, size) => {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} answers ${response.status}`);
  const parts = [];
  let got = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    got += value.length;
    postMessage({ loading: Math.min(1, got / size) });
  }
  const blob = new Blob(parts);
  const head = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  // A host may have said that it is packed, and then it came unpacked.
  const packed = head[0] === 0x1f && head[1] === 0x8b;
  const stream = packed ? blob.stream().pipeThrough(new DecompressionStream("gzip")) : blob.stream();
  return new Uint8Array(await new Response(stream).arrayBuffer());
};

// Line by line in parts: the whole text would be copied into the memory of the engine at once.
const loaded = (store, bytes, format) => {
  for (let at = 0; at < bytes.length;) {
    let end = Math.min(bytes.length, at + PART);
    while (end < bytes.length && bytes[end - 1] !== 10) end += 1;
    store.load(bytes.subarray(at, end), { format, no_transaction: true, lenient: true });
    at = end;
  }
};

const opened = (async () => {
  const about = await (await fetch("./twin.json")).json();
  await start({ module_or_path: new URL("./oxigraph/web_bg.wasm", import.meta.url) });
  const store = new Store();
  for (const dump of about.dumps) {
    loaded(store, await fetched(new URL(`../${dump.file}`, import.meta.url), dump.bytes), dump.format);
  }
  postMessage({ ready: store.size });
  return { store, union: about.default_graph === "union" };
})();
opened.catch((error) => postMessage({ failed: String(error.message ?? error) }));

// Whether a query names its graphs itself: FROM outside of comments, texts, IRIs and names.
const OTHER = /<[^<>"{}|^`\\\s]*>|"""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|#[^\n]*|[?$][\p{L}\p{N}_]+|[\p{L}\p{N}_.-]*:[\p{L}\p{N}_.%\\-]*/gu;
const namesGraphs = (query) => /\bFROM\b/i.test(query.replace(OTHER, " "));

onmessage = async ({ data: { number, query, table, graph } }) => {
  let found;
  try {
    const { store, union } = await opened;
    const own = namesGraphs(query);
    const ask = (format) => store.query(query, { results_format: format, use_default_graph_as_union: union && !own });
    let format = table;
    try { found = ask(NAMES[table].split(";")[0]); } catch (error) {
      // Which of the two a query gives is known once it is asked.
      if (!/results? ?format|format/i.test(String(error)) || !TABLES.includes(table)) throw error;
      format = graph;
      found = ask(NAMES[graph].split(";")[0]);
    }
    postMessage({ number, text: found, type: NAMES[format] });
  } catch (error) {
    postMessage({ number, wrong: String(error.message ?? error) });
  }
};
