"""Loading a database into the machine's own PostgreSQL, beside those that are used.

A database that is not finished carries a mark in its comment, so that an interrupted restore is told from data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ops.core.announce import announce
from ops.core.errors import Unavailable, UsageError
from ops.interfaces.server import LoadedMaterial, Meant
from ops.interfaces.source import Entered
from ops.sources._shared.local_server import Local
from ops.sources._shared.statement import PassedOver, text_of
from ops.sources.postgresql.contents import selected
from ops.sources.postgresql.demands import demands, mapped
from ops.sources.postgresql.facts import ROLES, PostgreSQLFacts, shared
from ops.sources.postgresql.loading import LIMITLESS, OVERRULED, Archive
from ops.sources.postgresql.nature import (
    MARK,
    Given,
    comment_of,
    commented,
    described,
    granted,
    marked,
    nature,
    unmarked,
)
from ops.sources.postgresql.reach import Reach, release
from ops.sources.postgresql.roles import missing, shown
from ops.sources.postgresql.session import Session
from ops.sources.postgresql.sql import PRELOADED, identifier, literal
from ops.sources.postgresql.stages import Load
from ops.sources.postgresql.swap import LONGEST, Swap
from ops.sources.postgresql.verify import DUMP, GLOBALS

_DAY = 86_400.0
_SHUT = "select coalesce(json_agg(rolname), '[]') from pg_catalog.pg_roles where not rolcanlogin"
REMEDY = (
    "this server lacks the language, role or module that it needs; make that, then set it by hand "
    "if it is still wanted (the manifest has it), and run the same command again"
)
_WITHOUT_TRIGGERS = ("postgres", "template1")  # databases in which nobody has to expect one at his login
NO_LOCALE = ("invalid LC_", "invalid locale")


@dataclass(frozen=True)
class RestoreTarget:
    """The cluster behind a socket folder and a port, and where it lies in a container, that."""

    socket: str
    port: int
    place: Entered | None = None

    @property
    def server(self) -> Local:
        """The cluster, spoken to as its superuser over the socket."""
        return self._reach.server

    @property
    def _reach(self) -> Reach:
        return Reach(self.socket, self.port, self.place)

    def demand(self, database: str, facts: PostgreSQLFacts) -> None:
        """Raise UsageError when the name is taken or none, or the server is older than the data."""
        if not database.strip() or len(database.encode()) > LONGEST:
            raise UsageError(
                f"{database!r} is not a valid database name: it has more than {LONGEST} bytes, or nothing in it",
                "use another name",
            )
        if self.place and facts.dump != DUMP:
            raise UsageError(
                f"the dump is a folder, which can't be loaded into the container {self.place.container}",
                "restore it into a folder with --to, and load it by hand: docs/restore-by-hand-databases.md",
            )
        with self._reach.session() as session:
            major = release(session)
            taken = session.tell(f"select shobj_description(oid, 'pg_database') {_of(database)}")
        if major < facts.major:
            raise UsageError(
                f"this server is PostgreSQL {major}, but the data are from {facts.major}",
                "restore on a server of that version or newer",
            )
        if taken and taken[0] != MARK:
            raise UsageError(
                f"the database {database!r} already exists; nothing is restored over it",
                "use another name, or --in-place to replace it",
            )

    def load(
        self, database: str, facts: PostgreSQLFacts, meant: Meant, companions: Path, material: LoadedMaterial
    ) -> Iterator[str]:
        """Make the empty database as the manifest describes it and load the dump; roles that are missing are made."""
        path = str(material.folder / facts.dump) if material.folder else ""
        archive = Archive(material, path, self.server, facts.major)
        wanted = (
            selected(archive.listed(), facts, meant.tables, constraints=meant.constraints) if meant.tables else None
        )
        asked = demands(archive, facts)
        yield from self.begin(database, facts, companions, asked.roles, logins=meant.logins)
        with self._reach.session() as session:
            spaces = session.ask("select json_agg(spcname) from pg_catalog.pg_tablespace")
        words = ["--jobs=2"] if material.folder else []
        if remark := mapped(asked.spaces, spaces):
            yield remark
            words.append("--no-tablespaces")
        yield from Load(
            self._reach, archive, facts, database, words, frozenset(wanted.numbers if wanted else ())
        ).done()
        # They come last, for they may forbid a load.
        yield from self._missed(self._refused(described(database, facts)))
        yield from self._closed(database, facts)
        if wanted and wanted.left:
            yield f"{', '.join(wanted.left)}: left out, because what they refer to is not restored"

    def begin(
        self, database: str, facts: PostgreSQLFacts, companions: Path, needed: Collection[str], *, logins: bool = False
    ) -> Iterator[str]:
        """Make the empty database, with a mark; needed roles that are missing are made, none is changed.

        logins: whether the roles that are made may log in as they could.
        """
        name, grants = identifier(database), granted(database, facts)
        # What no server keeps is found before anything is made.
        mark, _ = commented(database, marked(facts)), described(database, facts)
        strange = PassedOver(GLOBALS)
        with self._reach.session() as session:
            there = frozenset(shared(session.ask, ROLES))
            wanted = [*missing(text_of(companions / GLOBALS), there, needed, strange, logins=logins)]
            for one in self._refused([Given(shown(statement), statement) for statement in wanted]):
                yield f"{one.what}: the server refused it; run it by hand if it is still wanted"
            made = [role for role in shared(session.ask, ROLES) if role not in there]
            shut = sorted({*session.ask(_SHUT)} & there & {*needed}) if logins else ()
            session.tell(f"drop database if exists {name} with (force)")
            owned = self._created(session, name, facts)
            session.tell(mark)
        if not owned:
            yield (
                f"the role {facts.owner}, which owns the database, is neither on this server nor in the set, so it "
                f"belongs to the superuser; alter database ... owner to ..."
            )
        yield from self._missed(self._refused(grants))
        yield from strange.sentences()
        if shut:
            yield f"roles that were there already can't log in: {', '.join(shut)}; alter role ... login password ..."
        if made:
            as_they_are = (
                "with the logins and passwords of the set, but without rights on the cluster"
                if logins
                else "without login, password and rights on the cluster; "
                "a person gives them back: alter role ... login password ..."
            )
            yield f"made the roles {', '.join(made)}, which it needs, {as_they_are}"

    @staticmethod
    def _created(session: Session, name: str, facts: PostgreSQLFacts) -> bool:
        """Create the database, and return whether its owner is there; raise UsageError where its locale is not."""
        owned = not facts.owner or facts.owner in shared(session.ask, ROLES)
        try:
            session.tell(f"create database {name} {nature(facts if owned else replace(facts, owner=None))}")
        except Unavailable as error:
            if not any(word in error.message for word in NO_LOCALE):
                raise
            raise UsageError(
                f"this server lacks the locale {facts.locale or facts.collate} of the database",
                "make it with dpkg-reconfigure locales, restart PostgreSQL, and run the same command again",
            ) from error
        return owned

    def _refused(self, wanted: Sequence[Given]) -> list[Given]:
        """Run statements about what all databases share; return which the server refused, as of settings it lacks."""
        if not wanted or self._reach.attempt("postgres", [one.statement for one in wanted]):
            return []
        return [one for one in wanted if not self._reach.attempt("postgres", [one.statement])]

    @staticmethod
    def _missed(refused: Sequence[Given]) -> Iterator[str]:
        for one in refused:
            yield f"the {one.what} could not be given to the database: {REMEDY}"

    def _closed(self, database: str, facts: PostgreSQLFacts) -> Iterator[str]:
        """Yield a sentence when a session can't begin because of a program that the settings name."""
        own = " ".join(f"-c {name}={value}" for name, value in OVERRULED.items() if name not in PRELOADED)
        if any(kept.startswith(PRELOADED) for _, kept in facts.settings):
            try:
                with self._reach.session(database, options=own):
                    pass
            except Unavailable as error:
                yield (
                    f"nobody can be connected to {database} ({error.message}): install what it names, or take the "
                    f"setting away: alter database ... reset {PRELOADED[1]}"
                )

    def loaded(self, database: str) -> None:
        """Do nothing: a dump holds all rights on its tables."""

    def resume(self, database: str, facts: PostgreSQLFacts) -> None:
        """Do nothing: nothing but the mark tells that a database is not finished."""

    def identity(self, database: str) -> str:
        """Return the number of the database in the cluster, which no other ever gets."""
        with self._reach.session() as session:
            return next(iter(session.tell(f"select oid {_of(database)}")), "")

    def data_folder(self) -> Path:
        """Return the data directory of the cluster."""
        with self._reach.session() as session:
            folder = Path(session.tell("show data_directory")[0])
        return self.server.seen(folder)

    def end(self, database: str) -> None:
        """Take the mark away, and let the planner know the tables."""
        self._known_to_the_planner(database)
        with self._reach.session() as session:
            session.tell(commented(database, unmarked(session.ask(comment_of(database)))))

    def replace(self, database: str, live: str) -> str:
        """Put the loaded database in the place of the live one; that is kept under a new name.

        The mark goes in the same transaction, so that a kill leaves either a marked database beside the live one, which
        the next restore makes anew, or the restored one in its place.
        """
        self._known_to_the_planner(database)
        with self._reach.session(apart=live) as holder, self._reach.session(apart=live) as ender:
            return Swap(holder, ender, database, live).done()

    def _known_to_the_planner(self, database: str) -> None:
        try:
            # Functions of indexes may need the database's own search path; they run with the rights of their owner.
            with self._reach.session(database, options=LIMITLESS) as session:
                session.tell("analyze")
        except Unavailable as error:  # a function of an index may refuse; the server does the rest by itself, later
            announce(f"{database}: {error.message}; run `analyze` there by hand, or queries are slow at first")


def _of(database: str) -> str:
    return f"from pg_database where datname = {literal(database)}"
