"""What an archive of pg_dump holds, as pg_restore lists it, and what of it belongs to some tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from ops.core.errors import Damaged, UsageError
from ops.core.kinds import nearest
from ops.sources.postgresql.facts import DatabaseFacts
from ops.sources.postgresql.shared_letters import as_listed

# `pg_restore --list --verbose`: a line for each object, and one behind it with the numbers of those that it needs.
LIST = ("pg_restore", "--list", "--verbose")
_ENTRY = re.compile(r"(\d+); (\d+) \d+ (.*)")
_DEPENDS = re.compile(r";\s+depends on:([\d ]+)")
_TABLE, _ROWS, _SEQUENCE, _SEQUENCE_SET = "TABLE", "TABLE DATA", "SEQUENCE", "SEQUENCE SET"
# What belongs to a table and to nothing else comes with it.
_BELONGINGS = (
    *(_SEQUENCE, "SEQUENCE OWNED BY", "SEQUENCE SET", "DEFAULT", "TABLE ATTACH"),
    *("COMMENT", "ACL", "SECURITY LABEL"),
)
_CONSTRAINTS = ("CHECK CONSTRAINT", "CONSTRAINT", "INDEX", "INDEX ATTACH", "STATISTICS")
_FOREIGN_KEY = "FK CONSTRAINT"
_WATCHER, FILLED = "EVENT TRIGGER", "MATERIALIZED VIEW DATA"
# What stands in a list for the catalogue of each. A sequence in a schema that is called SET has another.
_CATALOGUE = {_ROWS: "0", FILLED: "0", _SEQUENCE_SET: "0", "DEFAULT ACL": "826"}
# The longest first, for some begin as others do.
SORTS = tuple(
    sorted(
        (
            *(
                _TABLE,
                _ROWS,
                *_BELONGINGS,
                *_CONSTRAINTS,
                _FOREIGN_KEY,
                "EXTENSION",
                "COLLATION",
                "FUNCTION",
                "PROCEDURE",
            ),
            *(
                "AGGREGATE",
                "MATERIALIZED VIEW",
                FILLED,
                "VIEW",
                "TYPE",
                "DOMAIN",
                "SCHEMA",
                "TRIGGER",
            ),
            *(_WATCHER, "POLICY", "ROW SECURITY", "RULE", "USER MAPPING", "SERVER", "FOREIGN TABLE"),
            *("FOREIGN DATA WRAPPER", "ACCESS METHOD", "PROCEDURAL LANGUAGE", "SHELL TYPE", "OPERATOR CLASS"),
            *(f"TEXT SEARCH {word}" for word in ("CONFIGURATION", "DICTIONARY", "PARSER", "TEMPLATE")),
            *("OPERATOR FAMILY", "PUBLICATION TABLES IN SCHEMA"),
            *("PUBLICATION TABLE", "PUBLICATION", "SUBSCRIPTION", "DEFAULT ACL", "BLOB", "BLOBS", "TRANSFORM"),
        ),
        key=len,
        reverse=True,
    )
)
_PART = re.compile(r'"((?:[^"]|"")*)"|([^".]+)')


@dataclass(frozen=True)
class Entry:
    """An object in an archive. place: its schema, name and owner, with blanks between that may also be in them."""

    number: int
    sort: str
    place: str
    needs: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """What it is, for people: its sort and name, without the owner where that has no blank in it."""
        words = self.place.rsplit(" ", 1)[0]
        return f"{self.sort.lower()} {words[2:] if words.startswith('- ') else words.replace(' ', '.', 1)}"


def entries(listing: str) -> list[Entry]:
    """Return the objects that pg_restore lists, in its order."""
    found: list[Entry] = []
    for line in listing.splitlines():
        if told := _ENTRY.fullmatch(line):
            words = told[3]
            sort = next((sort for sort in SORTS if words.startswith(f"{sort} ")), words.split(" ", 1)[0])
            if told[2] != _CATALOGUE.get(sort, told[2]):
                sort = sort.rpartition(" ")[0]  # in a schema that is called DATA, SET or ACL
            found.append(Entry(int(told[1]), sort, words.removeprefix(f"{sort} ")))
        elif found and (needs := _DEPENDS.fullmatch(line)):
            last = found[-1]
            found[-1] = Entry(last.number, last.sort, last.place, tuple(map(int, needs[1].split())))
    return found


def batches(listed: Sequence[Entry]) -> list[tuple[int, ...]]:
    """Return what has to be loaded before triggers on definitions are there, and these; one empty batch means all.

    A view is filled with rows after they were made, which they may write down, or forbid.
    """
    late = [one.number for one in listed if one.sort == _WATCHER or one.place.startswith(f"- {_WATCHER} ")]
    if not late or all(one.sort != FILLED for one in listed):
        return [()]
    return [tuple(one.number for one in listed if one.number not in late), tuple(late)]


def parsed(name: str) -> tuple[str, str]:
    """Return schema and name from a name as the manifest has it, each quoted where it must be."""
    match [plain or quoted.replace('""', '"') for quoted, plain in _PART.findall(name)]:
        case [schema, own]:
            return schema, own
    raise Damaged(f"the manifest has a table {name[:80]!r}, which is no name with a schema")


def meant(word: str, known: Collection[str]) -> list[str]:
    """Return which of the manifest's names a person means: one as it is written there, or those that can be read so."""
    if word in known:
        return [word]
    found = []
    for name in known:
        schema, table = parsed(name)
        if word in (table, f"{schema}.{table}", name.partition(".")[2], f'{schema}."{table}"', f'"{table}"'):
            found.append(name)
    return found


@dataclass(frozen=True)
class Selection:
    """What of an archive is loaded. left: foreign keys that are not, for what they point to is not loaded either."""

    numbers: tuple[int, ...]
    left: tuple[str, ...]


def selected(listed: Sequence[Entry], facts: DatabaseFacts, tables: Sequence[str], *, constraints: bool) -> Selection:
    """Return what some tables need, and what belongs to them; raise UsageError for a table that is not in the set."""
    known = [*facts.rows, *facts.sequences]
    names = [name for word in tables for name in _demanded(word, known)]
    roots = {_entry(listed, name, _TABLE if name in facts.rows else _SEQUENCE, facts).number for name in names}
    by_number = {entry.number: entry for entry in listed}
    chosen = _needed(roots, by_number)
    rows = {entry.number for entry in listed if entry.sort == _ROWS and {*entry.needs} & roots}
    _grow(chosen, listed, lambda entry: entry.sort in _BELONGINGS)
    left: list[str] = []
    if constraints:
        for entry in listed:
            if entry.sort in _CONSTRAINTS and {*entry.needs} & roots:
                chosen |= _needed({entry.number}, by_number)
        _grow(chosen, listed, lambda entry: entry.sort in (*_BELONGINGS, *_CONSTRAINTS, _FOREIGN_KEY))
        keys = [entry for entry in listed if entry.sort == _FOREIGN_KEY and {*entry.needs} & roots]
        left = [entry.name for entry in keys if entry.number not in chosen]
    chosen |= rows
    return Selection(tuple(entry.number for entry in listed if entry.number in chosen), tuple(left))


def _demanded(word: str, known: Collection[str]) -> list[str]:
    if found := meant(word, known):
        return found
    raise UsageError(
        f"the set has no table {word}{nearest(word, list(known))}",
        "use --only with a table's name, such as public.patients; of a partitioned table, with those of its partitions",
    )


def place(name: str, encoding: str) -> str:
    """Return schema and name of an object as pg_restore lists them, of a name as the manifest has it."""
    return as_listed(re.sub(r"[\r\n]", " ", "{} {} ".format(*parsed(name))), encoding)


def _entry(listed: Sequence[Entry], name: str, sort: str, facts: DatabaseFacts) -> Entry:
    """Return the object of a name and sort; raise Damaged unless the archive has exactly one."""
    begun = place(name, facts.encoding)
    owners = {"", *(re.sub(r"[\r\n]", " ", role) for role in facts.roles)}
    found = [one for one in listed if one.sort == sort and one.place.startswith(begun)]
    found = [one for one in found if len(found) == 1 or one.place.removeprefix(begun) in owners]
    if len(found) != 1:
        raise Damaged(
            f"the dump has {len(found)} objects that can be the table {name}",
            "restore the whole database beside the live one, and copy what you need",
        )
    return found[0]


def _needed(roots: Collection[int], by_number: dict[int, Entry]) -> set[int]:
    """Return these objects and all that they need."""
    found, next_ones = set(roots), list(roots)
    while next_ones:
        for number in by_number[next_ones.pop()].needs:
            if number in by_number and number not in found:
                found.add(number)
                next_ones.append(number)
    return found


def _grow(chosen: set[int], listed: Sequence[Entry], fits: Callable[[Entry], bool]) -> None:
    """Add what fits and needs nothing else than what is chosen, until there is no more."""
    candidates = [entry for entry in listed if entry.needs and fits(entry)]
    while more := {one.number for one in candidates if one.number not in chosen and {*one.needs} <= chosen}:
        chosen |= more
