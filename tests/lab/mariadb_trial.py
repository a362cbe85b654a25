"""Runs the MariaDB kind on a machine, outside any job; sent there by test_mariadb.py. What comes of it is printed."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, "/usr/share/seawall")

from ops.core import document
from ops.core.errors import SeawallError
from ops.core.pipe import pipe
from ops.core.schema import decode, encode
from ops.interfaces.server import LoadedMaterial, Meant
from ops.interfaces.source import CaptureContext, Stored
from ops.sources._shared.comparison import Definitions, defined_alike  # noqa: F401 -- for the lines that are run
from ops.sources._shared.local_server import Local
from ops.sources.mariadb import KIND, Options
from ops.sources.mariadb.facts import MariaDBFacts
from ops.sources.mariadb.restore import RestoreTarget
from ops.sources.mariadb.session import Session, program, talking  # noqa: F401
from ops.sources.mariadb.structure import structure
from ops.sources.mariadb.verify import beside

SHELF = Path("/var/tmp/mariadb-trial")


def take(label: str, **said: object) -> None:
    """Take a database as the account seawall, with a file in the repository's place."""
    options = decode(Options, said, "options")
    with (
        tempfile.TemporaryDirectory() as folder,
        KIND.capture(options, CaptureContext(Path(folder, "scratch"))) as taken,
    ):
        with ThreadPoolExecutor(1) as beside, (SHELF / f"{label}.sql").open("wb") as file:
            argv = list(taken.material().argv)
            facts = beside.submit(taken.facts)
            dump = subprocess.run(argv, check=False, stdout=file, stderr=subprocess.PIPE, text=True)
        print("dump", dump.returncode, dump.stderr.strip())
        (SHELF / f"{label}.users.sql").write_text(taken.companions()["users.sql"])
        told = taken.finish(facts.result(), Stored(1, (SHELF / f"{label}.sql").stat().st_size, {}))
    (SHELF / f"{label}.json").write_text(json.dumps(encode(told)))
    print(json.dumps({"rows": told.row_count, "warnings": told.warnings, "approximate": told.approximate}))


def loaded(label: str, database: str, only: tuple[str, ...] = (), size: int = -1) -> tuple[MariaDBFacts, RestoreTarget]:
    """Load what was taken beside what runs, as root; `size` cuts the dump off."""
    told = document.decode(MariaDBFacts, json.loads((SHELF / f"{label}.json").read_text()), label)
    landing = KIND.restore_into(Options(database=told.database))
    landing.demand(database, told)
    source = (
        ["cat", str(SHELF / f"{label}.sql")] if size < 0 else ["head", "-c", str(size), str(SHELF / f"{label}.sql")]
    )

    def fed(argv: Sequence[str]) -> str:
        pipe(source, argv, timeout=300)
        return ""

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "users.sql").write_text((SHELF / f"{label}.users.sql").read_text())
        for sentence in landing.load(database, told, Meant(only), Path(folder), LoadedMaterial(fed)):
            print("said", sentence)
    landing.loaded(database)
    return told, landing


def bring(label: str, database: str, only: tuple[str, ...] = (), size: int = -1, live: str = "") -> None:
    """Load what was taken, prove it, and end it or (live) put it in a live database's place."""
    told, landing = loaded(label, database, only, size)
    for rung, finding in KIND.database.prove(landing.server, database, told, only):
        print(finding.verdict, rung, finding.message)
    if live:
        print(landing.replace(database, live))
    else:
        landing.end(database)


def shape(database: str) -> dict[str, Definitions]:
    """Return the structure of a database of this machine."""
    with beside(Local("root", {}), database) as session:
        return structure(session, database)


def killed_at(moment: int) -> None:
    """End this program as a kill would, at so many acts of a session that change something."""
    told, before = Session.tell, [0]

    def counted(self: Session, statement: str) -> list[str]:
        before[0] += not statement.startswith(("select", "use ", "set ", "show "))
        if before[0] == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        return told(self, statement)

    Session.tell = counted  # type: ignore[method-assign]


def kill(named: str, word: str) -> None:
    """Kill the first process of a name that appears with a word among its arguments."""
    while True:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                words = path.read_bytes().decode(errors="replace").split("\0")
                if words[0] == named and word in words:
                    os.kill(int(path.parent.name), signal.SIGKILL)
                    return
        time.sleep(0.01)


if __name__ == "__main__":
    try:
        exec(sys.stdin.read())
    except SeawallError as error:
        print(type(error).__name__, str(error))
