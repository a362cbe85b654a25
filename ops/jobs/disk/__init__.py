"""Removable disks: they arrive, are read, brought up to date and read again, and leave with a slip."""
