// Suggestions while typing. Without this script the form works as it is.
(() => {
  "use strict";
  const field = document.querySelector("input[data-suggestions]");
  const list = document.getElementById("suggestions");
  if (!field || !list) return;
  let waiting, asking;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    const text = field.value.trim();
    if (text.length < 2) { list.replaceChildren(); return; }
    waiting = setTimeout(async () => {
      asking?.abort();
      asking = new AbortController();
      try {
        const address = `${field.dataset.suggestions}?q=${encodeURIComponent(text)}`;
        const answer = await fetch(address, { signal: asking.signal });
        if (!answer.ok) return;
        const names = (await answer.json()).suggestions.map((each) => each.name);
        list.replaceChildren(...[...new Set(names)].map((name) => new Option(name, name)));
      } catch (error) {
        if (error.name !== "AbortError") list.replaceChildren();
      }
    }, 150);
  });
})();
