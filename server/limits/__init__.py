"""Who asks, how much, and whether they may ask now."""
