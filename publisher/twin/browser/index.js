// The index of the twin: things, the values they are narrowed by, and the words they are found by,
// fetched as they are needed. Words are folded as they were when the index was made.
const home = new URL("../", import.meta.url);
const known = new Map();
const file = (name) => {
  if (!known.has(name)) {
    known.set(name, fetch(new URL(`search/${name}.json`, import.meta.url)).then((answer) => {
      if (!answer.ok) throw new Error(`${name} is missing`);
      return answer.json();
    }));
  }
  return known.get(name);
};
export const things = () => file("things");
export const facets = () => file("facets");
export const address = (thing) => new URL(thing.page, home).href;

/** A text as the index has it: small Latin letters and digits. */
export const folded = async (text) => {
  const { letters, left_out } = await file("folding");
  const plain = [...text].map((each) => left_out.includes(each) ? "" : letters[each] ?? each).join("");
  return (plain.toLowerCase().match(/[a-z0-9]+/g) ?? []).join(" ");
};

const WEIGHTS = [10, 6, 1];
const K1 = 1.2, B = 0.75;
const NONE = { words: {} };

/** The things that have all words, the last of which may be unfinished: those called so first, then
    by BM25 as SQLite weighs it. */
export const found = async (text, namesOnly = false) => {
  const all = await things();
  const form = await folded(text);
  if (!form) return all.order.map((at) => at);
  const { shards } = await file("folding");
  let left;
  const score = new Map();
  for (const word of form.split(" ")) {
    const shard = shards.includes(word[0]) ? await file(`words-${word[0]}`) : NONE;
    const counts = new Map();
    for (const [each, rows] of Object.entries(shard.words)) {
      if (!each.startsWith(word)) continue;
      for (const [thing, ...columns] of rows) {
        if (namesOnly && !columns[0] && !columns[1]) continue;
        const sum = columns.reduce((all, n, at) => all + n * WEIGHTS[at], 0);
        counts.set(thing, (counts.get(thing) ?? 0) + sum);
      }
    }
    const many = all.things.length;
    const idf = Math.max(1e-6, Math.log((many - counts.size + 0.5) / (counts.size + 0.5)));
    for (const [thing, n] of counts) {
      const length = all.things[thing].length / all.average;
      score.set(thing, (score.get(thing) ?? 0) + idf * (n * (K1 + 1)) / (n + K1 * (1 - B + B * length)));
    }
    left = left ? left.filter((thing) => counts.has(thing)) : [...counts.keys()];
  }
  const called = (thing) => Math.max(...all.things[thing].names.map((name) => (name === form) + name.startsWith(form)));
  const rank = (thing) => score.get(thing) * (2 - all.things[thing].behind) / 2;
  const keyed = left.map((thing) => [thing, called(thing), rank(thing), all.things[thing].pointing]);
  keyed.sort((one, other) => other[1] - one[1] || other[2] - one[2] || other[3] - one[3] || one[0] - other[0]);
  return keyed.map(([thing]) => thing);
};

/** The things that have every value that an address chooses. */
export const chosen = async (asked) => {
  let left;
  const names = [];
  for (const facet of await facets()) {
    for (const value of asked.getAll(facet.name)) {
      const entry = facet.values.find((each) => each.shown === value || each.value === value);
      names.push({ facet, value, label: entry?.label ?? value });
      const having = new Set(entry?.things ?? []);
      left = left ? new Set([...left].filter((thing) => having.has(thing))) : having;
    }
  }
  return { left, names };
};

/** Elements with attributes and children, for what a page gets to see. */
export const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, value);
  made.append(...children.filter((each) => each !== undefined));
  return made;
};
