"""Successions: why a ledger goes on with another key, or from an older state, and how that is told from tampering.

A record names the key before, the key now, the head it goes on from, the reason and the person. A planned change of
the key is signed by the key before, too. After a restore, that key may be lost, and so may newer records: then the new
key is vouched for by the list of signers, which is kept elsewhere, and the record names what is known to be lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ops.core.verdict import Finding, Verdict
from ops.evidence.keys import fingerprint, listed
from ops.evidence.ledger import Head
from ops.evidence.reader import Line, fail, signer
from ops.evidence.signature_log import former, made_by
from ops.interfaces.record import NotedHead, Succession

MOST_LOST = 1_000_000  # records; a machine writes some hundred a day


def facts(old: str, new: str, end: Head, *, reason: str, restored: bool, lost: Head | None) -> Succession:
    """Return what a succession records: public keys before and now, the first of which may be unknown."""
    return Succession(
        old=fingerprint(old),
        old_public=old,
        new=fingerprint(new),
        new_public=new,
        continues=NotedHead(n=end.n, sha256=end.sha256),
        reason=reason,
        restored=restored,
        lost=NotedHead(n=lost.n, sha256=lost.sha256) if lost else None,
    )


def judged(directory: Path, lines: list[Line], signers: Path) -> Iterator[Finding]:
    """Judge every succession, and every change of the key that none explains."""
    said = [(line, line.succession) for line in lines if line.n is not None and line.succession is not None]
    named = listed(signers, signer(lines))
    known = {fingerprint(key) for key in (*named, *former(lines))} if named else set()
    for line, told in said:
        yield _one(directory, line, told, known, lines)
    yield from _changes(lines, said)


def _one(directory: Path, line: Line, told: Succession, known: set[str], lines: list[Line]) -> Finding:
    head = f"the succession in record {line.n}"
    if told.continues != NotedHead(n=(line.n or 0) - 1, sha256=line.previous):
        return fail(f"{head} claims to continue from a record other than the one before it")
    if told.new != line.key or fingerprint(told.new_public) != line.key:
        return fail(f"{head} names a key other than the one it was signed with")
    if known and line.key not in known:
        return fail(f"{head} is to the key {line.key}, which is not listed for this machine")
    if told.lost and told.lost.n - (line.n or 0) > MOST_LOST:
        return fail(f"{head} claims that records up to {told.lost.n} are lost, more than a machine can have written")
    if told.restored:
        what = f"records up to {told.lost.n} are lost" if told.lost else "no record is known to be lost"
        verdict = Verdict.WARN if told.lost else Verdict.PASS
        return Finding(verdict, f"{head}: restored, {what}; reason: {told.reason}")
    heads = {one.n: one.sha256 for one in lines if one.n is not None and one.n >= (line.n or 0)}
    if fingerprint(told.old_public) != told.old or not made_by(directory, heads, told.old_public):
        return fail(f"{head} is not signed by the previous key, and does not state that the machine was restored")
    return Finding(Verdict.PASS, f"{head}: a new key, signed by the previous one; reason: {told.reason}")


def _changes(lines: list[Line], said: list[tuple[Line, Succession]]) -> Iterator[Finding]:
    """Each record names the key it was written with; where that changes, a succession must say so."""
    key = ""
    for line in lines:
        if key and line.n is not None and not line.key:
            yield fail(f"record {line.n} names no key, although earlier ones do")
        if line.key and key and line.key != key:
            fits = [one for one, told in said if (told.old, told.new) == (key, line.key)]
            later = [one.n for one in fits if (one.n or 0) >= (line.n or 0)]
            if not later:
                yield fail(f"record {line.n} was signed with another key, and no succession explains why")
            elif later[0] != line.n:
                message = f"record {line.n} was signed with another key; the succession came later, in {later[0]}"
                yield Finding(Verdict.WARN, message)
        key = line.key or key
