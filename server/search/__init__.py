"""Finding things by words, names and identifiers, in the index of the release."""
