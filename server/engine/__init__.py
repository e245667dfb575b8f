"""The query engine: a process that holds the graph, and the workers it forks to read it."""
