"""What restic is asked, and has to do, where blobs of a repository are lost and are to come back from another one.

A blob has the same name in each repository, the SHA-256 of what it holds; packs and snapshots have others. restic
stores anew what it can read of a pack, makes indexes anew, and stores whatever blob of a snapshot no index names. All
that is only added; what restic would delete meanwhile, the view that it is given notes.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import CommandError, Damaged, SeawallError
from ops.core.run import run, stream
from ops.restic.failures import explain
from ops.restic.messages import documents
from ops.restic.repository import LOOK_SECONDS, Repository

_ID = "[0-9a-f]{64}"
_LISTED = re.compile(f"(data|tree) ({_ID})")
_UNTOLD = re.compile(f"Unable to load tree {_ID}\\n \\.\\.\\. which belongs to snapshot ({_ID})")
_UNKNOWN = re.compile(f"blob ({_ID}) not found in index")
_GONE = re.compile(f"pack ({_ID}): (?:does not exist|unexpected file size)")
_AT_ONCE = 1000  # ids in one call: a program's words have a limit


@dataclass(frozen=True)
class Blob:
    """A blob. kind: data, or the tree that lists a folder. size: in bytes, as it is stored."""

    id: str
    kind: str
    size: int


@dataclass(frozen=True)
class Need:
    """What needs a blob. path: a file of a snapshot; empty where not even its folders can be read."""

    snapshot: str
    path: str


def blobs(repository: Repository, indexes: Iterable[str], packs: Collection[str]) -> dict[str, list[Blob]]:
    """Return the blobs that some packs held, by the packs' names, as far as one of those indexes tells.

    restic is started for each index until all packs are known; one that it can't read tells nothing.
    """
    known: dict[str, list[Blob]] = {}
    for name in indexes:
        if known.keys() >= {*packs}:
            break
        text = repository.complaints(["cat", "index", name], timeout=LOOK_SECONDS)
        known |= {pack: held for pack, held in _told(text) if pack in packs}
    return known


def _told(text: str) -> Iterator[tuple[str, list[Blob]]]:
    try:
        index, _ = json.JSONDecoder().raw_decode(text)  # what restic says besides may follow it
        for pack in index["packs"]:
            held = [Blob(str(one["id"]), str(one["type"]), int(one["length"])) for one in pack["blobs"]]
            yield str(pack["id"]), held
    except (ValueError, KeyError, TypeError):
        return


def known(repository: Repository, wanted: Collection[str], *, timeout: float) -> set[str]:
    """Return which of some blobs the index of a repository names."""
    if not wanted:
        return set()
    found = set()
    with repository.explained(), stream(repository.plainly(["list", "blobs"]), timeout=timeout) as program:
        for line in program.lines():
            if (match := _LISTED.fullmatch(line)) and match[2] in wanted:
                found.add(match[2])
    return found


def needing(repository: Repository, wanted: Iterable[Blob], *, timeout: float) -> set[Need]:
    """Return what needs one of some blobs; of a snapshot whose folders can't be read, nobody knows which files do."""
    needs: set[Need] = set()
    for kind, option in (("data", "--blob"), ("tree", "--tree")):
        ids = [one.id for one in wanted if one.kind == kind]
        for start in range(0, len(ids), _AT_ONCE):
            chosen = ids[start : start + _AT_ONCE]
            text = repository.complaints(["find", "--json", option, *chosen], timeout=timeout)
            needs |= {Need(str(one["snapshot"]), str(one["path"])) for one in _matches(text)}
            needs |= {Need(snapshot, "") for snapshot in _UNTOLD.findall(text)}
    return needs


def _matches(text: str) -> Iterator[Mapping[str, object]]:
    for line in text.splitlines():
        try:
            listed = json.loads(line)
        except ValueError:
            continue
        if isinstance(listed, list):
            yield from (one for one in listed if isinstance(one, dict) and "path" in one and "snapshot" in one)


def missing(repository: Repository, *, timeout: float) -> tuple[set[str], str]:
    """Return the blobs of files that restic misses, and what else it finds wrong; both are empty when all is there."""
    text = repository.complaints(["check", "--json"], timeout=timeout)
    summed = [one for one in documents(text.splitlines()) if one.get("message_type") == "summary"]
    if not summed:
        return set(), text.strip()[-400:] or "restic check said nothing"
    if not summed[-1].get("num_errors"):
        return set(), ""
    return set(_UNKNOWN.findall(text)), _first(text)


def _first(text: str) -> str:
    told = [str(one.get("message", "")).strip() for one in documents(text.splitlines())]
    return " ".join(filter(None, told))[:400] or "restic check finds errors"


def packs_gone(repository: Repository, *, timeout: float) -> set[str]:
    """Return the packs that an index names and that restic does not find, or finds with another size."""
    return set(_GONE.findall(repository.complaints(["check"], timeout=timeout)))


def salvage(repository: Repository, packs: Sequence[str], *, timeout: float) -> str:
    """Have restic store anew what it can read of some packs; return why that was not done, where it was not."""
    with tempfile.TemporaryDirectory(prefix="seawall-heal-") as folder:  # it leaves the packs themselves there
        try:
            run(repository.plainly(["repair", "packs", *packs]), timeout=timeout, cwd=Path(folder))
        except CommandError as error:
            return explain(error, repository.name).message
    return ""


def index_anew(repository: Repository, *, timeout: float) -> None:
    """Have restic index the packs that no index names, and forget those that are not there; raise SeawallError."""
    with repository.explained():
        run(repository.plainly(["repair", "index"]), timeout=timeout)


def bring(repository: Repository, source: Repository, ids: Sequence[str], *, timeout: float) -> list[str]:
    """Have restic store whatever blob of another repository's snapshots is missing; return what went wrong.

    Where one snapshot can't be read there, it is started for each of them, so that the others still help.
    """
    if not ids:
        return []
    try:
        repository.copy_from(source, ids, timeout=timeout)
    except Damaged:
        raise
    except SeawallError as error:
        if len(ids) == 1:
            return [error.message]
        return [wrong for one in ids for wrong in bring(repository, source, [one], timeout=timeout)]
    return []
