"""The sheet of keys for the safe."""
