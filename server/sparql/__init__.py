"""The SPARQL 1.1 Protocol: from a request to the bytes of its answer."""
