"""Conformity with written procedures, in its forms: text, a page, and two formats that other programs read."""
