// Things by name for parameters that take one. Without this script the list has what came with it.
(() => {
  "use strict";
  for (const field of document.querySelectorAll("input[data-things]")) {
    const list = field.list;
    let waiting;
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      const text = field.value.trim();
      if (text.length < 2 || text.includes("://")) return;
      waiting = setTimeout(async () => {
        const answer = await fetch(`${field.dataset.things}?q=${encodeURIComponent(text)}`);
        if (!answer.ok) return;
        const known = new Set([...list.options].map((option) => option.value));
        const found = (await answer.json()).suggestions.filter((each) => !known.has(each.iri));
        list.append(...found.map((each) => new Option(each.name, each.iri)));
      }, 150);
    });
  }
})();
