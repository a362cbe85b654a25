"""Databases of the MariaDB and MySQL servers that run, whoever started them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ops.core.errors import CommandError, SeawallError
from ops.core.run import run
from ops.gaps._processes import Process, folder, processes, sockets
from ops.interfaces.discovery import Found, SearchContext, Sort

PROGRAMS = {"mariadbd", "mysqld"}
ACCOUNT = "seawall"  # the role mariadb_source makes it; the system says who we are
OWNER = "root"  # the system's root, on every server that Debian has set up
SECONDS = 60.0
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
    """Yield each database of each server; a server whose databases can't be listed, by itself."""
    for process in processes(scene.proc):
        if process.program in PROGRAMS:
            yield from _server(process, scene)


def _server(process: Process, scene: SearchContext) -> Iterator[Found]:
    places = (str(folder(process, scene.proc)),)
    if process.inside:
        yield Found(f"mariadb:{process.inside}", "a MariaDB server in a container")
        return
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
