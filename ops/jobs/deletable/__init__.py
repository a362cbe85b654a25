"""Files that may be deleted where they lie, because verified copies of them are kept; and deleting them."""
