// The search page, answered from the index of the twin.
import { address, chosen, element, facets, found, things } from "./index.js";

const PAGE = 20, SHOWN = 8;
const asked = new URL(location.href).searchParams;
const text = asked.get("q") ?? "";
const narrowed = [...asked.keys()].some((name) => name !== "q" && name !== "page");
const with_ = (change) => {
  const made = new URLSearchParams(asked);
  made.delete("page");
  change(made);
  return `?${made}`;
};
if (text.trim() || narrowed) {
  const form = document.querySelector("form.search");
  form.querySelector("[name=q]").value = text;
  for (const [name, value] of asked) {
    if (name !== "q" && name !== "page") form.append(element("input", { type: "hidden", name, value }));
  }
  const all = await things();
  const { left } = await chosen(asked);
  const ids = (await found(text)).filter((id) => !left || left.has(id));
  const pages = Math.max(1, Math.ceil(ids.length / PAGE));
  const page = Math.min(pages, Math.max(1, Number(asked.get("page")) || 1));
  const here = new Set(ids);
  const hits = ids.slice((page - 1) * PAGE, page * PAGE).map((id) => {
    const thing = all.things[id];
    return element("li", {},
      element("a", { href: address(thing), lang: thing.language, dir: thing.language && "auto" }, thing.name), " ",
      ...thing.kinds.flatMap((kind) => [element("span", { class: "hint" }, kind), " "]),
      thing.introduction ? element("p", { class: "note" }, thing.introduction) : undefined);
  });
  const step = (to, rel, label) => to < 1 || to > pages ? "" :
    element("a", { rel, href: with_((made) => made.set("page", to)) }, label);
  const aside = element("aside", { "aria-label": "Narrow the search" });
  for (const facet of await facets()) {
    const values = facet.values.map((value) => ({ ...value, many: value.things.filter((id) => here.has(id)).length }))
      .filter((value) => value.many).sort((one, other) => other.many - one.many || (one.value < other.value ? -1 : 1));
    if (!values.length) continue;
    const item = (value) => {
      const is = asked.getAll(facet.name).includes(value.shown);
      const href = with_((made) => is ? made.delete(facet.name, value.shown) : made.append(facet.name, value.shown));
      return element("li", {}, element("a", { href, rel: "nofollow", "aria-current": is ? "true" : undefined }, value.label),
        " ", element("span", { class: "count" }, String(value.many)));
    };
    const section = element("section", {}, element("h2", {}, facet.label),
      element("ul", { class: "values" }, ...values.slice(0, SHOWN).map(item)));
    if (values.length > SHOWN) {
      section.append(element("details", {}, element("summary", {}, `${values.length - SHOWN} more`),
        element("ul", { class: "values" }, ...values.slice(SHOWN).map(item))));
    }
    aside.append(section);
  }
  form.after(element("div", { class: "found" },
    element("section", { "aria-labelledby": "results" },
      element("h2", { id: "results", role: "status" }, `${ids.length} ${ids.length === 1 ? "thing" : "things"}`),
      ids.length ? "" : element("p", {}, "Nothing was found. Try fewer words, or leave out a choice."),
      element("ol", { class: "hits", start: String((page - 1) * PAGE + 1) }, ...hits),
      pages > 1 ? element("nav", { class: "pager", "aria-label": "Pages" }, step(page - 1, "prev", "Previous"),
        element("span", {}, `Page ${page} of ${pages}`), step(page + 1, "next", "Next")) : ""),
    aside));
}
