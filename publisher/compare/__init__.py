"""Comparing two releases: what was added and removed, and which addresses are lost."""
