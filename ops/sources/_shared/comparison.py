"""Rungs of a proof that mean the same whichever server the database was loaded into."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ops.core.errors import SeawallError
from ops.core.verdict import Finding, judged

MOST_NAMED = 5


@dataclass(frozen=True)
class Definitions:
    """What is defined of one sort: how many, one digest of all, and a short one of each object by name.

    A set that was made before objects were kept has none.
    """

    count: int
    sha256: str
    objects: Mapping[str, str] | None = None


NONE = Definitions(0, "")


def digested(rows: Iterable[Sequence[object]], names: int) -> Definitions:
    """Return count and digest of some definitions, and a short digest of each object: so many columns are its name."""
    lines = sorted(rows, key=_line)
    objects: dict[str, hashlib._Hash] = {}
    for row in lines:
        objects.setdefault(".".join(map(str, row[:names])), hashlib.sha256()).update(f"{_line(row)}\n".encode())
    return Definitions(
        len(lines),
        hashlib.sha256("\n".join(map(_line, lines)).encode()).hexdigest(),
        {name: total.hexdigest()[:12] for name, total in objects.items()},
    )


def _line(row: Sequence[object]) -> str:
    return json.dumps(row, ensure_ascii=False)


def _named(wanted: Definitions, found: Definitions) -> str:
    """Return which objects differ, where both sides know them."""
    if wanted.objects is None or found.objects is None:
        return ""
    old, new = wanted.objects, found.objects
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f": {', '.join(names[:MOST_NAMED])}{more}"


def defined_alike(wanted: Mapping[str, Definitions], found: Mapping[str, Definitions], *, same: bool = True) -> Finding:
    """Compare definitions by sort; a server of another release writes some in other words, but loses none."""
    pairs = ((sort, known, found.get(sort, NONE)) for sort, known in wanted.items())
    wrong = [
        f"{sort} definitions differ ({there.count} found, {known.count} in the manifest)"
        + (_named(known, there) if same else "")
        for sort, known, there in pairs
        if there.count != known.count or (same and there.sha256 != known.sha256)
    ]
    count = sum(known.count for known in wanted.values())
    limit = "" if same else "; only counted, because the release differs"
    return judged(wrong, f"{count} definitions, as in the manifest{limit}")


def present(what: str, wanted: Collection[str], found: Collection[str]) -> Finding:
    """Demand all of some roles or accounts."""
    return judged([f"{name} is missing" for name in wanted if name not in found], f"{len(wanted)} {what} are there")


def differing(wanted: Mapping[str, int], found: Mapping[str, int], near: Collection[str] = ()) -> list[str]:
    """Return the tables that have other numbers of rows; `near`: were counted nearly, and must only be there."""
    return [
        f"{table} has {found.get(table, 'no')} rows, but had {count}"
        for table, count in wanted.items()
        if table not in found or (found[table] != count and table not in near)
    ]


def added(wanted: Mapping[str, int], found: Mapping[str, int]) -> list[str]:
    """Return the tables that the manifest does not know."""
    return [f"{table} is not in the manifest" for table in found if table not in wanted]


def total(rows: Mapping[str, int]) -> str:
    """Return what is said when all rows are there."""
    return f"{number_of(rows)}, as in the manifest"


def number_of(rows: Mapping[str, int]) -> str:
    """Return how many rows there are, where there is nothing to compare them with."""
    return f"{sum(rows.values()):,} rows in {len(rows)} tables"


def number(lines: Sequence[str]) -> float:
    """Return the one number that a query of the policy answers; raise SeawallError when it answers anything else."""
    if [*lines] == [""]:
        raise SeawallError("the query returned no number: it found no row to make one of")
    try:
        (answered,) = lines
        return float(answered)
    except ValueError as error:
        raise SeawallError(f"the query returned {len(lines)} lines instead of one number") from error
