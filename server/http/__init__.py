"""What HTTP asks of every answer, whatever is asked for: addresses, forms, validators, errors."""
