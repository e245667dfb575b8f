// Answers what fields ask for while one types, from the index of the twin.
import { found, things } from "./index.js";

const search = new URL("../search.html", import.meta.url).href;
const asFetched = window.fetch.bind(window);
window.fetch = async (input, init) => {
  const address = new URL(input instanceof Request ? input.url : input, location.href);
  const text = address.searchParams.get("q");
  if (address.origin + address.pathname !== search || text === null) return asFetched(input, init);
  const all = await things();
  const ids = (await found(text, true)).slice(0, 8);
  return Response.json({ query: text, suggestions: ids.map((id) => ({ iri: all.things[id].iri, name: all.things[id].name })) });
};
