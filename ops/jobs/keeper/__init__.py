"""What a backup host does with the repositories that it keeps: it has no key to them."""
