"""A kind of target: where sets and copies go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from ops.core.errors import Damaged
from ops.core.names import Digest
from ops.core.quantity import Size

O = TypeVar("O")


class Missing(Damaged):
    """A pack is not there, or not any more."""


@dataclass(frozen=True)
class Reached:
    """A place that answered. clock_ahead: by how many seconds its clock is ahead of ours, where it says."""

    clock_ahead: float | None = None


@dataclass
class Writes:
    """What becomes of what restic writes to a view. passed: the folders whose new files are stored in the repository.

    Those of other folders go nowhere. added: what was stored. removed: what restic would have deleted: it is still
    there, and the view shows it no more.
    """

    passed: frozenset[str]
    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Location:
    """Whose repository an address is for.

    machine: the machine whose data lie there. keeper: the machine of the inventory that keeps it; empty where none
    does. reads_only: whether the address is for somebody who may only read.
    """

    machine: str
    keeper: str = ""
    reads_only: bool = False


def nothing_written(_options: object) -> Sequence[str]:
    """Say that nothing is written on the machine itself."""
    return ()


def no_quota(_options: object, _machine: str) -> Size | None:
    """Say that a machine may keep as much as there is room for."""
    return None


def nobody_named(_options: object) -> Mapping[str, str]:
    """Say that the options name no machine."""
    return {}


def nothing_said(_url: Path) -> Mapping[str, str]:
    """Say that restic needs nothing in its environment."""
    return {}


def of_the_site(_options: object) -> str:
    """Say that the site's authority vouches for the place."""
    return ""


@dataclass(frozen=True)
class LeavingDoor:
    """The way to what a backup host asks of this machine, and to the second names from which it may delete.

    Each is given the file with the repository's address; those that ask also the authority's certificate.

    address: returns the address of the second names, as restic reads it.
    asked: returns what the backup host asks, as it lies there; None while it asks nothing, or does not answer.
    say: with the name of a file and its content, leaves it for the backup host; raises Unavailable.
    config: returns the SHA-256 of the repository's `config`; raises Unavailable.
    """

    address: Callable[[Path], str]
    asked: Callable[[Path, Path], bytes | None]
    say: Callable[[Path, Path, str, bytes], None]
    config: Callable[[Path, Path], Digest]


@dataclass(frozen=True)
class Spoiled:
    """A file whose newest version is not what was stored.

    why: in words. right: which version is; empty where none is left.
    """

    path: str
    why: str
    right: str


@dataclass(frozen=True)
class Renewed:
    """Locks that were renewed.

    files: how many. until: up to when they hold. wrong: why the first of the others does not; empty for none.
    """

    files: int
    until: datetime
    wrong: str


@dataclass(frozen=True)
class Kept(Generic[O]):
    """What a store keeps of files that were written over or deleted, and its locks.

    Those that ask it are given the file with the address, and the one with the authorities that vouch for the store.

    spoiled: yields the files whose newest version is not what was stored.
    bring_back: with one of them, makes the right version the newest; raises Damaged or Unavailable.
    renewed: with the options before, locks the right version of each file anew.
    keeper, days: given the options, returns the machine that renews the locks, empty where none does, and for how many
        days they hold.
    """

    spoiled: Callable[[Path, Path], Iterator[Spoiled]]
    bring_back: Callable[[Path, Path, Spoiled], None]
    renewed: Callable[[O, Path, Path], Renewed]
    keeper: Callable[[O], str]
    days: Callable[[O], int]


@dataclass(frozen=True)
class Target(Generic[O]):
    """A kind of place.

    address: given the options and whose repository it is, returns where it lies, without any secret.
    sign_in: given such an address, an account and its password, returns the address as restic's `--repository-file`
        wants it. It only joins texts: the printed runbook hands it words for a shell. A kind that has it is served
        by a machine of the inventory, behind TLS with a certificate of the site's authority for that machine; its
        addresses begin with `HOST:PORT/`. `seawall secrets` makes the accounts and passwords, also for readers.
        None: a place on the machine itself; its address is what restic reads, it has no accounts, and no other
        machine reads it.
    account: given the options, the name of an account and its key, returns the content of the file with which restic
        and this kind sign in at a store of somebody else, who is no machine of the inventory. The site writes account
        and key into the inventory; the file lies beside that with the address. None: there is no such store.
    environment: given the file with the address, returns what restic's environment must say; no secret, only where
        that file is.
    authority: given the options, returns the file on the machine with the authorities that vouch for the place; empty
        for the site's own. Whoever is asked with the same is given it.
    listed: with the same and the name of a repository's folder, such as `index`, returns the size in bytes of every
        file in it by its name.
    fault: with the same and the path of a file, such as `index/NAME`, reads it whole and returns what is wrong with it;
        nothing when it is what its name says.
    view: with the same and a function that is given the path of a file, such as `index/NAME`, and says whether it is
        left out, serves the repository without those files for a block; yields the file with that view's address. With
        `Writes` restic may write to it, as it tells.
        None, as are `listed` and `fault`, for a kind to whose repositories nobody else may add.
    folder: given the file with the repository's address, returns the folder of this machine in which it lies; raises
        Unavailable unless it is there. None: it lies on another machine, which looks after it.
    unlock: with the same and the name of a lock, removes it; raises Unavailable. One that is not there is fine. None: a
        lock stays until it is old.
    deposit: with the same, a folder beside the repository and the content of a small file, adds it there under the
        SHA-256 of its content, and reads it back; raises Unavailable or Damaged. None: nobody looks after a repository
        of the kind without a key.
    quota: given the options and the name of a machine, returns how large its repository may become; None: no limit.
    named: given the options, returns the machines that they name, each by the path of its key below the options.
    leaving: the way to a backup host that lets sets leave, for a kind that has one.
    kept: what it keeps of files that were written over or deleted, for a kind that has versions.
    group: the group of the inventory that makes a host fit to keep it; empty where none has to.
    carried: whether what is copied there is only collected, and a person has to carry it on: a copy counts once that
        was done, and no asset is backed up there first.
    synonyms: what else people call it, so that they are told the right word.
    place: the only place that the policy may give to a repository of this kind; empty where there are several.
    apart: whether it must lie on another disk than what is backed up to it.
    attended: whether it comes and goes by a person's hands: nothing is made or copied there unless a person is there.
    writes: given the options, returns the folders on the machine itself that backing up and copying write to; their
        units may write nowhere else. They are there before a unit starts: a mount point with nothing mounted, too.
    reach: given the file with the repository's address and the authority's certificate, looks whether the place
        answers; raises Unavailable with what to do.
    packs: with the same, returns the size in bytes of every pack by its name. A pack that is still being written is
        none yet: others may be writing at the same time.
    verify: with the same and a pack's name, reads the pack whole and returns its size; raises Damaged when its
        content is not what its name says, Missing when there is no such pack.
    """

    options: type[O]
    address: Callable[[O, Location], str]
    reach: Callable[[Path, Path], Reached]
    packs: Callable[[Path, Path], Mapping[str, int]]
    verify: Callable[[Path, Path, str], int]
    sign_in: Callable[[str, str, str], str] | None = None
    account: Callable[[O, str, str], str] | None = None
    environment: Callable[[Path], Mapping[str, str]] = nothing_said
    authority: Callable[[O], str] = of_the_site
    writes: Callable[[O], Sequence[str]] = nothing_written
    listed: Callable[[Path, Path, str], Mapping[str, int]] | None = None
    fault: Callable[[Path, Path, str], str] | None = None
    view: Callable[[Path, Path, Callable[[str], bool], Writes | None], AbstractContextManager[Path]] | None = None
    folder: Callable[[Path], Path] | None = None
    unlock: Callable[[Path, Path, str], None] | None = None
    deposit: Callable[[Path, Path, str, bytes], None] | None = None
    quota: Callable[[O, str], Size | None] = no_quota
    named: Callable[[O], Mapping[str, str]] = nobody_named
    leaving: LeavingDoor | None = None
    kept: Kept[O] | None = None
    group: str = ""
    carried: bool = False
    synonyms: tuple[str, ...] = ()
    place: str = ""
    apart: bool = False
    attended: bool = False
