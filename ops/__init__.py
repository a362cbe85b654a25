"""Seawall: a hospital's written continuity procedure, applied, watched, proven and reported."""

__version__ = "0.1.0"
