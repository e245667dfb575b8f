"""The index of a release: what people and programs find its things by, in one SQLite file.

It is made from the release alone, so that it can be made again, and is opened read-only by the
server. See docs/decisions/0010-search-and-reconciliation.md.
"""
