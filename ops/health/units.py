"""systemd units: the expected ones are running, and none has failed."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass

from ops.core.errors import CommandError, Unavailable
from ops.core.names import UnitName
from ops.core.run import run
from ops.core.verdict import Finding, Verdict
from ops.interfaces.check import Check, CheckContext

TIMEOUT = 10.0
NAMED = 5  # units named in one message; the number of all stands before them


@dataclass(frozen=True)
class Options:
    """Which units to check.

    expected: units that must be active, such as postgresql@15-main.service or seawall-health.timer.
    ignore: patterns of units that may fail; the defaults belong to sessions of people.
    """

    expected: tuple[UnitName, ...] = ()
    ignore: tuple[str, ...] = ("run-*", "user@*", "session-*")


def probe(options: Options, _: CheckContext) -> Iterator[Finding]:
    """Ask systemd for the expected units and for all that failed."""
    if options.expected:
        words = ("--property=Id,Names,LoadState,ActiveState", "--", *options.expected)
        yield from judge_expected(options.expected, _systemctl("show", *words))
    listed = _systemctl("list-units", "--state=failed", "--all", "--full", "--plain", "--no-legend")
    yield judge_failed(options, listed)


def judge_expected(expected: tuple[str, ...], shown: str) -> Iterator[Finding]:
    """Given what `systemctl show` says of the expected units, one paragraph each, judge them."""
    blocks = [
        dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in shown.strip().split("\n\n")
    ]
    known = {name: block for block in blocks for name in block.get("Names", "").split()}
    findings = [_judge_unit(unit, known.get(unit, {})) for unit in expected]
    bad = [finding for finding in findings if finding.verdict is not Verdict.PASS]
    running = f"{len(findings) - len(bad)} of {len(expected)} expected units active"
    yield from bad or [findings[0] if len(expected) == 1 else Finding(Verdict.PASS, running)]


def _judge_unit(unit: str, facts: dict[str, str]) -> Finding:
    state = facts.get("ActiveState", "")
    if facts.get("LoadState") in {"not-found", "masked"}:
        return Finding(Verdict.FAIL, f"{unit} is {facts['LoadState'].replace('-', ' ')}")
    if state in {"active", "reloading"}:
        return Finding(Verdict.PASS, f"{unit} active")
    if state == "activating":
        return Finding(Verdict.WARN, f"{unit} is still starting")
    if not state:
        return Finding(Verdict.UNKNOWN, f"systemd reports nothing about {unit}")
    return Finding(Verdict.FAIL, f"{unit} is {state}")


def judge_failed(options: Options, listed: str) -> Finding:
    """Given `systemctl list-units --state=failed`, name the failed units that no pattern excuses."""
    names = [line.split()[0] for line in listed.replace("●", " ").splitlines() if line.strip()]
    failed = sorted(name for name in names if not any(fnmatch.fnmatchcase(name, pattern) for pattern in options.ignore))
    if not failed:
        return Finding(Verdict.PASS, "no failed units", {"failed_units": 0})
    more = f" and {len(failed) - NAMED} more" if len(failed) > NAMED else ""
    message = f"{len(failed)} failed: {', '.join(failed[:NAMED])}{more}"
    return Finding(Verdict.WARN, message, {"failed_units": float(len(failed))})


def _systemctl(*words: str) -> str:
    try:
        return run(["systemctl", "--no-pager", *words], timeout=TIMEOUT).stdout
    except CommandError as error:
        last = error.stderr.strip().splitlines()[-1:] or ["no message"]
        raise Unavailable(f"systemd does not answer: {last[0]}") from error


KIND = Check(Options, probe, synonyms=("systemd", "service", "services", "process"))
