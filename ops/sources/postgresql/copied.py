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
_DIGEST = 8  # bytes


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


def chosen_lines(session: Session, table: str, part: Slice) -> str:
    """Return the condition for rows of a slice, for the first thousand of no great length; the table is `t`."""
    if part.slices == 1:
        return "true"
    columns = ["ctid", *session.ask(_TABLES)[table]["columns"]]
    places: list[str] = []
    for line in _lines(session.blocks(told(table, columns, ["ctid"], "where true"))):
        if isinstance(line, list):
            found = (one.split(b"\t", 1) for one in line)
            places += [f'"{place.decode()}"' for place, row in found if zlib.crc32(row) % part.slices == part.slice]
    return "t.ctid = any('{" + ",".join(places[:_CHOSEN]) + "}'::tid[])"


@dataclass
class _Read:
    """What one pass found of a table. ends: see `Copied`, of each column whose ends are noted."""

    rows: int = 0
    digest: int = 0
    ends: list[tuple[int, int] | None] = field(default_factory=list)


def _read(session: Session, statement: str, part: Slice, noted: int = 0) -> _Read:
    """Read a table once; noted: of how many columns, at the beginning of each line, the ends are noted."""
    found = _Read(ends=[None] * noted)
    for lines in _lines(session.blocks(statement)):
        if isinstance(lines, _Long):
            heads = [lines.head]
            found.digest += lines.digest if lines.crc % part.slices == part.slice else 0
        else:
            heads = lines
            chosen = [one for one in lines if zlib.crc32(one) % part.slices == part.slice] if part.slices > 1 else lines
            digests = [hashlib.blake2b(one, digest_size=_DIGEST).digest() for one in chosen]
            found.digest += sum([int.from_bytes(one, "big") for one in digests])
        found.rows += len(heads)
        for place in range(noted):
            _note(found.ends, place, heads)
    return found


def _note(ends: list[tuple[int, int] | None], place: int, lines: list[bytes]) -> None:
    words = [line.split(b"\t", place + 1)[place] for line in lines]
    if numbers := [int(word) for word in words if word != _NONE]:
        low, high = ends[place] or (numbers[0], numbers[0])
        ends[place] = min(low, *numbers), max(high, *numbers)


class _Long:
    """A row that is too long to be held: how it begins, and what was computed of it piece by piece."""

    def __init__(self, head: bytes) -> None:
        self.head, self.crc = head, zlib.crc32(head)
        self._hashed = hashlib.blake2b(head, digest_size=_DIGEST)

    def add(self, piece: bytes) -> None:
        """Add what comes next of it."""
        self.crc = zlib.crc32(piece, self.crc)
        self._hashed.update(piece)

    @property
    def digest(self) -> int:
        """The digest of all of it, as that of any other row."""
        return int.from_bytes(self._hashed.digest(), "big")


def _lines(blocks: Iterator[bytes]) -> Iterator[list[bytes] | _Long]:
    """Yield the lines without their ends, many at once; by itself one that came in several blocks."""
    begun: _Long | None = None
    for block in blocks:
        lines = block.split(b"\n")
        last = lines.pop()  # empty, unless it goes on in the next block
        if begun and lines:
            begun.add(lines.pop(0))
            yield begun
            begun = None
        if lines:
            yield lines
        if begun:
            begun.add(last)
        elif last:
            begun = _Long(last)
