"""Databases of the PostgreSQL servers that run, whoever started them and wherever they listen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.core.errors import SeawallError
from ops.core.run import run
from ops.gaps._processes import Process, folder, processes, seen
from ops.interfaces.discovery import Found, SearchContext, Sort

PROGRAMS = {"postgres", "postmaster"}
ROLE = "seawall_dump"  # the role postgresql_source makes it, and lets our account become it
SECONDS = 60.0
# A database that is only there because every server has it counts once somebody has made a relation in it.
LIST = """
SELECT json_build_object('name', datname, 'open', datallowconn,
  'bytes', CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) END)
FROM pg_database
WHERE NOT datistemplate AND (datname <> 'postgres' OR EXISTS (
  SELECT FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'))
ORDER BY datname
"""


def look(scene: SearchContext) -> Iterator[Found]:
    """Yield each database of each server; a server whose databases can't be listed, by itself."""
    running = [process for process in processes(scene.proc) if process.program in PROGRAMS]
    servers = {process.pid for process in running}
    for process in running:
        if process.parent not in servers:
            yield from _server(process, scene)


def _server(process: Process, scene: SearchContext) -> Iterator[Found]:
    data = folder(process, scene.proc)
    here = seen(process, data, scene.proc)
    lines = (here / "postmaster.pid").read_text().splitlines()
    port, socket = lines[3], lines[4] if len(lines) > 4 else ""  # noqa: PLR2004 -- its lines have no names
    places = tuple(map(str, (data, *(path.resolve() for path in (data / "pg_tblspc").glob("*")))))
    if process.inside:
        yield Found(f"postgresql:{process.inside}:{port}", "a PostgreSQL server in a container")
        return
    try:
        rows = _list(socket.split(",")[0].strip(), port, here.owner() if scene.by_owner else "")
    except SeawallError as error:
        reason = error.message.rpartition("FATAL: ")[2].strip()
        yield Found(f"postgresql:{port}", f"a PostgreSQL server; its databases can't be listed: {reason}", None, places)
        return
    for row in rows:
        words = "a PostgreSQL database" + ("" if row["open"] else ", closed to connections")
        yield Found(f"postgresql:{port}/{row['name']}", words, row["bytes"])
    yield Found("", places=places)


def _list(socket: str, port: str, owner: str) -> list[dict[str, Any]]:
    """Ask as the role of ours or, where the owner of the server's files is named, as the superuser of that name."""
    become = ["runuser", "-u", owner, "--"] if owner else []
    words = [*become, "psql", "-XAtq", "--no-password", "--set=ON_ERROR_STOP=1", "-p", port, "-d", "postgres"]
    words += ["-U", owner or ROLE]
    host = ["-h", socket] if Path(socket).is_absolute() else []
    done = run(
        [*words, *host, "-c", LIST], timeout=SECONDS, env={"PGCONNECT_TIMEOUT": "10", "PGCLIENTENCODING": "UTF8"}
    )
    return [dict(json.loads(line)) for line in done.stdout.splitlines()]


KIND = Sort(look)
