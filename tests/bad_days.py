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
KILLED_UNITS = {"backup": 5, "copy": 5, "drill": 5, "check": 3}
STOPPED_UNITS = {"backup": 4, "copy": 4, "drill": 4, "check": 2}
MACHINES_CUT_OFF = {"backup": 2, "copy": 1, "drill": 1}
MACHINES_SHUT_DOWN = {"backup": 2, "copy": 1, "drill": 1}

# What is said when something else is taken away, by trouble and act: the verdict, and words of the message.
# In tests/restic. The disk is the one with the machine's own folders; of `collect`, the control machine's.
TROUBLES: dict[str, dict[str, tuple[str, str]]] = {
    "a full disk": {
        "backup": ("fail", ""),
        "copy": ("fail", ""),
        "drill": ("fail", ""),
        "collect": ("fail", ""),
    },
    "a disk that can only be read": {
        "backup": ("fail", ""),
        "copy": ("fail", ""),
        "drill": ("fail", ""),
        "collect": ("fail", ""),
    },
    "no free inodes": {
        "backup": ("fail", ""),
        "copy": ("fail", ""),
        "drill": ("fail", ""),
        "collect": ("fail", ""),
    },
    "no memory": {
        "backup": ("fail", ""),
        "copy": ("fail", ""),
        "drill": ("fail", ""),
        "collect": ("fail", ""),
    },
    "a clock a day ahead": {
        "backup": ("fail", ""),
        "copy": ("fail", ""),
        "drill": ("fail", ""),
        "collect": ("fail", ""),
    },
    "a clock a day behind": {
        "backup": ("fail", ""),
        "copy": ("fail", ""),
        "drill": ("fail", ""),
        "collect": ("fail", ""),
    },
    "a network that drops everything": {
        "backup": ("fail", ""),
        "copy": ("fail", ""),
        "drill": ("fail", ""),
        "collect": ("fail", ""),
    },
    "a network that breaks off and comes back": {
        "backup": ("fail", ""),
        "copy": ("fail", ""),
        "drill": ("fail", ""),
        "collect": ("fail", ""),
    },
    "a network of 10 kB/s": {
        "backup": ("fail", ""),
        "copy": ("fail", ""),
        "drill": ("fail", ""),
        "collect": ("fail", ""),
    },
    "somebody else's certificate": {
        "backup": ("fail", ""),
        "copy": ("fail", ""),
        "drill": ("fail", ""),
        "collect": ("fail", ""),
    },
    "a name that leads to another machine": {
        "backup": ("fail", ""),
        "copy": ("fail", ""),
        "drill": ("fail", ""),
        "collect": ("fail", ""),
    },
}
