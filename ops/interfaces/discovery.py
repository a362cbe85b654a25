"""A sort of thing that a machine may hold, and how it is looked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PATH = "path:"
_CONTAINED = re.compile(r"postgresql:[^/:*]+:\d+|mariadb:[^/:*]+")


@dataclass(frozen=True)
class Found:
    """One thing that holds data.

    name: as a source's `covers` would name it; empty for what holds nothing, but whose places are known by it.
    words: what it is, for people. bytes: its size, None where that is not known; least: it may be more.
    places: where it lies in the file system; that it lies there is no gap of its own.
    apart: it is a file system of its own, which one who takes `/` does not enter.
    volume: where the file system begins on which it lies, empty where that is not known.
    """

    name: str
    words: str = ""
    bytes: int | None = None
    places: tuple[str, ...] = ()
    least: bool = False
    apart: bool = False
    volume: str = ""


@dataclass(frozen=True)
class SearchContext:
    """What a look goes by.

    larger_than: the bytes above which a folder counts. answered: the paths that something answers for already.
    proc: where the kernel says what runs and what is mounted. by_owner: databases are listed by the account that owns
    their server, as only root can; otherwise by the one that the roles make. alone: the file systems that something
    answers for without what is mounted below them.
    """

    larger_than: int
    answered: Sequence[Path] = ()
    proc: Path = Path("/proc")
    by_owner: bool = False
    alone: Sequence[Path] = ()


@dataclass(frozen=True)
class Sort:
    """A sort of thing that holds data: how to look for it; those of a lower order are looked for first."""

    look: Callable[[SearchContext], Iterable[Found]]
    order: int = 0


def answers(said: str, name: str) -> bool:
    """Say whether a name of the policy answers for what was found under a name.

    `postgresql:5432/*` answers for all that begins so, and for `postgresql:5432` itself; `path:/srv` for all below it;
    the server in a container, as `postgresql:his-db:5432`, for each of its databases.
    """
    if said.startswith(PATH) and not said.endswith("*"):
        return name.startswith(PATH) and PurePosixPath(name[len(PATH) :]).is_relative_to(said[len(PATH) :])
    said, name = said.replace(":/var/run/", ":/run/"), name.replace(":/var/run/", ":/run/")
    if _CONTAINED.fullmatch(said) and name.startswith(f"{said}/"):
        return True
    start = said.removesuffix("*")
    return name == said or (said != start and (name.startswith(start) or f"{name}/" == start))
