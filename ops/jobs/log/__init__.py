"""Archiving the write-ahead log of a server: into a spool on its machine, and from there into the repository."""
