"""The yearly validation protocol: gathered from what was collected, and signed as files of its own."""
