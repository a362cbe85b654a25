"""Telling people what the rounds of checks found, and hearing that somebody sees to it."""
