// Asks a query with Comunica and prints the bindings, a JSON object a line:
// node ask.mjs QUERY SOURCE..., where sparql@ADDRESS is an endpoint, and all else a document.
import { QueryEngine } from "@comunica/query-sparql";

const [query, ...named] = process.argv.slice(2);
const sources = named.map((source) =>
  source.startsWith("sparql@") ? { type: "sparql", value: source.slice(7) } : source);
const stream = await new QueryEngine().queryBindings(query, { sources, httpTimeout: 20000 });
for await (const bindings of stream) {
  console.log(JSON.stringify(Object.fromEntries([...bindings].map(([k, v]) => [k.value, v.value]))));
}
