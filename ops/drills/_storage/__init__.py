"""Where restored data lie during a drill: in memory, or encrypted on the disk."""
