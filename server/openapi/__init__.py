"""The server's description of itself, made from its routes."""
