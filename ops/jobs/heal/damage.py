"""Which files of a repository are damaged: those that were named, each read again, or what a server can find itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from ops.core.announce import announce
from ops.core.errors import UsageError
from ops.core.names import Digest
from ops.interfaces.layout import CONFIG, DATA, INDEX, KEYS, SNAPSHOTS
from ops.jobs.heal.view import seen, stored_as
from ops.jobs.host.repositories import OpenRepository
from ops.restic import healing

CHECK_SECONDS = 6 * 3600.0
GONE = "is not there"
_FORM = re.compile(f"(?:{DATA}/(?:[0-9a-f]{{2}}/)?|{INDEX}/|{SNAPSHOTS}/|{KEYS}/)[0-9a-f]{{64}}|{CONFIG}")


def demand_paths(paths: Iterable[str]) -> list[str]:
    """Return paths as they lie in a repository; raise UsageError for what is no path of a file there."""
    found = []
    for path in paths:
        if not _FORM.fullmatch(path):
            raise UsageError(f"{path[:200]!r} is no file of a repository", "expected one such as data/3f/3f0c...")
        found.append(stored_as(path))
    return sorted(set(found))


def damaged(place: OpenRepository, paths: Collection[str]) -> dict[str, str]:
    """Read the files that were named; return what is wrong with each that is not well.

    `config` has no name that tells its content: the backup host judges it.
    """
    found = {path: place.fault(path) for path in paths if path != CONFIG}
    for path in sorted(path for path, wrong in found.items() if not wrong):
        announce(f"{path} is well: nothing is done about it")
    return {path: wrong for path, wrong in found.items() if wrong}


def searched(place: OpenRepository, hidden: Collection[str], *, packs: bool) -> dict[str, str]:
    """Read all indexes, snapshots and keys, and ask restic which packs are not there; return what is wrong with each.

    packs: every pack is read, too, over the network.
    """
    listed = [f"{sort}/{name}" for sort in (INDEX, SNAPSHOTS, KEYS) for name in place.listed(sort) if Digest.fits(name)]
    if packs:
        listed += [stored_as(f"{DATA}/{name}") for name in place.packs()]
    found = {path: wrong for path in sorted(listed) if path not in hidden and (wrong := place.fault(path))}
    with seen(place, {*hidden, *found}) as (repository, _):
        gone = healing.packs_gone(repository, timeout=CHECK_SECONDS)
    lost = sorted(stored_as(f"{DATA}/{name}") for name in gone)
    return {**{path: wrong for path in lost if path not in hidden and (wrong := place.fault(path))}, **found}
