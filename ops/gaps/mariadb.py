"""Databases of the MariaDB and MySQL servers that run, whoever started them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.core.errors import CommandError, SeawallError
from ops.core.printable import printable, storable
from ops.core.run import run
from ops.gaps._containers import lies, remedy, stored
from ops.gaps._processes import Process, folder, processes, seen, sockets, told
from ops.interfaces.discovery import Found, SearchContext, Sort

PROGRAMS = {"mariadbd", "mysqld"}
ACCOUNT = "seawall"  # the role mariadb_source makes it; the system says who we are
OWNER = "root"  # the system's root, on every server that Debian has set up
SECONDS = 60.0
OWN = {"mysql", "sys", "performance_schema", "#innodb_redo", "#innodb_temp", "lost+found", "#rocksdb"}
# A folder in the data directory that is no database is told as one with `#mysql50#` before its name.
NAMES = """
SELECT JSON_OBJECT('name', s.schema_name, 'bytes', NULL) FROM information_schema.schemata s
WHERE s.schema_name NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
  AND s.schema_name NOT LIKE '#mysql50#%' ORDER BY s.schema_name
"""
# To tell sizes the server opens every table, and one of another server that does not answer ends the query.
SIZES = """
SELECT JSON_OBJECT('name', t.table_schema, 'bytes', COALESCE(SUM(t.data_length + t.index_length), 0))
FROM information_schema.tables t GROUP BY t.table_schema
"""


def look(scene: SearchContext) -> Iterator[Found]:
    """Yield each database of each server; a server whose databases can't be listed, by itself.

    Then the servers that don't run, as far as their files lie in a container's volume.
    """
    places: set[str] = set()
    for process in processes(scene.proc):
        if process.program in PROGRAMS:
            for one in told(process, "mariadb", "a MariaDB server", _server(process, scene), scene.proc):
                places.update(one.places)
                yield one
    for volume in stored("ibdata1", scene.proc):
        if str(volume.place) not in places:
            what = f"files of a MariaDB server that does not run, in a container's volume, {volume.place}"
            seen_here = scene.proc / "1/root" / str(volume.place).lstrip("/")
            yield from _held(volume.name, what, seen_here, (str(volume.place),))


def _server(process: Process, scene: SearchContext) -> Iterator[Found]:
    data = folder(process, scene.proc)
    if process.inside:
        where = lies(process.pid, data, scene.proc)
        what = f"a MariaDB server in a container, with its files in {where or data}"
        places = (str(where),) if where else ()
        yield from _held(process.inside, what, seen(process, data, scene.proc), places)
        return
    places = (str(data),)
    socket = next((path for path in sockets(process, scene.proc) if path.endswith(".sock")), "")
    name = f"mariadb:{socket or process.pid}"
    try:
        rows = _databases(socket, OWNER if scene.by_owner else ACCOUNT)
    except SeawallError as error:
        reason = error.message.rpartition("ERROR ")[2].strip()
        yield Found(name, f"a MariaDB server; its databases can't be listed: {reason}", None, places)
        return
    yield Found("", places=places)
    for row in rows:
        yield Found(f"{name}/{row['name']}", "a MariaDB database", None if row["bytes"] is None else int(row["bytes"]))


def _held(container: str, what: str, data: Path, places: tuple[str, ...]) -> Iterator[Found]:
    """Yield each database of a server in a container by its folder; the server by itself where it has none.

    what: in words. data: its folder, as it can be looked at.
    """
    held = sorted(one for one in data.iterdir() if one.is_dir() and one.name not in OWN)
    more = f"{what}; {remedy('mariadb', container)}"
    if not held:
        yield Found(f"mariadb:{container}", printable(storable(f"no database in {more}")), None, places)
    for one in held:
        size = sum(file.lstat().st_size for file in one.iterdir())
        words = printable(storable(f"a MariaDB database of {more}"))
        yield Found(f"mariadb:{container}/{_name(one.name)}", words, size, places)


def _name(folder: str) -> str:
    """Return the name of a database by its folder, in which other letters than plain ones stand as `@` and digits."""
    return re.sub(r"@([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), folder)


def _databases(socket: str, account: str) -> list[dict[str, Any]]:
    """Return the databases, with their sizes where the server can tell them."""
    found = _list(socket, account, NAMES)
    try:
        sizes = {row["name"]: row["bytes"] for row in _list(socket, account, SIZES)}
    except CommandError:
        return found
    return [{**row, "bytes": sizes.get(row["name"], 0)} for row in found]


def _list(socket: str, account: str, query: str) -> list[dict[str, Any]]:
    words = ["mariadb", "--no-defaults", f"--socket={socket}", "--protocol=socket", f"--user={account}"]
    rest = ["--batch", "--raw", "--skip-column-names", "--connect-timeout=10", "--default-character-set=utf8mb4"]
    done = run([*words, *rest, f"--execute={query}"], timeout=SECONDS)
    return [dict(json.loads(line)) for line in done.stdout.splitlines()]


KIND = Sort(look)
