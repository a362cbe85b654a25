"""The bad days that the tests play: what is killed at how many moments, and what else is taken away from whom.

docs/bad-days.md has the same as tables; a unit test compares them.
"""

# Where an act is killed at moments drawn by chance, and how often: 200 in all.
# In tests/restic: the real restic and rest-server, each act a process of its own.
KILLED = {
    "backup": 24,
    "copy": 24,
    "drill": 24,
    "restore": 14,
    "restore in place": 14,
    "check": 20,
    "ledger write": 20,
    "policy update": 20,
}
# In tests/lab, on machines: the whole unit killed, the unit stopped, the machine cut off or shut down.
KILLED_UNITS = {"backup": 4, "copy": 4, "drill": 4, "check": 2}
STOPPED_UNITS = {"backup": 4, "copy": 4, "drill": 4, "check": 2}
MACHINES_CUT_OFF = {"backup": 2, "copy": 2, "drill": 2}
MACHINES_SHUT_DOWN = {"backup": 2, "copy": 2, "drill": 2}
