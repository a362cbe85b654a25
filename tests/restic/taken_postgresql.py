"""A database of a throwaway server, taken as a backup takes it, and loaded again as a restore does."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from throwaway_postgresql import AS_POSTGRES, Cluster

from ops.core.names import DatabaseName
from ops.core.pipe import pipe
from ops.core.run import run
from ops.core.verdict import Verdict
from ops.interfaces.server import LoadedMaterial, Meant
from ops.sources.postgresql import drilled
from ops.sources.postgresql.facts import PostgreSQLFacts, facts
from ops.sources.postgresql.restore import RestoreTarget
from ops.sources.postgresql.sequences import SEQUENCES
from ops.sources.postgresql.session import PATIENT
from ops.sources.postgresql.sql import identifier
from ops.sources.postgresql.verify import beside, prove

SYSTEM = ("postgres", "template0", "template1")
PATHLESS = """
create schema tools;
create function tools.plain(t text) returns text immutable language sql as $$ select lower(t) $$;
create function public.folded(t text) returns text immutable language sql as $$ select upper(t) $$;
create function public.slug(t text) returns text immutable language plpgsql as $$ begin return folded(t); end $$;
create table units (name text, key text generated always as (slug(name)) stored); insert into units values ('one');
create table checked (name text check (slug(name) <> '')); insert into checked values ('two');
create table indexed (name text); insert into indexed values ('three'); create index on indexed (slug(name));
create materialized view seen as select slug(name) as key from indexed;
create domain key as text check (slug(value) <> ''); create table keyed (key key); insert into keyed values ('four');
"""


class Taken:
    """What a set would hold of the database `his`, and a way to load it again."""

    def __init__(self, server: Cluster, folder: Path, *, parallel: bool) -> None:
        self.server, self.folder, self.parallel = server, folder, parallel
        self.target = RestoreTarget(server.socket, 5432)
        with beside(self.target.server, "his") as session:
            found = facts(session, session.ask(SEQUENCES))
        self.facts = PostgreSQLFacts(
            **vars(found),
            engine="postgresql",
            database=DatabaseName("his"),
            dump="database.dir" if parallel else "database.dump",
            dump_bytes=0,
        )
        words = ["--format=directory", "--jobs=2"] if parallel else ["--format=custom"]
        subprocess.run(["chown", "postgres", folder], check=True)
        self.program("pg_dump", *words, f"--file={folder / self.facts.dump}", "his")
        self.program("pg_dumpall", "--globals-only", f"--file={folder / 'globals.sql'}")

    def program(self, name: str, *words: str) -> str:
        patient = ("env", f"PGOPTIONS={PATIENT}")  # as the backup's own connections are
        words = (*AS_POSTGRES, *patient, name, f"--host={self.server.socket}", *words)
        return run(words, timeout=60, cwd=Path("/")).stdout

    def fed(self, argv: Sequence[str]) -> str:
        if self.parallel:
            return run(argv, timeout=60, cwd=Path("/")).stdout
        with TemporaryFile() as output:
            pipe(["cat", self.folder / self.facts.dump], argv, timeout=60, output=output)
            output.seek(0)
            return output.read().decode()

    def load(self, *tables: str, constraints: bool = False, logins: bool = False) -> list[str]:
        """Load it as `again`; return what was said."""
        material = LoadedMaterial(self.fed, self.folder if self.parallel else None)
        return [*self.target.load("again", self.facts, Meant(tables, constraints, logins), self.folder, material)]

    def drill(self) -> None:
        """Load it as a drill does, in the place of the one that it was taken of."""
        self.server.psql("drop database if exists his")
        dump = self.folder / self.facts.dump
        size = sum(path.stat().st_size for path in [dump, *dump.glob("*")] if path.is_file())
        drilled.load(self.target.server, self.folder, replace(self.facts, dump_bytes=size))

    def proof(self, database: str = "again") -> dict[str, Verdict]:
        return {name: finding.verdict for name, finding in prove(self.target.server, database, self.facts)}


@contextmanager
def taken(
    server: Cluster, sql: str, *, nature: str = "", settings: Sequence[str] = (), parallel: bool = True
) -> Iterator[Taken]:
    """Make the database `his` with some SQL and settings, and take it. nature: its encoding and locale."""
    server.psql(f"create database his {nature}")
    server.psql(sql, "his")
    for one in settings:
        server.psql(f"alter database his set {one}")
    with TemporaryDirectory() as folder:
        yield Taken(server, Path(folder), parallel=parallel)


def tidied(server: Cluster) -> None:
    """Remove the databases and roles that a test made."""
    for name in server.databases():
        if name not in SYSTEM:
            server.psql(f"drop database {identifier(name)} with (force)")
    roles = server.psql("select rolname from pg_roles where rolname !~ '^pg_' and rolname <> 'postgres'").splitlines()
    for role in roles:
        server.psql(f"drop role {identifier(role)}")
