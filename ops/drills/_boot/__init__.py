"""A restored machine as a container: prepared, cut off, booted, entered."""
