"""Starting and ending: the command line, the HTTP server and its web processes."""
