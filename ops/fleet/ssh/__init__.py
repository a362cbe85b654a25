"""Speaking with the machines of an inventory."""
