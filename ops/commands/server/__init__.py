"""Commands of every machine."""
