// How RDF terms read in answers: prefixed names, and links to the pages of this server.

/** The part of an IRI that people read. */
export const local = (iri) => {
  const part = iri.replace(/[/#]+$/, "").split(/[/#]/).pop();
  try { return decodeURIComponent(part); } catch { return part; }
};

/** An IRI as a prefixed name, where one of the prefixes fits; the longest does. */
export const shortened = (iri, prefixes) => {
  let best;
  for (const [prefix, namespace] of Object.entries(prefixes)) {
    if (namespace && iri.startsWith(namespace) && namespace.length > (best?.[1].length ?? 0))
      best = [prefix, namespace];
  }
  const rest = best && iri.slice(best[1].length);
  return rest && /^[\p{L}\p{N}_]([\p{L}\p{N}_.-]*[\p{L}\p{N}_-])?$/u.test(rest) ? `${best[0]}:${rest}` : undefined;
};

/** A term as text. */
export const heading = (term, words) =>
  term.type === "uri" ? shortened(term.value, words.prefixes) ?? term.value
    : term.type === "bnode" ? `_:${term.value}` : term.value;

/** Where an IRI leads: what is ours, to this server. Nothing for what no browser should follow. */
export const target = (iri, words) => {
  if (iri.startsWith(words.base)) return words.here + iri.slice(words.base.length);
  return /^(https?|mailto):/i.test(iri) ? iri : undefined;
};

/** A link to an IRI, or its text alone. */
export const link = (iri, text, words) => {
  const href = target(iri, words);
  if (href === undefined) return text;
  const anchor = document.createElement("a");
  anchor.href = href;
  anchor.textContent = text;
  if (href === iri) anchor.rel = "external noopener";
  return anchor;
};
