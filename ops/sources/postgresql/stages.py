"""Loading a dump in stages, so that nothing in the database runs with a superuser's rights.

Definitions come first, while functions are empty and domains demand nothing; what compares itself with rows, too, for
there are none yet. Rows are loaded by a role that is no superuser. What comes after runs code as the owner of a table
or view alone; comments, rights and triggers on definitions are last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from ops.sources.postgresql import inert, way_in
from ops.sources.postgresql import loader as loaders
from ops.sources.postgresql.contents import FILLED, Entry
from ops.sources.postgresql.explaining import afterwards
from ops.sources.postgresql.facts import PostgreSQLFacts
from ops.sources.postgresql.loading import Archive, Failure
from ops.sources.postgresql.mending import Mending
from ops.sources.postgresql.reach import Reach, release
from ops.sources.postgresql.session import Session

_ROWS = "TABLE DATA"
# Wherever they stand: they may run functions while those are not empty, or look at rows.
_FIRST = ("CHECK CONSTRAINT", "TABLE", "TABLE ATTACH")
_KEYS = ("CONSTRAINT", "INDEX", "INDEX ATTACH", "FK CONSTRAINT")
_LOADED = (_ROWS, "SEQUENCE SET", "BLOBS")
_AFTER = (*_KEYS, FILLED, "TRIGGER", "RULE", "POLICY", "ROW SECURITY", "STATISTICS")
# Here the server works out what indexes and keys call, as whoever runs it; with what needs them, they wait.
_LOOKING = ("INDEX ATTACH", "FK CONSTRAINT", "TRIGGER", FILLED)
_LAST = ("COMMENT", "ACL", "DEFAULT ACL", "SECURITY LABEL", "EVENT TRIGGER")
_LOGIN_TRIGGERS = 17
# A foreign key between columns of different types compares its rows through these, in the session that makes it.
_CASTS = """
select to_json(exists (select from pg_catalog.pg_cast c join pg_catalog.pg_proc p on p.oid = c.castfunc
  join pg_catalog.pg_roles r on r.oid = p.proowner where c.castcontext = 'i' and not r.rolsuper))
"""


@dataclass(frozen=True)
class Stages:
    """The objects of a dump by when they are loaded, each in the order of the dump."""

    before: tuple[Entry, ...]
    rows: tuple[Entry, ...]
    after: tuple[Entry, ...]
    last: tuple[Entry, ...]


def staged(listed: Sequence[Entry], chosen: Collection[int]) -> Stages:
    """Return the stages of what is chosen; nothing chosen: of all."""
    end = next((at for at, entry in enumerate(listed) if entry.sort in (*_LOADED, *_AFTER)), len(listed))
    parts: dict[str, list[Entry]] = {"before": [], "rows": [], "after": [], "last": []}
    for at, entry in enumerate(listed):
        if chosen and entry.number not in chosen:
            continue
        if entry.sort in _LAST:
            part = "last"
        elif entry.sort in _FIRST or at < end:
            part = "before"
        else:
            part = "rows" if entry.sort == _ROWS else "after"
        parts[part].append(entry)
    return Stages(**{name: tuple(found) for name, found in parts.items()})


def looking(entries: Sequence[Entry]) -> list[Entry]:
    """Return, in their order, those that have indexes and keys of tables looked at, and what needs them."""
    found: dict[int, Entry] = {}
    for entry in entries:
        if entry.sort in _LOOKING or {*entry.needs} & {*found}:
            found[entry.number] = entry
    return [*found.values()]


@dataclass(frozen=True)
class Load:
    """The load of a dump into an empty database.

    words: further options of pg_restore. chosen: the numbers of the objects that alone are meant; none: all are.
    """

    reach: Reach
    archive: Archive
    facts: PostgreSQLFacts
    database: str
    words: Sequence[str]
    chosen: Collection[int]
    _failed: list[Failure] = field(default_factory=list)
    _again: list[Failure] = field(default_factory=list)

    def done(self) -> Iterator[str]:
        """Load it; yield a sentence on what could be loaded only in another way, or not at all."""
        parts = staged(self.archive.listed(), self.chosen)
        with self.reach.session(self.database) as session:
            with self._loader(session):
                yield from self._filled(session, parts)
            loaders.untouched(session)
            inert.end(session)
            yield from self._mended(session, self.archive, self._brought(self.archive, parts.last))
            if self._again:
                yield afterwards(self._again, self.archive.listed())
            yield from self._mending(session, self.archive).named(self._failed)

    def _filled(self, session: Session, parts: Stages) -> Iterator[str]:
        """Load all but what is last."""
        awake = replace(self.archive, awake=True)
        inert.begin(session)
        yield from self._mended(session, awake, self._brought(awake, parts.before))
        casts = session.ask(_CASTS) or any(one.sort == "CAST" for one in parts.after)
        # While there are no rows that they could be compared with.
        early = [one for one in parts.after if one.sort in _KEYS] if casts else []
        yield from self._mended(session, awake, self._brought(awake, early))
        inert.fill(session)
        loaders.allow(session)
        failures = self._brought(awake, parts.rows, loaders.LOADER)
        late = looking(parts.after)
        made = self._brought(awake, [one for one in parts.after if one not in early and one not in late])
        yield from self._mended(session, awake, made)
        inert.still(session)
        failures += self._brought(awake, [one for one in late if one not in early])
        yield from self._mended(session, awake, failures)

    def _brought(self, archive: Archive, entries: Sequence[Entry], role: str = "") -> list[Failure]:
        if not entries:
            return []
        numbers = [entry.number for entry in entries]
        options = loaders.OPTIONS if role else ""
        return archive.loaded(self.reach.target(self.database, role), self.words, numbers, options)

    def _mended(self, session: Session, archive: Archive, failures: Sequence[Failure]) -> Iterator[str]:
        """Mend what failed, before anything else is loaded."""
        self._failed.extend(failures)
        if failures:
            yield from self._mending(session, archive).done(failures)

    def _mending(self, session: Session, archive: Archive) -> Mending:
        session.tell("set search_path = ''")
        return Mending(archive, self.facts, self.reach, self.database, session.ask, self._again)

    @contextmanager
    def _loader(self, within: Session) -> Iterator[None]:
        """Have the role that loads rows, and look whether it can be reached before anything is loaded."""
        reach = self.reach
        with reach.session() as holder, reach.session() as session:
            watched = release(session) >= _LOGIN_TRIGGERS
            for other in loaders.belongs(session):
                with reach.session(other) as left:
                    loaders.freed(left)
            with loaders.loader(holder, session, within, self.database, watched=watched), ExitStack() as ways:
                if not way_in.is_open(reach, self.database):
                    ways.enter_context(way_in.made(reach, self.database))
                with loaders.reached(), reach.loaders(self.database) as own:
                    loaders.demand(own)
                yield
