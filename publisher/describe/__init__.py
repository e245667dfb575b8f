"""What a release says of itself: counts, linksets, VoID, DCAT, schema.org, contexts."""
