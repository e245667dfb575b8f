"""From sources to a release: parse, lint, validate, canonicalise, dump."""
