"""Copies to a further repository."""
