"""A person's work with the ledger."""
