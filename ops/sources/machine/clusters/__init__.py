"""The PostgreSQL clusters inside a machine's own tree."""
