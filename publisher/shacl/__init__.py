"""Validation by the query engine: shapes compiled to SPARQL, and pySHACL for the report."""
