"""Databases of the PostgreSQL servers that run, whoever started them and wherever they listen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ops.core.errors import SeawallError
from ops.core.printable import printable, storable
from ops.core.run import run
from ops.gaps._containers import lies, remedy, stored
from ops.gaps._named import names
from ops.gaps._processes import Process, folder, processes, seen, told
from ops.interfaces.discovery import Found, SearchContext, Sort

PROGRAMS = {"postgres", "postmaster"}
ROLE = "seawall_dump"  # the role postgresql_source makes it, and lets our account become it
SECONDS = 60.0
PORT = 5432  # of a server that tells none
FIRST_OWN = 16_384  # the lowest number that a server gives to a database that somebody makes
# A database that is only there because every server has it counts once somebody has made a relation in it.
LIST = """
SELECT json_build_object('name', datname, 'open', datallowconn,
  'bytes', CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) END)
FROM pg_database
WHERE (NOT datistemplate OR datname NOT IN ('template0', 'template1')) AND (datname <> 'postgres' OR EXISTS (
  SELECT FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'))
ORDER BY datname
"""


def look(scene: SearchContext) -> Iterator[Found]:
    """Yield each database of each server; a server whose databases can't be listed, by itself.

    Then the servers that don't run, as far as their files lie in a container's volume.
    """
    running = [process for process in processes(scene.proc) if process.program in PROGRAMS]
    servers = {process.pid for process in running}
    places: set[str] = set()
    for process in running:
        if process.parent not in servers:
            for one in told(process, "postgresql", "a PostgreSQL server", _server(process, scene), scene.proc):
                places.update(one.places)
                yield one
    for volume in stored("global/pg_control", scene.proc):
        data = str(volume.place.parent)
        if data not in places:
            what = f"files of a PostgreSQL server that does not run, in a container's volume, {data}"
            seen_here = scene.proc / "1/root" / data.lstrip("/")
            yield from _held(f"postgresql:{volume.name}:{PORT}", volume.name, what, seen_here, (data,))


def _server(process: Process, scene: SearchContext) -> Iterator[Found]:
    data = folder(process, scene.proc)
    here = seen(process, data, scene.proc)
    lines = (here / "postmaster.pid").read_text().splitlines()
    port, socket = lines[3], lines[4] if len(lines) > 4 else ""  # noqa: PLR2004 -- its lines have no names
    if process.inside:
        where = lies(process.pid, data, scene.proc)
        what = f"a PostgreSQL server in a container, with its files in {where or data}"
        lying = (str(where),) if where else ()
        yield from _held(f"postgresql:{process.inside}:{port}", process.inside, what, here, lying)
        return
    places = tuple(map(str, (data, *(path.resolve() for path in (data / "pg_tblspc").glob("*")))))
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


def _held(server: str, container: str, what: str, data: Path, places: tuple[str, ...]) -> Iterator[Found]:
    """Yield each database of a server in a container by what its files tell; the server by itself where they do not.

    what: in words. data: its folder, as it can be looked at.
    """
    folders = [one for one in (data / "base").glob("[0-9]*") if one.name.isdigit() and int(one.name) >= FIRST_OWN]
    known = names(data)
    more = f"{what}; {remedy('postgresql', container)}"
    if not folders or not all(int(one.name) in known for one in folders):
        words = f"{len(folders)} databases in {more}"
        yield Found(server, printable(storable(words)), None, places)
        return
    for one in sorted(folders, key=lambda folder: known[int(folder.name)]):
        with suppress(OSError):
            size = sum(file.lstat().st_size for file in one.iterdir())
            words = f"a PostgreSQL database of {more}"
            yield Found(f"{server}/{known[int(one.name)]}", printable(storable(words)), size, places)


def _list(socket: str, port: str, owner: str) -> list[dict[str, Any]]:
    """Ask as the role of ours or, where the owner of the server's files is named, as the superuser of that name."""
    become = ["runuser", "-u", owner, "--"] if owner else []
    words = [*become, "psql", "-XAtq", "--no-password", "--set=ON_ERROR_STOP=1", "-p", port, "-d", "postgres"]
    words += ["-U", owner or ROLE]
    host = ["-h", socket] if Path(socket).is_absolute() else []
    # Whoever may make functions in the database `postgres` must not have one that is nearer than the server's.
    settings = {"PGCONNECT_TIMEOUT": "10", "PGCLIENTENCODING": "UTF8", "PGOPTIONS": "-c search_path="}
    done = run([*words, *host, "-c", LIST], timeout=SECONDS, env=settings)
    return [dict(json.loads(line)) for line in done.stdout.splitlines()]


KIND = Sort(look)
