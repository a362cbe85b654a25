"""The folders and the one file of a restic repository, as restic's design document names them, and one of our own."""

KEYS, INDEX, SNAPSHOTS, LOCKS, DATA = "keys", "index", "snapshots", "locks", "data"
SORTS = (KEYS, INDEX, SNAPSHOTS, LOCKS, DATA)
CONFIG = "config"
CARDS = "cards"  # what tells the keeper which snapshots are one set; see ops/interfaces/card.py
STATUS = "status"  # how the machine stands, as it hands it over; see ops/interfaces/pushed.py
