"""Whose records a ledger holds: each names its host, and a ledger holds those of one machine alone.

A machine that goes on under another name says so by a succession, which stays a warning for good.
"""

from __future__ import annotations

from collections.abc import Iterator

from ops.core.verdict import Finding, Verdict
from ops.evidence.reader import Line, fail, signer


def judged(lines: list[Line], host: str = "") -> Iterator[Finding]:
    """Say where the host changes, and whether the newest record is of the one whose ledger it is, if that is known."""
    before = ""
    for line in lines:
        if line.n is None:
            continue
        if before and not line.host:
            yield fail(f"record {line.n} names no host, although earlier ones do")
        elif before and line.host != before:
            yield _changed(line, before)
        before = line.host or before
    newest = signer(lines)
    if host and newest and newest != host:
        yield fail(f"the newest record is of {newest}, and this is the ledger of {host}")


def _changed(line: Line, before: str) -> Finding:
    what = f"record {line.n} is of {line.host}, those before are of {before}"
    if line.succession is not None:
        return Finding(Verdict.WARN, f"{what}; reason: {line.succession.reason}")
    return fail(f"{what}, and no succession explains why")
