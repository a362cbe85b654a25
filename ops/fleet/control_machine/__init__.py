"""The control machine as a machine with a backup of its own."""
