"""A round of checks: every check at the same time, each with its own unknown, written down and counted."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ops.core import clock, kinds
from ops.core.errors import SeawallError, Unavailable
from ops.core.verdict import Finding, Verdict, worst
from ops.interfaces.check import Check, CheckContext
from ops.jobs.health import daily_record
from ops.jobs.host import own_policy, state_files
from ops.policy import HostPolicy
from ops.policy.model import CheckSpec

DEADLINE = 30.0  # seconds; a check that hangs, on a dead network file system say, must not hold the others
STALE = timedelta(minutes=15)  # three times the timer's period

Entry = dict[str, Any]


def look_and_record() -> Entry:
    """Make every check of the policy, write down what was seen, and return it."""
    policy, states, now = own_policy.read(), state_files.read_all(), clock.now()
    with daily_record.counting() as counts:
        state = record(policy, look(policy, states, now), now)
        state |= _counted(policy, state, states.get("health", {}), now, counts=counts)
        state_files.write("health", state)
    return state


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
        lacking = entry_of("health", "health", Finding(Verdict.FAIL, f"this round could not be recorded: {error}"))
        return {**last, "checks": [*state["checks"], lacking], "verdict": Verdict.FAIL.value}


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
        raise Unavailable("no health check has run on this machine yet", "seawall health run")
    try:
        age = now - clock.parse(str(state["finished"]))
        checks = [dict(entry) for entry in state["checks"]]
        verdicts = [Verdict(entry["verdict"]) for entry in checks]
    except (KeyError, TypeError, ValueError) as error:
        message = state.get("message") or error
        raise Unavailable(f"the results of the last round can't be read: {message}", "seawall health run") from error
    if not timedelta(0) <= age + timedelta(minutes=5) <= STALE + timedelta(minutes=5):
        message = f"the last round of checks was at {state['finished']}; check seawall-health.timer"
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
    late = Finding(Verdict.UNKNOWN, f"did not finish within {DEADLINE:.0f} s")
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
        findings = [Finding(Verdict.UNKNOWN, f"this check failed with an error: {type(error).__name__}: {error}")]
    return entry_of(name, spec.kind, join(findings)) | about


def join(findings: list[Finding]) -> Finding:
    """Make one finding of several: the worst verdict, and the words of those that are not good."""
    verdict = worst(finding.verdict for finding in findings)
    loud = [finding for finding in findings if finding.verdict is not Verdict.PASS]
    loud.sort(key=lambda finding: -finding.verdict.severity)
    words = "; ".join(finding.message for finding in loud or findings) or "the check returned no result"
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


def _entries(state: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    checks = state.get("checks") if state else None
    return [entry for entry in checks if isinstance(entry, Mapping)] if isinstance(checks, list) else []


def _moment(text: Any) -> datetime | None:
    try:
        return clock.parse(str(text)) if text else None
    except ValueError:
        return None
