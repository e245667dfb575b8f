// Answers as pictures: a chart of bars, a map of points, a network of things. SVG drawn by hand; the
// table beside them says the same in words.
import { heading, local, target } from "./terms.js";

const SVG = "http://www.w3.org/2000/svg";
const NUMBER = /^[+-]?\d+(\.\d+)?$/;
// Numbers that are no amounts: nobody compares the lengths of years or of longitudes.
const NO_AMOUNT = /(year|code|notation|postal|^lat|^lon|^lng|coordinate)/i;
const MOST_BARS = 100, MOST_LINKS = 400, MOST_NODES = 150;

const draw = (name, attributes, ...children) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};
const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** Names beside their points, the first ones first, as far as none lies on another. */
const lettered = (points, width, height) => {
  const taken = points.map(({ x, y }) => [x - 7, y - 7, x + 7, y + 7]);
  const free = (box) => box[0] >= 0 && box[2] <= width && box[1] >= 0 && box[3] <= height &&
    taken.every((other) => box[2] <= other[0] || other[2] <= box[0] || box[3] <= other[1] || other[3] <= box[1]);
  return points.flatMap(({ x, y, name }) => {
    const text = cut(name, 28), long = text.length * 6.6;
    for (const [from, to, at, anchor] of [[x + 9, x + 9 + long, x + 10, "start"], [x - 9 - long, x - 9, x - 10, "end"]]) {
      const box = [from, y - 8, to, y + 8];
      if (!free(box)) continue;
      taken.push(box);
      return [draw("text", { class: "small", x: at, y: y + 4, "text-anchor": anchor }, text)];
    }
    return [];
  });
};

class Picture {
  priority = 5;

  constructor(viewer) {
    this.viewer = viewer;
  }

  get words() { return this.viewer.config.words; }
  get rows() { return this.viewer.results?.getBindings?.() ?? []; }
  get names() { return this.viewer.results?.getVariables?.() ?? []; }

  canHandleResults() {
    return this.rows.length > 0 && this.fits();
  }

  getIcon() {
    return document.createElement("span");
  }

  draw() {
    const width = Math.max(300, Math.min(1000, this.viewer.resultsEl.clientWidth || 800));
    const { height, label, parts, note } = this.picture(width);
    this.viewer.resultsEl.append(draw("svg", {
      viewBox: `0 0 ${width} ${Math.ceil(height)}`, width, height: Math.ceil(height), class: "drawing", role: "group", "aria-label": label,
    }, ...parts));
    if (note) {
      const said = document.createElement("p");
      said.className = "note";
      said.textContent = note;
      this.viewer.resultsEl.append(said);
    }
  }

  /** The variables all of whose values pass a test. */
  having(test) {
    return this.names.filter((name) => this.rows.every((row) => row[name] && test(row[name])));
  }

  /** What a row says under a name: the label beside it, or the value as people read it. */
  said(row, name) {
    const term = row[name];
    return row[`${name}_label`]?.value ?? (term?.type === "uri" ? local(term.value) : term ? heading(term, this.words) : "");
  }

  /** What is drawn for a thing, as a link to it where it has an address. */
  linked(term, name, ...children) {
    const href = term?.type === "uri" ? target(term.value, this.words) : undefined;
    return href ? draw("a", { href, "aria-label": name }, ...children) : draw("g", {}, ...children);
  }
}

export class Chart extends Picture {
  label = "Chart";

  amount() {
    return this.having((term) => NUMBER.test(term.value)).filter((name) => !NO_AMOUNT.test(name)).pop();
  }

  title() {
    return this.names.find((name) => name !== this.amount());
  }

  fits() {
    return this.amount() !== undefined && this.title() !== undefined;
  }

  picture(width) {
    const amount = this.amount(), title = this.title(), rows = this.rows.slice(0, MOST_BARS);
    const values = rows.map((row) => Number(row[amount].value));
    const most = Math.max(...values.map(Math.abs)) || 1;
    const narrow = width < 560, step = narrow ? 42 : 26;
    const from = narrow ? 0 : Math.min(300, width * 0.36), room = width - from - 72;
    const letters = Math.floor((narrow ? width : from) / 7);
    return {
      height: rows.length * step + 8,
      label: `${amount} by ${title}, as bars`,
      note: this.rows.length > rows.length ? `The first ${rows.length} of ${this.rows.length} rows.` : undefined,
      parts: rows.flatMap((row, at) => {
        const y = at * step + 4 + (narrow ? 18 : 0), length = Math.max(1, room * Math.abs(values[at]) / most);
        const name = this.said(row, title);
        const text = draw("text", narrow ? { x: 0, y: y - 4 } : { x: from - 10, y: y + 15, "text-anchor": "end" }, cut(name, letters));
        return [
          this.linked(row[title], name, text),
          draw("rect", { class: values[at] < 0 ? "amount below" : "amount", x: from, y, width: length, height: 20, rx: 2 }, draw("title", {}, `${name}: ${row[amount].value}`)),
          draw("text", { class: "value", x: from + length + 8, y: y + 15 }, Number(row[amount].value).toLocaleString("en")),
        ];
      }),
    };
  }
}

let outlines;
/** The outlines of land, asked for once; none where the set-up did not fetch them. */
const coast = (words) => (outlines ??= fetch(words.land).then((reply) => reply.json()).catch(() => []));

export class WorldMap extends Picture {
  label = "Map";

  points() {
    const numbers = this.having((term) => NUMBER.test(term.value));
    const north = numbers.find((name) => /^lat/i.test(name)), east = numbers.find((name) => /^(lon|lng)/i.test(name));
    if (north && east) return this.rows.map((row) => [Number(row[east].value), Number(row[north].value), row]);
    const [text] = this.having((term) => /^\s*(<[^>]*>)?\s*POINT\s*\(/i.test(term.value));
    return text ? this.rows.flatMap((row) => {
      const found = /POINT\s*\(\s*([-+\d.]+)\s+([-+\d.]+)/i.exec(row[text].value);
      return found ? [[Number(found[1]), Number(found[2]), row]] : [];
    }) : [];
  }

  fits() {
    return this.points().length > 0;
  }

  picture(width) {
    const points = this.points();
    const bound = (at, pick) => points.reduce((best, point) => pick(best, point[at]), points[0][at]);
    let west = bound(0, Math.min) - 2, east = bound(0, Math.max) + 2;
    const south = bound(1, Math.min) - 2, north = bound(1, Math.max) + 2;
    const shrink = Math.cos(((south + north) / 2) * Math.PI / 180), tallest = Math.max(360, width * 0.62);
    const height = Math.min(tallest, width * (north - south) / ((east - west) * shrink));
    // What would be taller has room at its sides.
    const room = (width * (north - south) / (height * shrink) - (east - west)) / 2;
    west -= room;
    east += room;
    const x = (long) => width * (long - west) / (east - west);
    const y = (lat) => height * (north - lat) / (north - south);
    const step = [1, 2, 5, 10, 20, 30].find((each) => (east - west) / each <= 8) ?? 45;
    const parts = [];
    for (let at = Math.ceil(west / step) * step; at < east; at += step)
      parts.push(draw("path", { class: "grid", d: `M${x(at)} 0V${height}` }), draw("text", { class: "small", x: x(at) + 3, y: height - 5 }, `${Math.abs(at)}°${at < 0 ? "W" : "E"}`));
    for (let at = Math.ceil(south / step) * step; at < north; at += step)
      parts.push(draw("path", { class: "grid", d: `M0 ${y(at)}H${width}` }), draw("text", { class: "small", x: 3, y: y(at) - 3 }, `${Math.abs(at)}°${at < 0 ? "S" : "N"}`));
    const numbers = this.having((term) => NUMBER.test(term.value));
    const first = this.names.find((name) => !numbers.includes(name)) ?? this.names[0];
    const places = points.map(([long, lat, row]) => ({ x: x(long), y: y(lat), name: this.said(row, first), term: row[first] }));
    for (const place of places)
      parts.push(this.linked(place.term, place.name, draw("circle", { cx: place.x, cy: place.y, r: 6 }, draw("title", {}, place.name))));
    parts.push(...lettered(places, width, height));
    const land = draw("path", { class: "land" });
    const fill = (rings) => land.setAttribute("d", rings.map((ring) => `M${ring.map(([long, lat]) => `${x(long).toFixed(1)} ${y(lat).toFixed(1)}`).join("L")}Z`).join(""));
    coast(this.words).then(fill);
    return { height, label: `A map of ${points.length} places`, parts: [land, ...parts] };
  }
}

export class Network extends Picture {
  label = "Network";

  /** The first and the last column of things of ours: an address elsewhere is no thing in a network. */
  ends() {
    const things = this.having((term) => term.type === "uri" && term.value.startsWith(this.words.base));
    return [things[0], things[things.length - 1]];
  }

  /** Rows make a network if some thing stands in several of them; pairs that share nothing are a list. */
  fits() {
    const [from, to] = this.ends();
    if (from === to) return false;
    const links = new Set(), things = new Set();
    for (const row of this.rows) {
      const ends = [row[from].value, row[to].value];
      if (ends[0] === ends[1]) continue;
      links.add(ends.sort().join(" "));
      ends.forEach((end) => things.add(end));
    }
    return links.size > 0 && things.size < 2 * links.size;
  }

  picture(width) {
    const [from, to] = this.ends(), height = Math.max(420, width * 0.62);
    const nodes = new Map(), links = [];
    for (const row of this.rows.slice(0, MOST_LINKS)) {
      for (const end of [from, to]) {
        if (!nodes.has(row[end].value) && nodes.size < MOST_NODES)
          nodes.set(row[end].value, { term: row[end], name: this.said(row, end), degree: 0 });
      }
      const one = nodes.get(row[from].value), other = nodes.get(row[to].value);
      if (one && other && one !== other) {
        links.push([one, other]);
        one.degree++;
        other.degree++;
      }
    }
    const all = [...nodes.values()];
    settle(all, links, width, height);
    const named = [...all].sort((a, b) => b.degree - a.degree);
    return {
      height,
      label: `A network of ${all.length} things with ${links.length} links`,
      note: this.rows.length > links.length ? `${all.length} things and ${links.length} links of ${this.rows.length} rows.` : undefined,
      parts: [
        ...links.map(([one, other]) => draw("path", { class: "link", d: `M${one.x} ${one.y}L${other.x} ${other.y}` })),
        ...all.map((node) => this.linked(node.term, node.name, draw("circle", { cx: node.x, cy: node.y, r: 4 + Math.min(7, Math.sqrt(node.degree)) }, draw("title", {}, node.name)))),
        ...lettered(named, width, height),
      ],
    };
  }
}

/** Put nodes where links are short and nothing lies on another (Fruchterman and Reingold, 1991). */
const settle = (all, links, width, height) => {
  const ideal = 0.6 * Math.sqrt(width * height / all.length), share = height / width;
  all.forEach((node, at) => {
    const turn = at * 2.399963, far = ideal * 0.5 * Math.sqrt(at);
    Object.assign(node, { x: far * Math.cos(turn), y: share * far * Math.sin(turn) });
  });
  for (let heat = ideal; heat > 0.5; heat *= 0.975) {
    for (const node of all) {
      node.dx = -node.x * 0.06;
      node.dy = -node.y * 0.06 / share;
    }
    const push = (one, other, force) => {
      const dx = one.x - other.x, dy = one.y - other.y, far = Math.hypot(dx, dy) || 1;
      const by = force(far) / far;
      one.dx += dx * by;
      one.dy += dy * by;
      other.dx -= dx * by;
      other.dy -= dy * by;
    };
    for (let i = 0; i < all.length; i++) for (let j = 0; j < i; j++) push(all[i], all[j], (far) => ideal * ideal / Math.max(far, 1));
    for (const [one, other] of links) push(one, other, (far) => -far * far / ideal);
    for (const node of all) {
      const size = Math.hypot(node.dx, node.dy) || 1, go = Math.min(heat, size) / size;
      node.x += node.dx * go;
      node.y += node.dy * go;
    }
  }
  // Fill the picture; its corners are kept for no one.
  for (const [axis, room] of [["x", width], ["y", height]]) {
    const least = Math.min(...all.map((node) => node[axis])), most = Math.max(...all.map((node) => node[axis]));
    for (const node of all) node[axis] = 16 + (room - 32) * (most > least ? (node[axis] - least) / (most - least) : 0.5);
  }
};
