"""What a server that was broken into can do to its past, one by one: tried by the lab, told by docs/security.md.

An attempt is refused, or it adds files; then somebody names them, and one command undoes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

REFUSED = "refused"
BY_HOST = "added; the backup host names it at night, without a key"
BY_KEY = "added; `seawall repository foreign` names it, with a key"
UNNAMED = "added; nobody names it, and only the time of its arrival tells it"
NOTHING = "nothing needs to be"
SET_ASIDE = "`seawall repository set-aside HOST --reason TEXT`"
SET_NAMED = "`seawall repository set-aside HOST --files NAMES --reason TEXT`"
SET_LATE = "`seawall repository set-aside HOST --arrived-after TIME --reason TEXT`"
HEAD = "| attempt | what happens | what undoes it |\n| --- | --- | --- |\n"

# What each attempt that adds something leads to.
ADDED: Mapping[str, str] = {
    "add an index that names packs which are not there, sealed with the machine's own key": UNNAMED,
    "add a snapshot of data that are not there, sealed with the machine's own key": UNNAMED,
    "add a key with a password of its own": BY_HOST,
    "add 400 keys that open nothing": BY_HOST,
    "add 25 keys that are listed before the right one": BY_HOST,
    "add a key in the reader's name": BY_HOST,
    "add a key that is no JSON": BY_HOST,
    "add garbage to index/": BY_KEY,
    "add 40 files of garbage to index/": BY_KEY,
    "add an empty index": BY_HOST,
    "add an index so short that restic crashes": BY_HOST,
    "add garbage to snapshots/": BY_KEY,
    "add an empty snapshot": BY_HOST,
    "add a snapshot so short that restic crashes": BY_HOST,
    "add a lock that nobody can read": BY_KEY,
    "add an empty lock": BY_HOST,
    "add 300 locks": BY_KEY,
    "add garbage to data/": UNNAMED,
    "add an empty pack": BY_HOST,
}
REFUSALS = (
    "delete a snapshot",
    "delete a pack",
    "delete an index",
    "delete a key",
    "delete the config",
    "delete the whole repository",
    "replace the config",
    "replace a snapshot",
    "replace a pack",
    "write over a pack",
    "add a file under another name than its digest",
    "add a file under a name of its choice",
    "add a file to a folder of its choice",
    "add a file outside, by dots in the path",
    "read another machine's repository",
    "add to another machine's repository",
    "make a repository beside its own",
    "make a repository within its own",
    "make a config in a folder of its choice",
    "read what was set aside",
    "enter the readers' port",
    "delete a snapshot at the readers' port",
)
_UNDONE = {BY_HOST: SET_ASIDE, BY_KEY: SET_NAMED, UNNAMED: SET_LATE}


def table() -> str:
    """Return the table of docs/security.md."""
    return HEAD + "".join(f"| {attempt} | {happens} | {undone} |\n" for attempt, happens, undone in _rows())


def _rows() -> Iterator[tuple[str, str, str]]:
    for attempt in REFUSALS:
        yield attempt, REFUSED, NOTHING
    for sort, undone in _UNDONE.items():
        for attempt, happens in ADDED.items():
            if happens == sort:
                yield attempt, happens, undone
