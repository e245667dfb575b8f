"""The Reconciliation Service API 0.2 of the W3C Entity Reconciliation Community Group.

Its parts are one module each: the manifest, batches of queries, suggestions, data extension. Where
the 1.0 draft asks for the same under another address or in another form, `draft` translates.
"""
