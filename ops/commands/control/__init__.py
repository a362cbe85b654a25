"""Commands of the control machine."""
