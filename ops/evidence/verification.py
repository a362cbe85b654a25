"""Verifying a ledger: the whole chain and the last signature, each kind of tampering by its name.

It reads only what anybody can read: the lines, the head and its signature, and the list of signers. The same is
done by hand with sha256sum and ssh-keygen, see docs/ledger.md.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import nullcontext
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from ops.core import clock, plain_file
from ops.core.errors import Damaged
from ops.core.verdict import Finding, Verdict
from ops.evidence import anchor as anchors
from ops.evidence import hosts
from ops.evidence.anchor import Anchor
from ops.evidence.key_rotation import judged
from ops.evidence.ledger import AT_ONCE, HEAD, NAME, NOTHING, SIGNATURE, Head, opened
from ops.evidence.reader import Line, fail, few, read, records, signer
from ops.evidence.signature_log import every
from ops.evidence.ssh_signature import Signed, check
from ops.interfaces.record import VERSION

CLOCKS_APART = timedelta(minutes=1)  # so much a clock may be set back without being named


def verify(
    directory: Path,
    allowed_signers: Path,
    anchor: Anchor | None = None,
    *,
    host: str = "",
    each_signature: bool = False,
    verified: int = 0,
) -> list[Finding]:
    """Return what is found in a ledger, the worst first; a whole and signed one gives passes only.

    anchor: a head noted elsewhere, such as on paper: the ledger must still hold that line. host: whose ledger it is.
    each_signature: verify every signature that was kept, not only the last; but not the first so many that were
    verified before.
    """
    path = directory / NAME
    try:
        with opened(path, write=False) if path.exists() else nullcontext():
            head, lines, torn = Head.of(directory), *read(path)
            if not lines and not torn and head is None:
                return [_nothing(directory, anchor)]
            found = [
                *few(_numbers(lines)),
                *few(_chain(lines)),
                *few(_clock(lines)),
                *_ending(lines, torn, head),
                *_signature(directory, lines, head, allowed_signers),
                *(anchors.judged(lines, anchor) if anchor else ()),
                *few(judged(directory, lines, allowed_signers)),
                *few(hosts.judged(lines, host)),
                *(every(directory, lines, allowed_signers, verified) if each_signature else ()),
                *few(line.told for line in lines if line.told),
            ]
    except Damaged as error:
        return [fail(f"the ledger can't be read: {error.message}")]
    except OSError as error:
        return [Finding(Verdict.UNKNOWN, f"the ledger can't be read: {error}")]
    if not [finding for finding in found if finding.verdict is not Verdict.PASS]:
        found.append(_whole(lines))
    return sorted(found, key=lambda finding: -finding.verdict.severity)


def _numbers(lines: list[Line]) -> Iterator[Finding]:
    """Records are numbered from 1 without a gap: a dropped, doubled, moved or broken line shows here."""
    at: dict[int, int] = {}
    for line in lines:
        if line.version > VERSION:
            message = f"line {line.place} is of version {line.version}; expected {VERSION}: a later Seawall wrote it"
            yield Finding(Verdict.UNKNOWN, message)
        elif line.n is None:
            yield fail(f"line {line.place} is not a record: it was changed or damaged")
            if line.more:
                yield fail(f"{line.more} more lines after it are not records: they were changed or damaged")
        elif line.n in at:
            yield fail(f"record {line.n} appears twice, in lines {at[line.n]} and {line.place}")
        else:
            at[line.n] = line.place
    broken = {line.place for line in lines if line.n is None}
    counted = any(line.more for line in lines)  # lines whose places are not known may have been any number
    for first, last in () if counted else _gone(at, broken):
        yield fail(f"{records(first, last)} {'was' if first == last else 'were'} dropped")
    numbers = [line.n for line in lines if line.n is not None]
    for before, after in pairwise(numbers):
        if after < before:
            yield fail(f"records {after} and {before} were swapped: they are in the wrong order")


def _chain(lines: list[Line]) -> Iterator[Finding]:
    """Each record names the digest of the one before it, so that a changed line is named by the next."""
    known = {line.n: line.sha256 for line in lines if line.n is not None} | {0: NOTHING}
    for line in lines:
        if line.n is None or line.n - 1 not in known or known[line.n - 1] == line.previous:
            continue
        if line.n == 1:
            yield fail("record 1 was changed: it refers to an earlier record")
        else:
            yield fail(f"record {line.n - 1} was changed: record {line.n} refers to a different text")


def _clock(lines: list[Line]) -> Iterator[Finding]:
    newest: Line | None = None
    for line in lines:
        if line.when is None:
            continue
        if newest and newest.when and line.when < newest.when - CLOCKS_APART:
            back = f"{clock.iso(line.when)} comes after {clock.iso(newest.when)}"
            yield Finding(Verdict.WARN, f"the clock went back before record {line.n}: {back}")
        newest = line


def _ending(lines: list[Line], torn: int, head: Head | None) -> Iterator[Finding]:
    """The head says where the ledger ended when it was last signed."""
    if torn:
        message = f"the last line is truncated ({torn} bytes), as by a power cut; the next act sets it aside"
        yield Finding(Verdict.WARN, message)
    if head is None:
        yield fail(f"the head {HEAD} is missing or empty: the end may have been cut off")
        return
    last = max((line.n or line.place for line in lines), default=0)  # a broken line keeps its place
    digests = {line.n: line.sha256 for line in lines}
    if head.n > last:
        message = f"the end was cut off: {head.n} records were signed, {last} exist"
        yield fail(message)
    elif head.n in digests and digests[head.n] != head.sha256:
        yield fail(f"record {head.n} was changed: the signed head refers to a different text")
    if last - head.n > AT_ONCE:
        yield fail(f"{records(head.n + 1, last)} were added after the signed head")
    elif last > head.n:
        message = f"{records(head.n + 1, last)} not signed yet: the machine stopped before signing"
        yield Finding(Verdict.WARN, message)


def _signature(directory: Path, lines: list[Line], head: Head | None, signers: Path) -> Iterator[Finding]:
    if head is None or not lines:
        return  # nothing is signed; the ending says so
    if not os.access(signers, os.R_OK):
        yield Finding(Verdict.UNKNOWN, f"the signature was not checked: {signers} can't be read")
        return
    path = directory / SIGNATURE
    try:
        with plain_file.reading(path):
            pass  # ssh-keygen would follow a link, or wait for a pipe
    except FileNotFoundError:
        yield fail(f"the signature {SIGNATURE} is missing")
        return
    name = signer(lines)
    whose = check(str(head), path, signers, name)
    if whose is Signed.STRANGER:
        yield fail(f"re-signed by a stranger: the signature is {whose.value} ({name})")
    elif whose is Signed.BROKEN:
        yield _older(path, lines, head, signers, name)


def _older(path: Path, lines: list[Line], head: Head, signers: Path, signer: str) -> Finding:
    """A power cut between head and signature leaves the signature of the head before."""
    for line in lines[-AT_ONCE - 1 :]:
        if line.n is not None and head.n - AT_ONCE <= line.n < head.n:
            before = str(Head(line.n, line.sha256))
            if check(before, path, signers, signer) is Signed.OURS:
                message = f"signed up to record {line.n}; the machine stopped before it signed {head.n}"
                return Finding(Verdict.WARN, message)
    return fail("the signature does not match the head: one of them was changed")


def _nothing(directory: Path, anchor: Anchor | None) -> Finding:
    if anchor:
        return fail(f"the ledger in {directory} is gone: {anchor.head.n} records were seen elsewhere, none is left")
    return Finding(Verdict.UNKNOWN, f"the ledger in {directory} has no records yet")


def _whole(lines: list[Line]) -> Finding:
    first, last = lines[0], lines[-1]
    span = f"{clock.iso(first.when)} to {clock.iso(last.when)}" if first.when and last.when else ""
    message = f"{len(lines)} records of {last.host}, {span}: complete and signed"
    return Finding(Verdict.PASS, message, {"records": len(lines)})


def _gone(at: Collection[int], broken: Collection[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each run of numbers that no record has, however long it is.

    at: the numbers that are there. broken: the places of lines that are no records; each may have been that number.
    """
    last = max(at, default=0)
    for before, after in pairwise([0, *sorted({*at, *(place for place in broken if place < last)})]):
        if after - before > 1:
            yield before + 1, after - 1
