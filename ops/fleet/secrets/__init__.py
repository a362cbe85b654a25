"""The inventory's secrets: made, sealed, opened."""
