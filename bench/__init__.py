"""The benchmark: synthetic graphs, the peers that serve them, one mix of queries, one report."""
