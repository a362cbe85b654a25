"""The part of a collected ledger that a period needs, with the signed head that vouches for it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ops.core import clock
from ops.core.errors import Damaged, Unavailable
from ops.core.schema import Plain
from ops.evidence import signature_log
from ops.evidence.ledger import NAME, NOTHING, Head, digest
from ops.evidence.lines import each, said
from ops.evidence.signature_log import Kept
from ops.evidence.ssh_signature import agrees

_TRIES = 20  # signatures that are verified to find one that is good


@dataclass(frozen=True)
class Cut:
    """Records of a ledger, without a gap. before: the head before the first; head: the signed one that ends them.

    lines: the exact bytes of each. period: the numbers of those of the period. open: whether the ledger was collected
    before anything later than the period was recorded. unsigned: how many of the period no signed head covers yet.
    """

    before: Head
    head: Head
    signature: str
    lines: Sequence[bytes]
    period: frozenset[int]
    open: bool
    unsigned: int = 0

    def told(self) -> Iterator[tuple[bytes, Mapping[str, Plain]]]:
        """Yield each record of the period: its exact bytes, and what it says."""
        for line in self.lines:
            data = said(line)
            if data["n"] in self.period:
                yield line, data


@dataclass(frozen=True)
class _Place:
    n: int
    sha256: str
    inside: bool


def cut(folder: Path, host: str, signers: Path, since: datetime, until: datetime) -> Cut | None:
    """Return what a period needs of a collected ledger; None where it has no record of the period.

    Raise Unavailable where nothing signed covers the period, Damaged where the ledger is none.
    """
    try:
        places = [_place(line, since, until) for line in each(folder / NAME)]
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(f"the ledger of {host} has a line that is no record", "seawall ledger verify") from error
    inside = [one.n for one in places if one.inside]
    if not inside:
        return None
    if [one.n for one in places] != list(range(1, len(places) + 1)):
        raise Damaged(f"the records in the ledger of {host} are not numbered one by one", "seawall ledger verify")
    first, last = min(inside), max(inside)
    kept = _signed(folder, host, signers, places, last)
    if kept is None or kept.head.n < first:
        raise Unavailable(f"no signed head covers the records of {host} in the period")
    end = kept.head.n
    return Cut(
        before=Head(first - 1, places[first - 2].sha256 if first > 1 else NOTHING),
        head=kept.head,
        signature=kept.signature,
        lines=[line for n, line in enumerate(each(folder / NAME), 1) if first <= n <= end],
        period=frozenset(n for n in inside if n <= end),
        open=last == len(places),
        unsigned=sum(n > end for n in inside),
    )


def _place(line: bytes, since: datetime, until: datetime) -> _Place:
    data = said(line)
    return _Place(int(str(data["n"])), digest(line), since <= clock.parse(str(data["when"])) <= until)


def _signed(folder: Path, host: str, signers: Path, places: Sequence[_Place], last: int) -> Kept | None:
    """Return the first good signature of a head at or after a record, otherwise the latest one before it."""
    held = {one.n: one.sha256 for one in places}
    kept = [one for one in signature_log.read(folder) if one and held.get(one.head.n) == one.head.sha256]
    after = sorted((one for one in kept if one.head.n >= last), key=lambda one: one.head.n)
    before = sorted((one for one in kept if one.head.n < last), key=lambda one: -one.head.n)
    with tempfile.TemporaryDirectory(prefix="seawall-evidence-") as scratch:
        path = Path(scratch, "sig")
        for one in [*after[:_TRIES], *before[:_TRIES]]:
            path.write_text(one.signature, encoding="utf-8")
            if agrees(str(one.head), path, signers, host):
                return one
    return None
