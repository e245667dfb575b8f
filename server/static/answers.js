// The answers to a query as a table that is sorted by its heads, filtered by words and read page by
// page. YASR's own table would need styles that the policy of this site forbids.
import { heading, link } from "./terms.js";

const PAGE = 100;
const NUMERIC = /#(integer|decimal|double|float|gYear|nonNegativeInteger|positiveInteger|long|int)$/;

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
};

export class Answers {
  priority = 10;
  label = "Table";

  constructor(viewer) {
    this.viewer = viewer;
  }

  canHandleResults() {
    return (this.viewer.results?.getVariables?.() ?? []).length > 0;
  }

  getIcon() {
    return element("span");
  }

  draw() {
    const { words } = this.viewer.config;
    const rows = this.viewer.results.getBindings() ?? [];
    const every = this.viewer.results.getVariables();
    // The column `x_label` names what stands in the column `x`.
    const names = every.filter((name) => !(name.endsWith("_label") && every.includes(name.slice(0, -6))));
    if (!rows.length) {
      this.viewer.resultsEl.append(
        element("p", { class: "note" }, "Nothing in the graph matches the query."));
      return;
    }
    const title = (row, name) =>
      row[name] && (row[`${name}_label`]?.value ?? heading(row[name], words));
    let shown = rows, many = PAGE, by, down = false;

    const body = element("tbody");
    const more = element("button", { type: "button" }, "Show more rows");
    const count = element("span", { role: "status" });
    const fill = () => {
      body.replaceChildren(...shown.slice(0, many).map((row) => element("tr", {}, ...names.map((name) => {
        const term = row[name];
        if (!term) return element("td");
        const text = title(row, name);
        const named = row[`${name}_label`];
        const amount = NUMERIC.test(term.datatype ?? "");
        const cell = element("td", {
          class: amount ? "amount" : undefined,
          lang: (named ?? term)["xml:lang"],
          title: term.type === "uri" ? term.value : undefined,
        });
        cell.append(term.type === "uri" ? link(term.value, text, words) : text);
        return cell;
      }))));
      more.hidden = shown.length <= many;
      count.textContent = shown.length === rows.length
        ? `${Math.min(many, shown.length)} of ${rows.length} rows`
        : `${Math.min(many, shown.length)} of ${shown.length} rows that match, of ${rows.length}`;
    };
    more.addEventListener("click", () => { many += 5 * PAGE; fill(); });

    let wanted = [];
    let compare = null;
    const arrange = () => {
      shown = rows.filter((row) => {
        const text = names.map((name) => `${title(row, name) ?? ""} ${row[name]?.value ?? ""}`).join(" ").toLowerCase();
        return wanted.every((word) => text.includes(word));
      });
      if (compare) shown.sort(compare);
      fill();
    };
    const heads = names.map((name) => {
      const button = element("button", { type: "button" }, name.replaceAll("_", " "));
      const head = element("th", { scope: "col" }, button);
      button.addEventListener("click", () => {
        down = by === name && !down;
        by = name;
        for (const each of heads) each.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const sign = down ? -1 : 1;
        const key = new Intl.Collator(undefined, { numeric: true });
        compare = (one, other) => {
          const [a, b] = [title(one, name), title(other, name)];
          if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
          const [x, y] = [Number(a), Number(b)];
          return sign * (Number.isNaN(x - y) ? key.compare(a, b) : x - y);
        };
        arrange();
      });
      return head;
    });
    const filter = element("input", {
      type: "search", "aria-label": "Rows with these words", placeholder: "Rows with these words",
    });
    filter.addEventListener("input", () => {
      wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      many = PAGE;
      arrange();
    });
    fill();
    this.viewer.resultsEl.append(
      element("p", { class: "actions" }, filter, count),
      element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Answers" },
        element("table", { class: "listing" },
          element("thead", {}, element("tr", {}, ...heads)), body)),
      element("p", {}, more));
  }
}
