"""Loading releases into a SPARQL store of somebody else's."""
