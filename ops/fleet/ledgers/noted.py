"""What the control machine knows of a ledger that a machine tells anew: where its copy ends, and heads noted since.

A machine verifies its own ledger against what `seawall status` noted, and one that was broken into calls it whole. So
whatever was noted since it was last collected is looked for in what is collected.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ops.core import clock
from ops.core.verdict import Finding, Verdict
from ops.evidence import anchor as anchors
from ops.evidence import reader
from ops.evidence.anchor import Anchor
from ops.evidence.ledger import HEAD, NAME, Head
from ops.evidence.reader import Line, fail, records
from ops.fleet.inventory import HEADS
from ops.fleet.ledgers import heads
from ops.fleet.ledgers.heads import SeenHead


def of(host: str, listed: Path) -> Sequence[SeenHead]:
    """Return the heads that were noted of a machine, in that order. listed: the list of signers beside them."""
    path = listed.with_name(HEADS)
    try:
        seen = path.stat()
    except FileNotFoundError:
        return ()
    return _read(path, (seen.st_mtime_ns, seen.st_ino, seen.st_size)).get(host, ())


@functools.lru_cache(maxsize=1)
def _read(path: Path, _state: tuple[int, ...]) -> Mapping[str, Sequence[SeenHead]]:
    """Return the heads of all machines; as long as the file is the same, it is read once for all of them."""
    return heads.read(path)


def end_of_copy(folder: Path) -> Anchor | None:
    """Return where the copy in a folder ends."""
    head = Head.of(folder) if folder.exists() else None
    return Anchor(head) if head else None


def holds(folder: Path, anchor: Anchor) -> bool:
    """Whether the ledger in a folder holds a head."""
    return any((line.n, line.sha256) == (anchor.head.n, anchor.head.sha256) for line in reader.read(folder / NAME)[0])


def dated(anchor: Anchor, folder: Path, fresh: Path, listed: Path) -> Anchor:
    """Return a head with when that was by the machine's own clock, and which successions came before.

    folder: of the copy, with the host's name; fresh: what is told now. Which of the heads that successions there name
    as lost are known here, by the copy or by `seawall status`, is added.
    """
    lines, _ = reader.read(folder / NAME)
    seen = next((line.when for line in reversed(lines) if line.when), None)
    known: dict[int, set[str]] = {number: set() for number in _lost(fresh)}
    for line in lines:
        if line.n in known:
            known[line.n].add(line.sha256)
    for head in of(folder.name, listed):
        if head.n in known:
            known[head.n].add(head.sha256)
    after = {line.sha256 for line in lines if line.succession}
    return replace(anchor, seen=seen, after=after, noted=known)


def since_collected(folder: Path, fresh: Path, listed: Path) -> Iterator[Finding]:
    """Judge the heads that were noted since the copy in a folder was made; yield nothing for those that are held."""
    since = _collected(folder)
    noted = [head for head in of(folder.name, listed) if clock.parse(head.seen) >= since]
    lines = reader.read(fresh / NAME)[0] if noted else []
    held = {(line.n, line.sha256) for line in lines}
    missing = [one for one in noted if (one.n, one.sha256) not in held]
    if missing:
        yield from _judged(missing, lines, dated(Anchor(missing[0].head), folder, fresh, listed))


def _judged(missing: Sequence[SeenHead], lines: list[Line], known: Anchor) -> Iterator[Finding]:
    """Judge heads that are not in a ledger, the last noted first.

    A succession that names one of them as lost excuses those that were noted before, too, whatever the clocks said.
    """
    new = [line for line in lines if line.sha256 not in known.after]
    naming: list[Line] = []
    for one in reversed(missing):
        if line := anchors.naming(new, one.head):
            naming.append(line)
        if excuse := next((line for line in naming if _goes_on_before(line, one)), None):
            yield anchors.lost(one.head, excuse)
        else:
            yield from anchors.judged(lines, replace(known, head=one.head, seen=clock.parse(one.seen)))


def _goes_on_before(line: Line, head: SeenHead) -> bool:
    """Whether a succession goes on from a record before a head, so that what it lost can have been that one."""
    told = line.succession
    return bool(told and told.continues and told.continues.n < head.n)


def unsigned(folder: Path, fresh: Path) -> Iterator[Finding]:
    """Judge the collected records that no signed head covered yet, where they are others now.

    A machine that stopped before it signed signs them at its next act, as they are; only a restore can lose them.
    """
    end = Head.of(folder)
    if end is None:
        return
    last = max((line.n or 0 for line in reader.read(folder / NAME)[0]), default=0)
    told = f"{records(end.n + 1, last)}, collected before {'it was' if last == end.n + 1 else 'they were'} signed"
    for line in reader.read(fresh / NAME)[0]:
        if line.succession and line.succession.restored and end.n < (line.n or 0) <= last:
            reason = line.succession.reason
            message = f"{told}, lost when the machine was restored, according to record {line.n}: {reason}"
            yield Finding(Verdict.WARN, message)
            return
    yield fail(f"{told}, changed since: the ledger was rewritten")


def _lost(folder: Path) -> Collection[int]:
    """Return the numbers of the records that successions of a copy name as lost."""
    lines, _ = reader.read(folder / NAME)
    return {line.succession.lost.n for line in lines if line.succession and line.succession.lost}


def _collected(folder: Path) -> datetime:
    """Return when a copy was made, by this machine's clock; the beginning of time when there is none."""
    try:
        return datetime.fromtimestamp(int((folder / HEAD).stat().st_mtime), UTC)
    except FileNotFoundError:
        return datetime.min.replace(tzinfo=UTC)
