"""Discs: images of what is on none yet, and the reading of those that were written."""
