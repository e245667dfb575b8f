"""The change feed: what came with each release of an archive, worked out once for all readers."""
