"""The signatures of all heads that a ledger ever had, in `ledger.jsonl.signatures`, one JSON line each.

The last one alone vouches for the whole chain. The others show when a ledger was written anew by somebody who can sign:
what was signed before is then not in it any more.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ops.core.verdict import Finding, Verdict
from ops.evidence.keys import fingerprint, listed
from ops.evidence.ledger import AT_ONCE, SIGNATURES, Head
from ops.evidence.lines import each, said
from ops.evidence.reader import Line, fail, records, signer
from ops.evidence.ssh_signature import agrees

MOST = 20  # findings of one sort


@dataclass(frozen=True)
class Kept:
    """A head and one signature of it; key: the fingerprint of the key that made it."""

    head: Head
    key: str
    signature: str


def read(directory: Path) -> tuple[list[Kept], int]:
    """Return the signatures that are kept, and how many lines are none; a line cut short by a power cut is neither."""
    try:
        lines = each(directory / SIGNATURES)
        kept, broken = [], 0
        for line in lines:
            try:
                found = said(line)
                head = Head.read(f"{found['n']} {found['sha256']}")
                kept.append(Kept(head, str(found["key"]), str(found["signature"])))
            except (ValueError, KeyError):
                broken += line.endswith(b"\n")
    except FileNotFoundError:
        return [], 0
    return kept, broken


def every(directory: Path, lines: list[Line], signers: Path, verified: int = 0) -> Iterator[Finding]:
    """Verify each kept signature: it is good, its key is known, and its head is still the ledger's.

    verified: so many of the first were found good before; whether their heads are still the ledger's is asked again.
    """
    kept, broken = read(directory)
    if broken:
        yield fail(f"{broken} lines of {SIGNATURES} are not signatures: they were changed or damaged")
    if not kept:
        yield Finding(Verdict.UNKNOWN, f"only the last signature is stored here: {SIGNATURES} has none")
        return
    held = {line.n: line.sha256 for line in lines}
    for one in [one for one in kept if held.get(one.head.n) != one.head.sha256][:MOST]:
        what = "was different when it was signed" if one.head.n in held else "was signed and is gone"
        yield fail(f"record {one.head.n} {what}")
    yield from _judged(kept[verified:], lines, signers)
    numbers = sorted({one.head.n for one in kept})
    for before, after in pairwise(numbers):
        if after - before > AT_ONCE:
            yield Finding(Verdict.WARN, f"{records(before + 1, after - 1)}: their signatures are not stored")
    newest = max((line.n or 0 for line in lines), default=0)
    if newest - numbers[-1] > AT_ONCE:
        yield Finding(Verdict.WARN, f"{records(numbers[-1] + 1, newest)}: their signatures are not stored")


def _judged(kept: Sequence[Kept], lines: list[Line], signers: Path) -> Iterator[Finding]:
    name = signer(lines)
    known = {fingerprint(key): key for key in (*listed(signers, name), *former(lines))}
    bad: list[int] = []
    strange = sorted({one.key for one in kept if one.key not in known})
    for key in strange:
        count = sum(one.key == key for one in kept)
        yield Finding(Verdict.UNKNOWN, f"{count} signatures are by the key {key}, which is not listed: not checked")
    with tempfile.TemporaryDirectory(prefix="seawall-signatures-") as scratch:
        allowed = _lists(Path(scratch), known)

        def good(numbered: tuple[int, Kept]) -> bool:
            place, one = numbered
            path = Path(scratch, f"{place}.sig")
            path.write_text(one.signature, encoding="utf-8")
            try:
                return agrees(str(one.head), path, allowed[one.key], NAME)
            finally:
                path.unlink()

        checked = [one for one in kept if one.key in known]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(good, enumerate(checked)))
    bad = [one.head.n for one, fine in zip(checked, results, strict=True) if not fine]
    for number in bad[:MOST]:
        yield fail(f"the stored signature of record {number} does not match it: one of them was changed")
    if len(bad) > MOST:
        yield fail(f"{len(bad) - MOST} more stored signatures do not match their records")
    if checked and not bad:
        yield Finding(
            Verdict.PASS, f"{len(checked)} stored signatures are good, the first of record {checked[0].head.n}"
        )


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


def made_by(directory: Path, heads: Collection[Head], key: str) -> bool:
    """Whether a good signature of one of these heads by this public key is kept."""
    mark = fingerprint(key)
    found = [one for one in read(directory)[0] if one.key == mark and one.head in heads]
    with tempfile.TemporaryDirectory(prefix="seawall-signatures-") as scratch:
        allowed, path = _lists(Path(scratch), {mark: key})[mark], Path(scratch, "sig")
        for one in found:
            path.write_text(one.signature, encoding="utf-8")
            if agrees(str(one.head), path, allowed, NAME):
                return True
    return False
