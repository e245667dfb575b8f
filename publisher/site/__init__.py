"""The site of a release: what its pages say and picture beyond the graph itself.

All of it comes from `[site]` in publication.toml, Markdown files and saved queries, and is computed
when the release is built, so that pages cost nothing and every copy shows the same.
"""
