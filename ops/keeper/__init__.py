"""A backup host's own care for the repositories that it keeps, without any key to them."""
