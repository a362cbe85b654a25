"""SQLite databases, the programs that use them, and taking them."""

import json
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ops.core.document import decode
from ops.core.quantity import Duration
from ops.core.schema import encode
from ops.core.verdict import Verdict
from ops.interfaces.source import CaptureContext, Stored
from ops.sources.sqlite import FILE, Options, capture, check
from ops.sources.sqlite.facts import SQLiteFacts

SCHEMA = """
  PRAGMA foreign_keys = OFF;
  CREATE TABLE wards (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
  CREATE TABLE "odd ""na me" (ward INTEGER REFERENCES wards (id), note TEXT);
  CREATE INDEX notes ON "odd ""na me" (note);
  CREATE VIEW all_wards AS SELECT name FROM wards;
  CREATE TRIGGER sane BEFORE DELETE ON wards BEGIN SELECT 1; END;
  INSERT INTO wards (name) VALUES ('Operační sál'), ('手术室');
  INSERT INTO "odd ""na me" SELECT 1, hex(randomblob(500)) FROM wards, wards, wards, wards, wards, wards;
"""


def made(path: Path, *more: str, mode: str = "delete") -> Path:
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA journal_mode = {mode}")
        database.executescript(SCHEMA + ";".join(more))
        database.commit()
    return path


@contextmanager
def program(path: Path, script: str) -> Iterator[subprocess.Popen[str]]:
    """A program that uses the database; it says `ready` when it is so far."""
    head = "import sqlite3, sys, time\nd = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)\n"
    words = [sys.executable, "-c", head + textwrap.dedent(script), str(path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == "ready\n"
            yield running
        finally:
            running.kill()


READY = "print('ready', flush=True)\ntime.sleep(60)\n"
ADDING = "d.execute(\"INSERT INTO wards (name) VALUES ('late')\")\n"


def taken(path: Path, tmp_path: Path, busy: int = 5) -> tuple[SQLiteFacts, Path]:
    """Take the database; return its facts, and a folder with what a restore would bring."""
    folder = tmp_path / "restored"
    folder.mkdir()
    scratch = tmp_path / "cache" / "scratch"
    with capture(Options(str(path), Duration(busy)), CaptureContext(scratch)) as data:
        facts = data.facts()
        assert scratch.stat().st_mode & 0o777 == 0o700
        shutil.copy(data.material().argv[1], folder / FILE)
        facts = data.finish(facts, Stored(1, (folder / FILE).stat().st_size, {}))
    assert not scratch.exists()
    return decode(SQLiteFacts, json.loads(json.dumps(encode(facts))), "manifest.json"), folder


def looks(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """What would show that somebody wrote there; a log's index is written by every reader."""
    files = [path for path in folder.iterdir() if not path.name.endswith("-shm")]
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_ino, path.read_bytes()) for path in files}


def wrong(folder: Path, facts: SQLiteFacts) -> set[str]:
    return {name for name, finding in check(folder, facts, ()) if finding.verdict is not Verdict.PASS}
