"""What is said of a thing, in every form that programs read."""
