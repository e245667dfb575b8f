"""Validation of any files against any shapes, without a publication."""
