"""The folders and the one file of a restic repository, as restic's design document names them."""

KEYS, INDEX, SNAPSHOTS, LOCKS, DATA = "keys", "index", "snapshots", "locks", "data"
SORTS = (KEYS, INDEX, SNAPSHOTS, LOCKS, DATA)
CONFIG = "config"
