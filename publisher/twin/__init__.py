"""The static twin of the site: every page and file, and what a browser needs to ask and search."""
