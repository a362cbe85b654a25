"""Rows as COPY tells them: counted and digested here, so that the server plans no query of anybody's table.

Whoever plans a query of a table runs what its indexes, statistics objects and partitions' keys call with constants
alone, be it a function of its owner's, with his own rights. COPY of a table plans nothing, and refuses all else that
may stand in the table's place; a dump reads rows in the same way. So the role for dumps, which can read the hashes of
all passwords, runs nobody's code. Columns that the server computes are not copied, nor are they in a dump.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ops.sources._shared.row_slices import Counted, RowDigest, Slice, slice_of
from ops.sources.postgresql.rows import CONDITIONS, SHARED, Ask, large_objects
from ops.sources.postgresql.sequences import OWNED
from ops.sources.postgresql.session import Session

_TABLES = """
select coalesce(json_object_agg(format('%I.%I', n.nspname, c.relname), json_build_object(
  'bytes', pg_catalog.pg_table_size(c.oid),
  'columns', (select coalesce(json_agg(format('%I', a.attname) order by a.attname), '[]')
    from pg_catalog.pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''))), '{}')
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r'
"""
# The tables whose rows are another's, too: its partitions, or what inherits from it.
_BELOW = """
with recursive below(top, oid) as (
  select inhparent, inhrelid from pg_catalog.pg_inherits
  union select b.top, i.inhrelid from below b join pg_catalog.pg_inherits i on i.inhparent = b.oid)
select coalesce(json_object_agg(top, tables), '{}') from (
  select format('%I.%I', tn.nspname, t.relname) as top, json_agg(format('%I.%I', n.nspname, c.relname)) as tables
  from below b join pg_catalog.pg_class c on c.oid = b.oid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_class t on t.oid = b.top join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
  where c.relkind = 'r' and c.relpersistence <> 't' group by 1) x
"""
_CHOSEN = 1000  # rows of a slice that are looked at when one is to be hurt
_NONE = b"\\N"


@dataclass
class Copied:
    """What was found. ends: the least and the largest number of each column that a sequence feeds, by table and column.

    below: see `_BELOW`.
    """

    below: Mapping[str, Sequence[str]]
    rows: dict[str, int] = field(default_factory=dict)
    content: dict[str, RowDigest] = field(default_factory=dict)
    ends: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)

    def furthest(self, table: str, column: str, *, upwards: bool) -> int | None:
        """Return the largest number of a column, or the least; of all tables whose rows are the table's."""
        found = [self.ends[one, column] for one in (table, *self.below.get(table, ())) if (one, column) in self.ends]
        if not found:
            return None
        return max(high for _, high in found) if upwards else min(low for low, _ in found)


def copied(session: Session, tables: Sequence[str], known: Mapping[str, RowDigest] | None = None) -> Copied:
    """Return rows and content of some tables and of the large objects, in a steady session.

    The rows of what inherits from a table count as its own, but for those of other servers; its digest is of those that
    lie in itself. known: the content as a manifest has it, whose slices are taken again; without one they are chosen
    anew.
    """
    ask = session.ask
    about, found, own = ask(_TABLES), Copied(ask(_BELOW)), dict[str, int]()
    fed, shared = _fed(ask, found.below), {*ask(SHARED)}
    more = {table: () if table in shared else found.below.get(table, ()) for table in tables}
    for table in dict.fromkeys([*tables, *sorted({one for below in more.values() for one in below})]):
        first = [name for name in fed.get(table, ()) if name in about[table]["columns"]]
        part = slice_of(table, about[table]["bytes"], known)
        read = _read(session, told(table, about[table]["columns"], first), part, len(first))
        own[table] = read.rows
        found.ends.update({(table, name): ends for name, ends in zip(first, read.ends, strict=True) if ends})
        if table in more:
            found.content[table] = RowDigest(part.slices, part.slice, digest=str(read.digest))
    found.rows.update({table: own[table] + sum(own[one] for one in below) for table, below in more.items()})
    found.content.update(large_objects(ask, known))
    return found


def _fed(ask: Ask, below: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the columns that sequences feed, by table; of a table with partitions in each of these."""
    found: dict[str, list[str]] = {}
    for _, top, column in ask(OWNED):
        for table in (top, *below.get(top, ())):
            if column not in found.setdefault(table, []):
                found[table].append(column)
    return {table: sorted(columns) for table, columns in found.items()}


def copied_of_extensions(session: Session, known: Mapping[str, RowDigest] | None = None) -> Counted:
    """Return rows and content of the tables of extensions, of what a dump carries of them; see `copied`."""
    conditions, rows, content = session.ask(CONDITIONS), {}, {}
    about = session.ask(_TABLES) if conditions else {}
    for table, condition in sorted(conditions.items()):
        part = slice_of(table, about[table]["bytes"], known)
        # In the extension's own words, which may name the table; a dump asks the same.
        read = _read(session, told(table, about[table]["columns"], (), condition), part)
        rows[table] = read.rows
        content[table] = RowDigest(part.slices, part.slice, digest=str(read.digest))
    return Counted(rows, content)


def told(table: str, columns: Sequence[str], first: Sequence[str] = (), condition: str = "") -> str:
    """Return the statement that has the server tell a table's own rows; first: the columns that come before others."""
    listed = ", ".join([*first, *(name for name in columns if name not in first)])
    if condition:
        return f"copy (select {listed} from only {table} {condition}) to stdout"  # noqa: S608 -- names as the server quotes them
    return f"copy {table} ({listed}) to stdout" if listed else f"copy {table} to stdout"


def in_slice(line: bytes, part: Slice) -> bool:
    """Whether a row belongs to a slice, given its line with the end."""
    return part.slices == 1 or zlib.crc32(line) % part.slices == part.slice


def chosen_lines(session: Session, table: str, part: Slice) -> str:
    """Return the condition for rows of a slice, for the first thousand of no great length; the table is `t`."""
    if part.slices == 1:
        return "true"
    columns = ["ctid", *session.ask(_TABLES)[table]["columns"]]
    places: list[str] = []
    for line in _whole(session.lines(told(table, columns, ["ctid"], "where true"))):
        if isinstance(line, bytes) and len(places) < _CHOSEN:
            place, _, row = line.partition(b"\t")
            places += [f'"{place.decode()}"'] if in_slice(row, part) else []
    return "t.ctid = any('{" + ",".join(places) + "}'::tid[])"


@dataclass
class _Read:
    """What one pass found of a table. ends: see `Copied`, of each watched column."""

    rows: int = 0
    digest: int = 0
    ends: list[tuple[int, int] | None] = field(default_factory=list)


def _read(session: Session, statement: str, part: Slice, watched: int = 0) -> _Read:
    """Read a table once; watched: how many columns at the beginning of a line have their ends noted."""
    found = _Read(ends=[None] * watched)
    rows = digest = 0
    for line in _whole(session.lines(statement)):
        rows += 1
        if isinstance(line, _Long):
            digest += line.digest if line.crc % part.slices == part.slice else 0
            head = line.head
        else:
            head = line
            if in_slice(line, part):
                digest += int.from_bytes(hashlib.blake2b(line, digest_size=8).digest(), "big")
        if watched:
            _note(found.ends, head)
    found.rows, found.digest = rows, digest
    return found


@dataclass
class _Long:
    """A row that is too long to be held: how it begins, and what was computed of it piece by piece."""

    head: bytes
    crc: int
    digest: int


def _whole(pieces: Iterator[bytes]) -> Iterator[bytes | _Long]:
    """Yield each row: its line with the end, or what is known of one that came in several pieces."""
    for piece in pieces:
        if piece.endswith(b"\n"):
            yield piece
            continue
        crc, hashed, head = zlib.crc32(piece), hashlib.blake2b(piece, digest_size=8), piece
        for more in pieces:
            crc = zlib.crc32(more, crc)
            hashed.update(more)
            if more.endswith(b"\n"):
                break
        yield _Long(head, crc, int.from_bytes(hashed.digest(), "big"))


def _note(ends: list[tuple[int, int] | None], head: bytes) -> None:
    for place, word in enumerate(head.rstrip(b"\n").split(b"\t", len(ends))[: len(ends)]):
        if word != _NONE:
            number, known = int(word), ends[place]
            if known is None:
                ends[place] = (number, number)
            elif not known[0] <= number <= known[1]:
                ends[place] = (min(known[0], number), max(known[1], number))
