"""Handing a machine's status over to its backup hosts, and what a backup host tells of those that it has."""
