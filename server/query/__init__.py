"""What a query says before it is evaluated: its form, its graphs, whom it calls."""
