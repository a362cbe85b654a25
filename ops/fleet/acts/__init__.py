"""Acts of many machines, begun from the control machine: which ones, begun and followed, and how that is shown."""
