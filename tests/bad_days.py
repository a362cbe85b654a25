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
        "backup": ("fail", "no space is left there"),
        "copy": ("fail", "no space is left there"),
        "drill": ("unknown", "no space is left there"),
        "collect": ("unknown", "No space left on device"),
    },
    "a disk that can only be read": {
        "backup": ("fail", "read-only file system"),
        "copy": ("fail", "read-only file system"),
        "drill": ("unknown", "read-only file system"),
        "collect": ("unknown", "Read-only file system"),
    },
    "no free inodes": {
        "backup": ("fail", "no space is left there"),
        "copy": ("fail", "no space is left there"),
        "drill": ("unknown", "no space is left there"),
        "collect": ("unknown", "No space left on device"),
    },
    "no memory": {
        "backup": ("fail", "memory was short"),
        "copy": ("fail", "memory was short"),
        "drill": ("unknown", "memory was short"),
        "collect": ("killed", ""),
    },
    "a network that drops everything": {
        "backup": ("fail", "does not answer"),
        "copy": ("fail", "does not answer"),
        "drill": ("unknown", "does not answer"),
        "collect": ("unknown", "does not answer"),
    },
    "a network that breaks off and comes back": {
        "backup": ("pass", ""),
        "copy": ("pass", ""),
        "drill": ("pass", ""),
        "collect": ("unknown", "does not answer"),
    },
    "a network of 10 kB/s": {
        "backup": ("pass", ""),
        "copy": ("pass", ""),
        "drill": ("pass", ""),
        "collect": ("pass", ""),
    },
    "somebody else's certificate": {
        "backup": ("fail", "not issued by this site's authority"),
        "copy": ("fail", "not issued by this site's authority"),
        "drill": ("unknown", "not issued by this site's authority"),
        "collect": ("unknown", "Host key verification failed"),
    },
    "a name that leads to another machine": {
        "backup": ("fail", "another machine's certificate"),
        "copy": ("fail", "another machine's certificate"),
        "drill": ("unknown", "another machine's certificate"),
        "collect": ("unknown", "Host key verification failed"),
    },
    "a clock a day ahead": {
        "backup": ("unknown", "the backup host's clock differs by 1d"),
        "copy": ("unknown", "the backup host's clock differs by 1d"),
        "drill": ("unknown", "the backup host's clock differs by 1d"),
        "collect": ("warn", "the clock went back"),
    },
    "a clock a day behind": {
        "backup": ("unknown", "the backup host's clock differs"),
        "copy": ("fail", "has no complete set"),
        "drill": ("unknown", "has no complete set"),
        "collect": ("warn", "the clock went back"),
    },
}


def killed_table() -> str:
    """Return the table of what is killed, where, and how often."""
    rows = [(act, "process, the real restic and rest-server", "`kill -9`", count) for act, count in KILLED.items()]
    on_machines = {
        "`systemctl kill -s KILL` of its unit": KILLED_UNITS,
        "`systemctl stop` of its unit": STOPPED_UNITS,
        "the power of its machine is cut": MACHINES_CUT_OFF,
        "its machine is shut down": MACHINES_SHUT_DOWN,
    }
    for how, counts in on_machines.items():
        rows += [(act, "machine of the lab", how, count) for act, count in counts.items()]
    lines = [f"| {act} | {where} | {how} | {count} |\n" for act, where, how, count in rows]
    total = sum(count for *_, count in rows)
    head = "| act | where | how it ends | moments |\n| --- | --- | --- | --- |\n"
    return f"{head}{''.join(lines)}| all | | | {total} |\n"


def trouble_table() -> str:
    """Return the table of what is said when something is taken away."""
    lines = []
    for trouble, acts in TROUBLES.items():
        cells = [f"{verdict}: {words}" if words else verdict for verdict, words in acts.values()]
        lines.append(f"| {trouble} | {' | '.join(cells)} |\n")
    acts = [*next(iter(TROUBLES.values()))]
    return f"| taken away | {' | '.join(acts)} |\n| --- |{' --- |' * len(acts)}\n{''.join(lines)}"
