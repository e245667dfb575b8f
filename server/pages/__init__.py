"""What people read: terms, things, rules and results as HTML."""
