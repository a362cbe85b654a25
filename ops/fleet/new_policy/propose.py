"""Assets for what was found on a server: each database, SQLite file and folder one asset, within reason.

Names come from the server and are hostile: what the policy could not hold becomes a note for the person, not an asset.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ops.core import kinds
from ops.core.errors import PolicyError
from ops.core.printable import printable
from ops.core.quantity import Size
from ops.core.schema import Plain, decode
from ops.fleet.new_policy.look import Seen
from ops.interfaces.discovery import Found
from ops.policy.rules import names

MOST_SEPARATE = 8  # databases of one server that each become an asset; more of them become one
MOST_ASSETS = 40  # of one server: with more of them nobody has looked at each
LONGEST_NAME, LONGEST = 32, 80  # letters of a name, and of what a summary tells
SOCKETS = {"/run/mysqld/mysqld.sock", "/var/run/mysqld/mysqld.sock"}  # the source's own default
PORT = "5432"
DATABASES = {  # a database of a server that could be asked, by where that listens
    "postgresql": re.compile(r"(postgresql:[1-9][0-9]{0,4})/(.+)"),
    "mariadb": re.compile(r"(mariadb:/.+?\.sock)/(.+)"),
}
ETC = "etc"  # the settings of every server, an asset of their group


@dataclass(frozen=True)
class Proposed:
    """An asset to be written. size: what was measured, empty where nothing was."""

    name: str
    summary: str
    kind: str
    options: Mapping[str, Plain]
    size: str = ""


@dataclass
class Proposal:
    """What a server's policy is made of. notes: what was found and is in no asset, or was not looked for."""

    assets: list[Proposed] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def has(self, kind: str) -> bool:
        """Whether any source is of a kind."""
        return any(asset.kind == kind for asset in self.assets)

    def give_up(self, refused: Mapping[str, str]) -> None:
        """Make notes of assets. refused: why, by their names."""
        self.notes.extend(f"{one.summary}: {refused[one.name]}" for one in self.assets if one.name in refused)
        self.assets = [asset for asset in self.assets if asset.name not in refused]


def propose(server: str, seen: Seen, taken: set[str]) -> Proposal:
    """Return the assets of a server. taken: the names that other servers' assets have; those made here are added."""
    made = Proposal()
    for asset in _assets(server, seen, made.notes):
        if refused := _refused(asset):
            made.notes.append(f"{asset.summary}: {refused}")
            continue
        if len(made.assets) >= MOST_ASSETS:
            made.notes.append(f"{asset.summary}: more than {MOST_ASSETS} were found")
            continue
        name = _free(asset.name, server, taken)
        taken.add(name)
        made.assets.append(Proposed(**{**vars(asset), "name": name}))
    made.notes.extend(f"not looked for: {printable(one.sort)} ({printable(one.message)})" for one in seen.unlooked)
    return made


def _refused(asset: Proposed) -> str:
    """Return why the policy would not take the options of an asset, empty when it would."""
    try:
        decode(kinds.load("ops.sources", asset.kind).options, asset.options, asset.kind)
    except PolicyError as error:
        return error.problems[0].message
    return ""


def _assets(server: str, seen: Seen, notes: list[str]) -> Iterator[Proposed]:
    databases: dict[str, list[Found]] = {}
    for found in {found.name: found for found in seen.found}.values():
        sort, _, rest = found.name.partition(":")
        if trouble := _trouble(found, sort, rest):
            notes.append(f"{printable(found.name)[:200]}: {trouble}")
        elif match := DATABASES[sort].fullmatch(found.name) if sort in DATABASES else None:
            databases.setdefault(match[1], []).append(found)
        else:
            yield _file(found, rest)
    for place, members in databases.items():
        yield from _of_server(server, place, members)


def _trouble(found: Found, sort: str, rest: str) -> str:
    """Return why something can't be an asset, empty when it can."""
    if sort not in kinds.kinds("ops.gaps"):
        return "nothing that a search finds"
    if not found.name.isprintable() or re.search(r"\{[{%#]", found.name):
        return "its name can't be written into a policy"
    if found.apart and "network" in found.words:
        return f"{printable(found.words)}: back it up where it lies"
    if "closed to connections" in found.words:
        return printable(found.words)
    if sort in {"path", "sqlite"} and (not re.match("/[^/]", rest) or rest != os.path.normpath(rest)):
        return printable(found.words)  # in a container
    if sort in DATABASES and not DATABASES[sort].fullmatch(found.name):
        return printable(found.words)
    return ""


def _file(found: Found, path: str) -> Proposed:
    last = _slug(PurePosixPath(path).stem) or "files"
    if found.name.startswith("sqlite:"):
        return Proposed(last, f"SQLite database {path[:LONGEST]}", "sqlite", {"path": path}, _size([found]))
    return Proposed(last, f"Files below {path[:LONGEST]}", "files", {"paths": [path]}, _size([found]))


def _of_server(server: str, place: str, members: Sequence[Found]) -> Iterator[Proposed]:
    """Yield the databases of one database server, or all of them as one."""
    kind, _, where = place.partition(":")
    reach: dict[str, Plain] = {}
    if kind == "postgresql" and where != PORT:
        reach = {"port": int(where)}
    if kind == "mariadb" and where not in SOCKETS:
        reach = {"socket": where}
    title = {"postgresql": "PostgreSQL", "mariadb": "MariaDB"}[kind]
    if len(members) > MOST_SEPARATE:
        summary = f"All {title} databases of {server}"
        yield Proposed(f"{kind}_{_slug(server)}", summary, kind, {"all": True, **reach}, _size(members))
        return
    for found in members:
        name = found.name.removeprefix(f"{place}/")
        options = {"database": name, **reach}
        yield Proposed(_slug(name) or kind, f"{title} database {name[:LONGEST]}", kind, options, _size([found]))


def _size(members: Sequence[Found]) -> str:
    sizes = [found.bytes for found in members if found.bytes]
    least = "at least " if any(found.least for found in members) else ""
    return f"{least}{Size(sum(sizes))}" if sizes else ""


def _slug(text: str) -> str:
    """Return the nearest name that the policy takes, empty when no letter of it is left."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_").lstrip("0123456789_")[:LONGEST_NAME].rstrip("_")


def _free(name: str, server: str, taken: set[str]) -> str:
    """Return a name that no other asset of the site has, and that means nothing else."""
    longer = f"{name[:16]}_{_slug(server)[:15]}".rstrip("_")
    candidates = itertools.chain([name, longer], (f"{longer}_{number}" for number in itertools.count(2)))
    return next(one for one in candidates if one not in taken and not any(names.of_asset(one, one)))
