// A saved query with the values of its form, asked in the workbench of the twin. The parts of its
// text between the values, and how each is written, were worked out when the twin was made.
const home = new URL("../", import.meta.url);
const name = decodeURIComponent(location.pathname.split("/").pop().replace(/\.html$/, ""));
const form = document.querySelector("form.parameters");
if (form) {
  const { queries, prefixes, types } = await (await fetch(new URL("twin/queries.json", home))).json();
  const query = queries[name];
  const escaped = (text) => text.replace(/[\\"\n\r\t]/g, (each) => ({ "\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t" })[each]);
  const written = (type, value) => {
    const rule = types[type];
    const text = rule.iri ? whole(value.trim()) : value.trim();
    if (!new RegExp(`^(?:${rule.pattern})$`, "su").test(text)) return undefined;
    return rule.iri ? `<${text}>` : `"${escaped(rule.trim ? text : value)}"${rule.datatype ? `^^<${rule.datatype}>` : ""}`;
  };
  const whole = (value) => {
    const [prefix, ...rest] = value.split(":");
    return rest.length && !value.includes("://") && prefixes[prefix] !== undefined ? prefixes[prefix] + rest.join(":") : value;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const values = new FormData(form);
    let text = "";
    for (const part of query) {
      if (typeof part === "string") { text += part; continue; }
      const value = values.get(part.name);
      const term = value === part.given ? part.term : written(part.type, value);
      const field = form.elements[part.name];
      field.setCustomValidity?.(term === undefined ? types[part.type].rule : "");
      if (term === undefined) { form.reportValidity(); field.addEventListener("input", () => field.setCustomValidity(""), { once: true }); return; }
      text += term;
    }
    const to = new URL("sparql.html", home);
    to.hash = new URLSearchParams({ query: text });
    location.href = to;
  });
}
