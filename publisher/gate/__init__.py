"""The gate: before a release is published, all that says what is in it must say the same."""
