"""Which files of a repository are foreign, as a machine with a key can tell; and reading it without them meanwhile."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import UsageError
from ops.core.names import Digest
from ops.interfaces.layout import INDEX, KEYS, LOCKS, SNAPSHOTS
from ops.jobs.host import own_policy, repositories
from ops.jobs.host.repositories import OpenRepository
from ops.policy import access
from ops.restic import locks, unreadable, versions
from ops.restic.messages import Snapshot
from ops.restic.sets import PART, Set, dated, sets

CHECK_SECONDS = 6 * 3600.0


@dataclass(frozen=True)
class Foreign:
    """A file that no backup made, or may not have. path: below the repository; why: what is wrong with it."""

    path: str
    why: str


def opened(name: str, host: str) -> OpenRepository:
    """Return a repository of this machine, or of another one that it reads; raise SeawallError."""
    policy = own_policy.read()
    versions.demand()
    place = repositories.open_as_reader(policy, host, name) if host else repositories.open_own(policy, name)
    return replace(place, repository=replace(place.repository, locks=False))


def search(place: OpenRepository) -> list[Foreign]:
    """Return the foreign files of a repository: those that restic can't read, and snapshots of a part there is already.

    Of those the ones with later dates are named. Whoever made one chose its date: only the backup host knows which
    arrived first.
    """
    found = _unreadable(place)
    with viewed(place, {one.path for one in found}) as without:
        listed = sets(dated(without.repository.snapshots(), clock.now()))
    twice = [Foreign(f"{SNAPSHOTS}/{later.id}", _why_twice(one, later)) for one in listed for later in one.twice]
    return sorted([*found, *twice], key=lambda one: one.path)


def _unreadable(place: OpenRepository) -> list[Foreign]:
    """Return the files among the index, snapshots and locks that restic can't read."""
    listed = {f"{sort}/{name}": size for sort in (INDEX, SNAPSHOTS, LOCKS) for name, size in place.listed(sort).items()}
    short = [Foreign(path, _why_short(path, size)) for path, size in listed.items() if _why_short(path, size)]
    hidden = {one.path for one in short}
    with viewed(place, hidden, whole={SNAPSHOTS}) as without:
        bad = [f"{INDEX}/{name}" for name in unreadable.indexes(without.repository, timeout=CHECK_SECONDS)]
    with viewed(place, hidden) as without:
        bad += [f"{SNAPSHOTS}/{name}" for name in unreadable.snapshots(without.repository)]
    named = [path.partition("/")[2] for path in listed if path.startswith(f"{LOCKS}/") and path not in hidden]
    bad += [f"{LOCKS}/{name}" for name in unreadable.locks(place.repository, named[: locks.MOST])]
    many = [Foreign(f"{LOCKS}/{name}", "is one of too many locks") for name in named[locks.MOST :]]
    return [*short, *(Foreign(path, "can't be opened with the repository's key") for path in bad), *many]


@contextmanager
def viewed(place: OpenRepository, hidden: Collection[str], whole: Collection[str] = ()) -> Iterator[OpenRepository]:
    """Yield a repository without some files for a block, for reading. whole: folders of which nothing is shown.

    Of its keys only the one that opens it is there, where that is known.
    """
    repository = place.repository

    def hides(path: str) -> bool:
        folder, _, name = path.partition("/")
        strange = folder == KEYS and repository.key not in (None, name)
        return path in hidden or folder in whole or strange

    with place.view(hides) as url:
        yield replace(place, repository=replace(repository, url=url, cache=None, locks=False))


def run_with_view(name: str, host: str, left_out: Sequence[str], program: Sequence[str]) -> int:
    """Run a program that reads a repository without its foreign files; return its exit code.

    left_out: the paths of the files that are left out; where there are none, those that restic can't read. Which of two
    snapshots of a part is left out is for a person to say: until then their set does not count.
    restic gets all that it needs from its environment, which holds no secret, and so does `seawall restore`.
    """
    place = opened(name, host)
    if place.target.account is not None:
        raise UsageError(f"{name} is at a store, of which nobody makes a view yet", "hide the files there: docs/s3.md")
    if place.target.view is None:
        raise UsageError(f"repositories of {name} are not served over the network; nobody else can add to them")
    hidden = {*left_out} or {one.path for one in _unreadable(place)}
    announce(f"{len(hidden)} files of {place.repository.name} are left out")
    with viewed(place, hidden) as without, tempfile.TemporaryDirectory(prefix="seawall-view-") as folder:
        address = without.repository.url.read_text(encoding="ascii")
        Path(folder, access.address_file(place.repository.name)).write_text(address, encoding="ascii")
        environment = {**os.environ, **_environment(without, folder)}
        # A program for the person at the terminal, as long as they like.
        return os.spawnvpe(os.P_WAIT, program[0], [*program], environment)  # noqa: S606 -- they named it


def _environment(place: OpenRepository, credentials: str) -> Mapping[str, str]:
    repository = place.repository
    return {
        "RESTIC_REPOSITORY_FILE": str(repository.url),
        "RESTIC_PASSWORD_FILE": str(repository.password),
        "CREDENTIALS_DIRECTORY": credentials,
        **({"RESTIC_KEY_HINT": str(Digest(repository.key))} if repository.key else {}),
    }


def _why_twice(one: Set, later: Snapshot) -> str:
    part = str(later.tag(PART))
    return f"is {part} of set {one.id} of {one.asset} again, beside {SNAPSHOTS}/{one.parts[part].id}"


def _why_short(path: str, size: int) -> str:
    """Return what is wrong with a file by its name and size; empty where nothing is."""
    if not Digest.fits(path.partition("/")[2]):
        return "is not named after its content"
    return f"is shorter than restic can have made it: {size} bytes" if size <= unreadable.SEAL else ""
