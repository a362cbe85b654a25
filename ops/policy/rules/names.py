"""Names: which forms they have, which are reserved, and whether there is what they name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from ops.core.errors import Problem
from ops.core.kinds import nearest
from ops.core.names import HostName

DRILL_VERBS = ("enter", "words", "end")  # `seawall drill enter ASSET`
MANIFEST = "manifest"  # the part of each set that is none of its sources
YAML_WORDS = ("yes", "no", "on", "off", "true", "false", "null", "none")
OF_REPOSITORIES = ("config", "data", "index", "keys", "locks", "snapshots")  # what each repository consists of
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LONGEST = 64
_LONGEST_LINE = 300
_WHOLE = ("all", "host")  # as in policy__all, policy__host and `--all`


def of_host(host: str) -> Iterator[Problem]:
    """Yield why a machine can't be called so: its name stands in addresses, certificates, records and file names."""
    if not HostName.fits(host):
        yield Problem(
            f"hosts.{host}",
            f"{host!r} can't be the name of a machine here; give it a name of letters, digits, `-` and single `.`, "
            f"such as backup1, and write its address as `ansible_host` beside it",
        )
    yield from of_client(f"hosts.{host}", host)


def of_client(path: str, name: str) -> Iterator[Problem]:
    """Yield why the repository of what is called so can't be kept at a backup host."""
    if name in OF_REPOSITORIES:
        yield Problem(
            path,
            f"{name!r} can't be the name of a machine here: a backup host takes it for a part of a repository; "
            f"use one such as {name}1",
        )


def formed(path: str, name: str) -> Iterator[Problem]:
    """Yield why a name can't become a part of the names of units, files and secrets."""
    if not _NAME.fullmatch(name):
        yield Problem(path, f"{name!r} is not a valid name; expected lower-case letters, digits and _, such as his_db")
    elif name in YAML_WORDS:
        yield Problem(path, f"{name!r} can't be a name here: YAML reads it as another value; use a name such as his_db")


def shown(path: str, name: str) -> Iterator[Problem]:
    """Yield why a name can't be used that is only shown to people, and looked up."""
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST:
        yield Problem(path, f"{name[:80]!r} is not a valid name; expected 1 to {_LONGEST} printable characters")


def of_asset(path: str, name: str) -> Iterator[Problem]:
    """Yield why an asset can't be called so."""
    yield from formed(path, name)
    if name in DRILL_VERBS:
        yield Problem(
            path,
            f"{name!r} can't be the name of an asset: it is a word of `seawall drill`; use a name such as {name}_db",
        )
    elif name in (*_WHOLE, MANIFEST):
        yield Problem(path, f"{name!r} can't be the name of an asset: the word is reserved; use one such as {name}_db")


def of_source(path: str, name: str) -> Iterator[Problem]:
    """Yield why a source can't be called so."""
    yield from formed(path, name)
    if name == MANIFEST:
        yield Problem(
            path,
            f"{name!r} can't be the name of a source: every set has a part of its own that is called so; "
            f"use one such as documents",
        )


def known(path: str, what: str, name: str, names: Collection[str] | Mapping[str, object]) -> Iterator[Problem]:
    """Yield that nothing is called so, with the nearest name."""
    if name not in names:
        listed = sorted(names)
        message = f"there is no {what} {name!r}{nearest(name, listed)}; known: {', '.join(listed) or 'none'}"
        yield Problem(path, message)


def one_line(path: str, text: str) -> Iterator[Problem]:
    """Yield that a text which stands among others in a line has several; a line end behind it is YAML's."""
    if "\n" in text.strip():
        yield Problem(path, "has several lines; write it in one")
    elif len(text) > _LONGEST_LINE:
        yield Problem(path, f"has {len(text)} characters; expected at most {_LONGEST_LINE}")
