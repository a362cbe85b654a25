"""Exports: data leave again and again, encrypted to one OpenPGP key; delivered, recorded, and acknowledged."""
