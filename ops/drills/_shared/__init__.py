"""What several kinds of drill use."""
