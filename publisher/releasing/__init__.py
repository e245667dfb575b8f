"""Cutting a release: the number it must have, the proof that it is reproducible, the signature."""
