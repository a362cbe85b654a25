"""The commands: arguments, one call, printing; nothing else."""
