"""The addresses of the contract, one module for each family of them."""
