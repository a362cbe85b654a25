"""The signatures of all heads that a ledger ever had, in `ledger.jsonl.signatures`, one JSON line each.

The last one alone vouches for the whole chain. The others show when a ledger was written anew by somebody who can sign:
what was signed before is then not in it any more.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from ops.core.verdict import Finding, Verdict
from ops.evidence.keys import fingerprint, listed
from ops.evidence.ledger import AT_ONCE, SIGNATURES, Head
from ops.evidence.lines import each, said
from ops.evidence.reader import Line, fail, records, signer
from ops.evidence.ssh_signature import agrees

MOST = 20  # findings of one sort
_AT_A_TIME = 200  # signatures that are held until they are checked
_LONGEST_KEY = 200  # letters of the fingerprint of a key
_LONGEST_SIGNATURE = 8_000  # letters; one by a long key of RSA has about a thousand


@dataclass(frozen=True)
class Kept:
    """A head and one signature of it; key: the fingerprint of the key that made it."""

    head: Head
    key: str
    signature: str


def read(directory: Path) -> Iterator[Kept | None]:
    """Yield the signatures that are kept, None for a line that is none; one cut short by a power cut is neither."""
    try:
        for line in each(directory / SIGNATURES):
            kept = _kept(line)
            if kept or line.endswith(b"\n"):
                yield kept
    except FileNotFoundError:
        return


def _kept(line: bytes) -> Kept | None:
    try:
        found = said(line)
        one = Kept(Head.read(f"{found['n']} {found['sha256']}"), str(found["key"]), str(found["signature"]))
    except (ValueError, KeyError):
        return None
    return one if len(one.key) <= _LONGEST_KEY and len(one.signature) <= _LONGEST_SIGNATURE else None


def every(directory: Path, lines: list[Line], signers: Path, verified: int = 0) -> Iterator[Finding]:
    """Verify each kept signature: it is good, its key is known, and its head is still the ledger's.

    verified: so many of the first were found good before; whether their heads are still the ledger's is asked again.
    """
    held = {line.n: line.sha256 for line in lines if line.n is not None}
    broken, others = 0, 0
    numbers: set[int] = set()
    with _checking(lines, signers) as checked:
        place = 0
        for one in read(directory):
            if one is None:
                broken += 1
                continue
            if held.get(one.head.n) != one.head.sha256:
                others += 1
                if others <= MOST:
                    what = "was different when it was signed" if one.head.n in held else "was signed and is gone"
                    yield fail(f"record {one.head.n} {what}")
            else:
                numbers.add(one.head.n)
            place += 1
            if place > verified:
                checked.add(one)
        yield from checked.found()
    if broken:
        yield fail(f"{broken} lines of {SIGNATURES} are not signatures: they were changed or damaged")
    if others > MOST:
        yield fail(f"{others - MOST} more records were different when they were signed, or are gone")
    if not place:
        yield Finding(Verdict.UNKNOWN, f"only the last signature is stored here: {SIGNATURES} has none")
        return
    yield from _not_stored(numbers, max(held, default=0))


def _not_stored(numbers: set[int], newest: int) -> Iterator[Finding]:
    """Say for which records no signature is kept; numbers: of those that have one."""
    ordered = sorted(numbers)
    for before, after in pairwise(ordered):
        if after - before > AT_ONCE:
            yield Finding(Verdict.WARN, f"{records(before + 1, after - 1)}: their signatures are not stored")
    if ordered and newest - ordered[-1] > AT_ONCE:
        yield Finding(Verdict.WARN, f"{records(ordered[-1] + 1, newest)}: their signatures are not stored")


@contextmanager
def _checking(lines: list[Line], signers: Path) -> Iterator[_Checked]:
    name = signer(lines)
    known = {fingerprint(key): key for key in (*listed(signers, name), *former(lines))}
    with (
        tempfile.TemporaryDirectory(prefix="seawall-signatures-") as scratch,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        yield _Checked(Path(scratch), _lists(Path(scratch), known), pool)


@dataclass
class _Checked:
    """Signatures that are checked, some hundred at a time; of what was found only numbers are kept.

    allowed: for each key, the list that holds only it. first: the first record whose signature was checked.
    """

    scratch: Path
    allowed: dict[str, Path]
    pool: ThreadPoolExecutor
    waiting: list[Kept] = field(default_factory=list)
    strange: Counter[str] = field(default_factory=Counter)
    bad: list[int] = field(default_factory=list)
    more_bad: int = 0
    count: int = 0
    first: int = 0

    def add(self, one: Kept) -> None:
        if one.key not in self.allowed:
            self.strange[one.key if one.key in self.strange or len(self.strange) < MOST else "of others"] += 1
            return
        self.first = self.first or one.head.n
        self.count += 1
        self.waiting.append(one)
        if len(self.waiting) == _AT_A_TIME:
            self._check()

    def _check(self) -> None:
        results = self.pool.map(self._good, enumerate(self.waiting))
        for one, fine in zip(self.waiting, results, strict=True):
            if not fine and len(self.bad) < MOST:
                self.bad.append(one.head.n)
            elif not fine:
                self.more_bad += 1
        self.waiting.clear()

    def _good(self, numbered: tuple[int, Kept]) -> bool:
        place, one = numbered
        path = self.scratch / f"{place}.sig"
        path.write_text(one.signature, encoding="utf-8")
        try:
            return agrees(str(one.head), path, self.allowed[one.key], NAME)
        finally:
            path.unlink()

    def found(self) -> Iterator[Finding]:
        self._check()
        for key, count in sorted(self.strange.items()):
            yield Finding(Verdict.UNKNOWN, f"{count} signatures are by the key {key}, which is not listed: not checked")
        for number in self.bad:
            yield fail(f"the stored signature of record {number} does not match it: one of them was changed")
        if self.more_bad:
            yield fail(f"{self.more_bad} more stored signatures do not match their records")
        if self.count and not self.bad:
            message = f"{self.count} stored signatures are good, the first of record {self.first}"
            yield Finding(Verdict.PASS, message)


NAME = "ledger"


def _lists(folder: Path, known: dict[str, str]) -> dict[str, Path]:
    """Write for each key a list of signers that holds only it."""
    lists = {}
    for place, (mark, key) in enumerate(known.items()):
        lists[mark] = folder / f"signers-{place}"
        lists[mark].write_text(f"{NAME} {key}\n", encoding="utf-8")
    return lists


def former(lines: list[Line]) -> list[str]:
    """Return the public keys that successions name as the ones before; the chain vouches for what they say."""
    return [line.succession.old_public for line in lines if line.succession and line.succession.old_public]


def made_by(directory: Path, heads: Mapping[int, str], key: str) -> bool:
    """Whether a good signature of one of these heads, a number and its digest, by this public key is kept."""
    mark = fingerprint(key)
    with tempfile.TemporaryDirectory(prefix="seawall-signatures-") as scratch:
        allowed, path = _lists(Path(scratch), {mark: key})[mark], Path(scratch, "sig")
        for one in read(directory):
            if one is None or one.key != mark or heads.get(one.head.n) != one.head.sha256:
                continue
            path.write_text(one.signature, encoding="utf-8")
            if agrees(str(one.head), path, allowed, NAME):
                return True
    return False
