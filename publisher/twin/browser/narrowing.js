// A list, narrowed and sorted as its links ask: the rows of all its pages, and the index of the twin.
import { chosen, element, found, things } from "./index.js";

const asked = new URL(location.href).searchParams;
const home = new URL("../", import.meta.url);
const order = asked.get("sort") ?? "name";
const text = asked.get("q") ?? "";
const table = document.querySelector("table.listing");
const many = Number(/of ([\d,]+)$/.exec(table?.caption?.textContent.trim() ?? "")?.[1].replaceAll(",", "") ?? 1);
if (table && (text.trim() || [...asked.keys()].some((name) => name !== "page"))) {
  const body = table.tBodies[0];
  const stem = location.pathname.replace(/\.html$/, "");
  const rest = await Promise.all(Array.from({ length: many - 1 }, async (_, at) => {
    const answer = await fetch(`${stem}.page-${at + 2}.html`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return [...page.querySelectorAll("table.listing tbody tr")];
  }));
  let rows = [...body.rows, ...rest.flat()];
  const all = await things();
  const numbers = new Map(all.things.map((thing, at) => [new URL(thing.page, home).href, at]));
  const number = (row) => numbers.get(new URL(row.querySelector("th a").getAttribute("href"), location.href).href.split("#")[0]);
  const { left, names } = await chosen(asked);
  const words = text.trim() ? new Set(await found(text)) : undefined;
  const total = rows.length;
  rows = rows.filter((row) => (!left || left.has(number(row))) && (!words || words.has(number(row))));
  const cell = (row, label) => row.querySelector(`[data-label="${label}"]`)?.textContent.trim() ?? "";
  const years = (row) => (cell(row, "Year").match(/\d+/g) ?? []).map(Number);
  const sorts = {
    "-name": () => rows.reverse(),
    year: () => rows.sort((a, b) => Math.min(...years(a), Infinity) - Math.min(...years(b), Infinity) || 0),
    "-year": () => rows.sort((a, b) => (Math.min(...years(b), Infinity) % Infinity || -1) - (Math.min(...years(a), Infinity) % Infinity || -1)),
    linked: () => rows.sort((a, b) => Number(cell(b, "Linked from").replaceAll(",", "")) - Number(cell(a, "Linked from").replaceAll(",", ""))),
  };
  sorts[order]?.();
  body.replaceChildren(...rows);
  const status = document.querySelector(".status [role=status]");
  status.textContent = `${rows.length} of ${total} things`;
  const without = (name, value) => {
    const made = new URLSearchParams(asked);
    if (value === undefined) made.delete(name); else made.delete(name, value);
    return `?${made}`;
  };
  status.after(element("ul", { class: "chosen", "aria-label": "Chosen" },
    ...(text.trim() ? [element("li", {}, element("a", { href: without("q") }, `“${text}”`))] : []),
    ...names.map(({ facet, value, label }) => element("li", {}, element("a", { href: without(facet.name, value) }, `${facet.label}: ${label}`))),
    element("li", { class: "all" }, element("a", { href: location.pathname }, "Show all"))));
  const field = document.querySelector("form.filter [name=q]");
  if (field) field.value = text;
  document.querySelector("nav.pager")?.remove();
  // What was chosen stays chosen at the next choice; the lists beside it count the whole list.
  for (const anchor of document.querySelectorAll(".narrow a, thead a")) {
    const made = new URL(anchor.href);
    const own = new URLSearchParams(made.search);
    for (const [name, value] of asked) {
      if (name === "page" || own.getAll(name).includes(value) || (name === "sort" && own.has("sort"))) continue;
      own.append(name, value);
    }
    made.search = own;
    anchor.href = made.href;
  }
  document.querySelector(".listed .formats")?.setAttribute("hidden", "");
  const heads = { name: "Name", year: "Year", linked: "Linked from" };
  for (const head of table.tHead.querySelectorAll("th")) {
    head.removeAttribute("aria-sort");
    if (head.textContent.trim() === heads[order.replace("-", "")]) {
      head.setAttribute("aria-sort", order.startsWith("-") || order === "linked" ? "descending" : "ascending");
    }
  }
  const narrow = document.querySelector("form.filter");
  for (const [name, value] of asked) {
    if (name !== "q" && name !== "page") narrow?.append(element("input", { type: "hidden", name, value }));
  }
}
