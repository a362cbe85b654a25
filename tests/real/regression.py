"""PostgreSQL's own regression database, made by the SQL of `src/test/regress` as its `make installcheck` does.

Nothing of it is compared with what is expected: many statements fail on purpose, and what is left is the strangest
database that PostgreSQL's developers could think of.
"""

import os
import shutil
import subprocess
from pathlib import Path

from throwaway_postgresql import AS_POSTGRES, PROGRAMS, Cluster

SECONDS = 120.0
NAME = "regression"
SETTINGS = (
    *(f"{name} to 'C'" for name in ("lc_messages", "lc_monetary", "lc_numeric", "lc_time")),
    *("bytea_output to 'hex'", "timezone_abbreviations to 'Default'"),
)
SESSION = {"PGTZ": "PST8PDT", "PGDATESTYLE": "Postgres, MDY", "PGOPTIONS": "-c intervalstyle=postgres_verbose"}
LIBRARIES = PROGRAMS.parent / "lib"  # where the server looks for functions in C


def compile_functions(source: Path) -> None:
    """Compile the functions in C that the tests use, to where the server has its own."""
    release = PROGRAMS.parent.name
    headers = [f"-I/usr/include/postgresql/{release}/server", "-I/usr/include/postgresql"]
    # These are named, for the source may be that of an earlier release, whose headers included each other.
    headers += ["-include", "postgres.h", "-include", "utils/array.h"]
    words = ["gcc", "-shared", "-fPIC", "-O1", "-w", *headers, source / "regress.c", "-o", LIBRARIES / "regress.so"]
    subprocess.run(words, check=True)


def scripts(source: Path) -> list[str]:
    """Return the names of the scripts in the order in which they are meant to run."""
    lines = (source / "parallel_schedule").read_text("utf-8").splitlines()
    return [name for line in lines if line.startswith("test:") for name in line.split()[1:]]


def make(server: Cluster, source: Path, folder: Path) -> None:
    """Make the database; folder: where the scripts may write."""
    for name in ("sql", "data"):
        shutil.copytree(source / name, folder / name)
    (folder / "results").mkdir()
    subprocess.run(["chown", "-R", "postgres", folder], check=True)
    server.psql(f"create database {NAME} template template0")
    for setting in SETTINGS:
        server.psql(f"alter database {NAME} set {setting}")
    places = {"PG_ABS_SRCDIR": folder, "PG_ABS_BUILDDIR": folder, "PG_LIBDIR": LIBRARIES, "PG_DLSUFFIX": ".so"}
    env = {**os.environ, **SESSION, "LC_ALL": "C", **{name: str(path) for name, path in places.items()}}
    for name in scripts(source):
        if (script := folder / "sql" / f"{name}.sql").is_file():
            words = [*AS_POSTGRES, "psql", "-Xaq", f"--host={server.socket}", f"--dbname={NAME}", f"--file={script}"]
            with (folder / "results" / f"{name}.out").open("wb") as out:
                subprocess.run(
                    words, env=env, stdout=out, stderr=subprocess.STDOUT, cwd=folder, timeout=SECONDS, check=False
                )
