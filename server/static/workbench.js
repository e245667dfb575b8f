// The query workbench: YASGUI's editor and viewer in place of the plain form, which stays what it
// is where this script does not run. Everything that it asks for is asked of this server.
import { Answers } from "./answers.js";
import { Chart, Network, WorldMap } from "./pictures.js";
import { shortened } from "./terms.js";

const { Yasqe, Yasr } = window;
const form = document.querySelector("form.query");
const place = document.getElementById("workbench");
const find = (selector) => place.querySelector(selector);
const words = await (await fetch(place.dataset.words)).json();
const endpoint = new URL(form.action, location.href).href;
// A longer query goes behind the #, for an address may not be as long as a query.
const LONGEST = 6000;

// What completes: our prefixes and terms, by their names and their labels. The completers that come
// with the editor would ask prefix.cc and Linked Open Vocabularies.
const matching = (terms, token) => {
  const text = (token?.autocompletionString ?? "").toLowerCase();
  if (text.includes("://")) return Object.keys(terms).filter((iri) => iri.toLowerCase().startsWith(text));
  return Object.keys(terms).filter((iri) => {
    const name = shortened(iri, words.prefixes) ?? iri;
    return name.toLowerCase().includes(text) || terms[iri].toLowerCase().includes(text);
  });
};
const offer = (kind, terms) => {
  Yasqe.forkAutocompleter(kind, {
    name: `our-${kind}`,
    persistenceId: null,
    autoShow: true,
    get: (_, token) => matching(terms, token).slice(0, 100),
    postProcessSuggestion: (editor, token, iri) =>
      shortened(iri, editor.getPrefixesFromQuery()) ?? shortened(iri, words.prefixes) ?? `<${iri}>`,
    postprocessHints: (editor, hints) => {
      const known = { ...words.prefixes, ...editor.getPrefixesFromQuery() };
      const whole = ([prefix, ...rest]) => (known[prefix] ?? "") + rest.join(":");
      return hints.map((hint) => {
        const label = terms[hint.text.startsWith("<") ? hint.text.slice(1, -1) : whole(hint.text.split(":"))];
        return { ...hint, displayText: label ? `${hint.text} (${label})` : hint.text };
      });
    },
  });
  return `our-${kind}`;
};
Yasqe.forkAutocompleter("prefixes", {
  name: "our-prefixes",
  persistenceId: null,
  get: () => Object.entries(words.prefixes).map(([prefix, iri]) => `${prefix}: <${iri}>`),
});

const address = new URL(location.href);
const behind = () => new URLSearchParams(location.hash.slice(1));
const asked = behind().get("query") ?? address.searchParams.get("query");
const area = form.querySelector("textarea");
place.hidden = false;
form.hidden = true;
const editor = new Yasqe(find(".editor"), {
  value: behind().get("query") ?? area.value.replace(/^\n/, ""),
  persistenceId: null,
  consumeShareLink: null,
  createShareableLink: link,
  autocompleters: ["our-prefixes", offer("class", words.classes), offer("property", words.properties), "variables"],
  showQueryButton: false,
  resizeable: false,
  editorHeight: "24rem",
  prefixCcApi: null,
  lineWrapping: true,
  requestConfig: { endpoint, method: "POST" },
});
editor.getInputField().setAttribute("aria-label", "SPARQL query");
editor.setOption("screenReaderLabel", "SPARQL query");

// The link to a query asks it, with and without this script.
function link() {
  const query = editor.getValue();
  const made = new URL(endpoint);
  const rest = new URLSearchParams();
  if (query.length > LONGEST) rest.set("query", query);
  else made.searchParams.set("query", query);
  const view = viewer.getSelectedPluginName();
  if (view && view !== "answers") rest.set("view", view);
  made.hash = rest;
  return made.href;
}

const enabled = { enabled: true };
Yasr.defaults.plugins = { error: enabled, boolean: enabled, response: enabled };
for (const [name, plugin] of Object.entries({ answers: Answers, chart: Chart, map: WorldMap, network: Network })) {
  Yasr.registerPlugin(name, plugin, true);
}
Yasr.defaults.pluginOrder = ["answers", "chart", "map", "network", "response"];
Yasr.defaults.defaultPlugin = "answers";
const viewer = new Yasr(find(".viewer"), {
  persistenceId: null,
  prefixes: words.prefixes,
  words,
  errorRenderers: [problem],
});
// Its own download has one form, its help lies elsewhere, and what it counts we say as a status.
for (const each of viewer.headerEl.querySelectorAll(".yasr_downloadIcon, .yasr_external_ref_btn, .yasr_response_chip")) {
  each.remove();
}
viewer.on("drawn", () => {
  for (const button of viewer.headerEl.querySelectorAll("button[class*=select_]")) {
    button.setAttribute("aria-pressed", String(button.classList.contains("selected")));
  }
  viewer.resultsEl.querySelector("textarea")?.setAttribute("aria-label", "The answer as it came");
  if (asking) history.replaceState(null, "", link());
});

// A problem document, read out at the line of the query that it is about.
let marked;
async function problem(error) {
  let found;
  try { found = JSON.parse(error.text); } catch { return undefined; }
  const box = document.createElement("div");
  box.setAttribute("role", "alert");
  const title = box.appendChild(document.createElement("strong"));
  title.textContent = found.line ? `Line ${found.line}: ${found.title}` : found.title;
  box.appendChild(document.createElement("p")).textContent = found.detail;
  for (const [name, text] of [["help", "What the limit is"], ["dumps", "Downloads of the whole graph"]]) {
    if (!found[name]) continue;
    const anchor = document.createElement("a");
    anchor.href = found[name];
    anchor.textContent = text;
    box.append(anchor, " ");
  }
  if (found.line) {
    const line = Math.min(found.line, editor.lineCount()) - 1;
    marked = editor.addLineClass(line, "background", "line-at-fault");
    editor.setCursor(line, (found.column ?? 1) - 1);
    editor.scrollIntoView({ line, ch: 0 }, 60);
  }
  return box;
}
const unmark = () => {
  if (marked) editor.removeLineClass(marked, "background", "line-at-fault");
  marked = undefined;
};
editor.on("change", unmark);

const status = find("[role=status]");
const start = find("[data-do=run]");
const stop = find("[data-do=stop]");
let asking = false;
const running = (now) => {
  stop.hidden = !now;
  start.disabled = now;
};
const counted = (response, duration) => {
  if (response instanceof Error || viewer.results?.getError?.()) return "";
  const rows = viewer.results?.getBindings?.()?.length;
  const seconds = `${((duration ?? 0) / 1000).toFixed(2)} s`;
  return rows === undefined ? `Answered in ${seconds}.` : `${rows} ${rows === 1 ? "row" : "rows"} in ${seconds}.`;
};
editor.on("queryResponse", (_, response, duration) => {
  if (response?.name === "AbortError") return;
  running(false);
  viewer.setResponse(response, duration);
  if (response instanceof Error || viewer.results?.getError?.()) downloads.replaceChildren();
  status.textContent = counted(response, duration);
});
editor.on("queryAbort", () => {
  running(false);
  status.textContent = "Stopped.";
});
const downloads = find(".downloads");
const run = () => {
  unmark();
  asking = true;
  running(true);
  status.textContent = "The query runs …";
  document.getElementById("results")?.remove();
  document.querySelector("main > .problem")?.remove();
  history.replaceState(null, "", link());
  const graph = ["CONSTRUCT", "DESCRIBE"].includes(editor.getQueryType());
  const forms = JSON.parse(graph ? downloads.dataset.graph : downloads.dataset.table);
  downloads.replaceChildren("Download as ", ...Object.entries(forms).map(([label, format]) => {
    const anchor = document.createElement("a");
    anchor.href = `${endpoint}?${new URLSearchParams({ query: editor.getValue(), format })}`;
    anchor.rel = "nofollow";
    anchor.textContent = label;
    return anchor;
  }));
  editor.query().catch(() => running(false));
};
start.addEventListener("click", run);
stop.addEventListener("click", () => editor.abortQuery());
// Tab leaves the editor, as it leaves every other field.
editor.setOption("extraKeys", {
  ...editor.getOption("extraKeys"), Tab: false, "Shift-Tab": false, "Ctrl-Enter": run, "Cmd-Enter": run,
});
find("[data-do=share]").addEventListener("click", async () => {
  const made = link();
  history.replaceState(null, "", made);
  try {
    await navigator.clipboard.writeText(made);
    status.textContent = "The link is in the clipboard.";
  } catch {
    status.textContent = "The link stands in the address bar.";
  }
});

// A saved query comes into the editor at a click, and is looked for by words.
const list = document.querySelector(".saved-queries");
list?.addEventListener("click", (event) => {
  const anchor = event.target.closest("a");
  const draft = anchor && new URL(anchor.href).searchParams.get("draft");
  if (!draft || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  editor.setValue(draft);
  place.scrollIntoView({ block: "start" });
  run();
});
const sought = document.querySelector(".saved-queries input");
if (sought) {
  sought.closest("p").hidden = false;
  sought.addEventListener("input", () => {
    const wanted = sought.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of list.querySelectorAll("li")) {
      item.hidden = !wanted.every((word) => item.textContent.toLowerCase().includes(word));
    }
  });
}

window.addEventListener("hashchange", () => {
  const query = behind().get("query");
  if (query !== null && query !== editor.getValue()) editor.setValue(query);
});
const view = behind().get("view");
if (view && viewer.plugins[view]) viewer.selectPlugin(view);
if (asked !== null) run();
place.dataset.ready = "yes";
