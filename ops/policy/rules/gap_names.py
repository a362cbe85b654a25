"""Names of gaps as the policy writes them: `path:/srv/scratch`, `postgresql:5432/test*`; each must mean something."""

from __future__ import annotations

import re

from ops.core import kinds
from ops.core.kinds import nearest

_EXAMPLES = {
    "mariadb": "mariadb:/run/mysqld/mysqld.sock/scratch",
    "path": "path:/srv/scratch",
    "postgresql": "postgresql:5432/scratch",
    "sqlite": "sqlite:/srv/scratch.db",
}
_SOCKETS = ("/run", "/run/mysqld", "/tmp", "/var", "/var/run", "/var/run/mysqld")  # noqa: S108 -- where servers listen
_SERVER = re.compile(r"(?:[^/:*]+:)?\d+(?:/.+)?")  # a port, or a container and its port, and a database
_CONTAINER = re.compile(r"[^/:*]+:(?=/)")


def meaningless(name: str) -> str:
    """Return why a name means no gap, or all gaps of its sort; nothing where it means some."""
    sort, colon, rest = name.partition(":")
    sorts = kinds.kinds("ops.gaps")
    if sort not in sorts or not colon or not rest.strip("*"):
        listed = ", ".join(f"{known}:…" for known in sorts)
        return f"{name!r} is not the name of a gap{nearest(sort, sorts)}; expected one of {listed}"
    if "*" in rest[:-1]:
        return f"{name!r}: `*` has a meaning at the end only; name each, or the folder above them"
    such = f"expected a name such as {_EXAMPLES.get(sort, f'{sort}:…')}"
    if sort == "postgresql" and not _SERVER.fullmatch(rest):
        return f"{name!r} names no server by its port; {such}"
    if sort in ("path", "sqlite") or (sort == "mariadb" and rest.startswith("/")):
        return _path(name, rest if sort == "path" else _CONTAINER.sub("", rest, count=1), sort, such)
    return ""


def _path(name: str, path: str, sort: str, such: str) -> str:
    if not path.startswith("/") or ".." in path.split("/"):
        return f"{name!r} is not an absolute path without `..`; {such}"
    whole = path.rpartition("/")[0] if path.endswith("*") else path
    everything = not whole.strip("/.") or (sort == "mariadb" and path.endswith("*") and whole in _SOCKETS)
    return f"{name!r} stands for everything; {such}, or /opt/* for all in one folder" if everything else ""
