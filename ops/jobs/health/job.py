"""Look, record and show this machine's health.

`run` makes every check that the policy asks for and writes down what it saw; it ends with 0 when it could look and
write, so that a full disk does not also make a failed unit. The timer's rounds leave lines in the ledger, too: the
first of each day, and each with another verdict. `show` judges what was written down.
"""

from __future__ import annotations

import argparse
import json
import queue
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ops.core import clock, kinds
from ops.core.errors import SeawallError, Unavailable
from ops.core.verdict import Finding, Verdict, worst
from ops.interfaces.check import Check, CheckContext
from ops.jobs import settings
from ops.jobs.health import daily_record
from ops.policy import HostPolicy
from ops.policy.model import CheckSpec

DEADLINE = 30.0  # seconds; a check that hangs, on a dead network file system say, must not hold the others
STALE = timedelta(minutes=15)  # three times the timer's period

Entry = dict[str, Any]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    acts.add_parser("run", help="look and record")
    acts.add_parser("show", help="judge what was recorded last")
    parser.epilog = "example: seawall health show --json"


def execute(options: argparse.Namespace) -> int:
    """Look and record, or show what was recorded."""
    return _run(options.json) if options.act == "run" else _show(options.json)


def _run(as_json: bool) -> int:
    policy, states, now = settings.policy(), settings.states(), clock.now()
    with daily_record.counting() as counts:
        state = record(policy, look(policy, states, now), now)
        state |= _counted(policy, state, states.get("health", {}), now, counts=counts)
        settings.write_state("health", state)
    print(json.dumps(state, ensure_ascii=False) if as_json else table(state["checks"]))
    return 0


def _counted(
    policy: HostPolicy, state: Entry, before: Mapping[str, Any], now: datetime, *, counts: bool
) -> dict[str, Any]:
    """Return what of the state is about its record; a round that was to leave one and could not says so."""
    last = {daily_record.NAME: before[daily_record.NAME]} if daily_record.NAME in before else {}
    if not counts:
        return last
    try:
        return {daily_record.NAME: daily_record.counted(policy, state, before, now)}
    except (SeawallError, OSError) as error:
        lacking = entry_of("health", "health", Finding(Verdict.FAIL, f"this round left no record: {error}"))
        return {**last, "checks": [*state["checks"], lacking], "verdict": Verdict.FAIL.value}


def _show(as_json: bool) -> int:
    state = recorded(settings.states(), clock.now())
    print(json.dumps(state, ensure_ascii=False) if as_json else table(state["checks"]))
    return Verdict(state["verdict"]).exit_code


def record(policy: HostPolicy, entries: list[Entry], now: datetime) -> dict[str, Any]:
    """Return what is written down of one look at this machine."""
    return {
        "kind": "health",
        "host": policy.host,
        "finished": clock.iso(now),
        "verdict": worst(Verdict(entry["verdict"]) for entry in entries).value,
        "checks": entries,
    }


def recorded(states: Mapping[str, Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    """Return the newest recorded look; raise Unavailable when there is none, or it cannot be read.

    One that is too old has a further check that says so: nobody looks at this machine any more.
    """
    state = states.get("health")
    if state is None:
        raise Unavailable("nobody has looked at this machine yet", "seawall health run")
    try:
        age = now - clock.parse(str(state["finished"]))
        checks = [dict(entry) for entry in state["checks"]]
        verdicts = [Verdict(entry["verdict"]) for entry in checks]
    except (KeyError, TypeError, ValueError) as error:
        message = state.get("message") or error
        raise Unavailable(f"the last look cannot be read: {message}", "seawall health run") from error
    if not timedelta(0) <= age + timedelta(minutes=5) <= STALE + timedelta(minutes=5):
        message = f"the last look was at {state['finished']}; look at seawall-health.timer"
        checks.append(entry_of("health", "health", Finding(Verdict.UNKNOWN, message)))
        verdicts.append(Verdict.UNKNOWN)
    return {**state, "checks": checks, "verdict": worst(verdicts).value}


def look(
    policy: HostPolicy,
    states: Mapping[str, Mapping[str, Any]],
    now: datetime,
    names: Iterable[str] | None = None,
) -> list[Entry]:
    """Make the named checks, or all, at the same time; return what each one saw, in the policy's order.

    A check that raises, or does not end in time, is unknown, and the others go on.
    """
    chosen = {name: policy.checks[name] for name in (policy.checks if names is None else names)}
    before = {entry.get("name"): entry.get("since") for entry in _entries(states.get("health"))}
    answers: queue.Queue[tuple[str, Entry]] = queue.Queue()

    def make(name: str, spec: CheckSpec) -> None:
        since = _moment(before.get(name)) or now
        entry = _entry(name, spec, CheckContext(now, states, since))
        answers.put((name, entry | {"since": clock.iso(since)}))

    for name, spec in chosen.items():
        threading.Thread(target=make, args=(name, spec), daemon=True).start()
    found = _gather(answers, len(chosen))
    late = Finding(Verdict.UNKNOWN, f"did not end within {DEADLINE:.0f} s")
    return [found.get(name) or entry_of(name, spec.kind, late) for name, spec in chosen.items()]


def _gather(answers: queue.Queue[tuple[str, Entry]], count: int) -> dict[str, Entry]:
    """Collect that many answers, or those that came before the deadline."""
    found: dict[str, Entry] = {}
    deadline = time.monotonic() + DEADLINE
    while len(found) < count:
        try:
            name, entry = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        found[name] = entry
    return found


def _entry(name: str, spec: CheckSpec, context: CheckContext) -> Entry:
    """Make one check; whatever goes wrong in it is its own unknown."""
    about = {word: getattr(spec.options, word) for word in ("asset", "copy") if hasattr(spec.options, word)}
    try:
        kind: Check[Any] = kinds.load("ops.health", spec.kind)
        findings = list(kind.probe(spec.options, context))
    except SeawallError as error:
        findings = [Finding(Verdict.UNKNOWN, error.message)]
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        findings = [Finding(Verdict.UNKNOWN, f"{where}{error.strerror or error}")]
    except Exception as error:  # noqa: BLE001 -- a fault in one check must not blind the others
        findings = [Finding(Verdict.UNKNOWN, f"a fault in this check: {type(error).__name__}: {error}")]
    return entry_of(name, spec.kind, join(findings)) | about


def join(findings: list[Finding]) -> Finding:
    """Make one finding of several: the worst verdict, and the words of those that are not good."""
    verdict = worst(finding.verdict for finding in findings)
    loud = [finding for finding in findings if finding.verdict is not Verdict.PASS]
    loud.sort(key=lambda finding: -finding.verdict.severity)
    words = "; ".join(finding.message for finding in loud or findings) or "it saw nothing"
    figures: dict[str, float] = {}
    for finding in findings:
        figures |= finding.figures
    return Finding(verdict, words, figures)


def entry_of(name: str, kind: str, finding: Finding) -> Entry:
    """Return a finding as the plain data that are recorded and sent."""
    figures = dict(finding.figures)
    return {
        "name": name,
        "kind": kind,
        "verdict": finding.verdict.value,
        "message": finding.message,
        "figures": figures,
    }


def table(entries: list[Entry]) -> str:
    """Return the checks as a table for a person, the worst on top."""
    if not entries:
        return "unknown  nothing is looked at: the policy names no checks"
    ordered = sorted(entries, key=lambda entry: -Verdict(entry["verdict"]).severity)
    width = max(len(entry["name"]) for entry in entries)
    colours = sys.stdout.isatty()
    lines = [
        f"{_coloured(entry['verdict'], colours)}  {entry['name']:<{width}}  {entry['message']}" for entry in ordered
    ]
    return "\n".join(lines)


def _coloured(verdict: str, colours: bool) -> str:
    from ops.reports.status_text import word

    return word(verdict, colours)


def _entries(state: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    checks = state.get("checks") if state else None
    return [entry for entry in checks if isinstance(entry, Mapping)] if isinstance(checks, list) else []


def _moment(text: Any) -> datetime | None:
    try:
        return clock.parse(str(text)) if text else None
    except ValueError:
        return None
