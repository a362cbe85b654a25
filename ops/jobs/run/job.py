"""An act: one thing at a time, its outcome kept as a state and as a record, whatever becomes of it."""

from __future__ import annotations

import json
import os
import pwd
import signal
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from ops.core import clock, remnants
from ops.core.document import decode
from ops.core.errors import Damaged, Locked, SeawallError, Stopped
from ops.core.files import lock, read_json
from ops.core.names import Name
from ops.core.printable import storable
from ops.core.schema import Plain, encode
from ops.core.terminal import plain
from ops.core.verdict import Verdict
from ops.evidence.ledger import Ledger
from ops.evidence.redaction import places_in, redacted, redacted_text
from ops.interfaces.outcome import OutcomeFacts
from ops.interfaces.state import ActState
from ops.jobs.host import credentials, folders, marks, state_files
from ops.jobs.run import on_battery
from ops.jobs.run.leftovers import remove_leftovers
from ops.policy.compile import document_digest


@dataclass(frozen=True)
class Outcome:
    """How an act ended.

    good: what later looks need to know of this act, when it was good. facts: figures for the record; counts,
    digests and asset names only, nothing about patients. damaged: whether it found data that are not what they should
    be.
    """

    verdict: Verdict
    message: str
    good: OutcomeFacts | None = None
    facts: OutcomeFacts = field(default_factory=OutcomeFacts)
    damaged: bool = False

    @property
    def code(self) -> int:
        """The exit code of an act that is done or not: 0 only when it was good, and has not failed for all that."""
        return 0 if self.good and self.verdict in {Verdict.PASS, Verdict.WARN} else 1


@dataclass(frozen=True)
class Ended:
    """How a job ended, for whoever started it: in this process, or in its systemd unit.

    code: the exit code. plain: what programs are told. line: what a person is told; empty where the unit has said it.
    """

    code: int
    plain: Mapping[str, Plain]
    line: str = ""

    @classmethod
    def here(cls, outcome: Outcome, code: int) -> Ended:
        """Return the end of a job that this process did."""
        begin, *more = (line.strip() for line in outcome.message.split("\n"))
        told = "\n  ".join([f"{outcome.verdict.value}: {begin}", *more])  # nothing in it looks like a line of its own
        return cls(code, encode(outcome.facts), told)

    def text(self, *, as_json: bool) -> str:
        """Return what is printed, with its line end, or nothing."""
        if as_json:
            return f"{json.dumps(dict(self.plain), indent=2)}\n"
        return f"{plain(self.line)}\n" if self.line else ""


def perform(
    kind: str,
    name: str,
    subject: str,
    host: str,
    work: Callable[[], Outcome],
    failed: Verdict = Verdict.FAIL,
    *,
    daily: bool = False,
) -> Outcome:
    """Do the work under a lock of its own; write state and record; return the outcome.

    `kind` is backup, copy or drill, `name` the name of the state, `failed` the verdict when the work could not be
    done. `daily`: for an act of every few minutes, of which the ledger keeps the first good one of a day, and whatever
    was not good or follows that. Raise Locked, and record nothing, when the same act is running already.
    """
    own = f"{folders.state()} {name}"
    with lock(folders.scratch() / f"{name}.lock", name), _ended_politely(), remnants.marked(own):
        started = clock.now()
        remnants.end(own)
        remove_leftovers(name)
        mark = _begun(kind, name, subject, host, started)
        outcome = _tried(kind, work, failed)
        if not (daily and _known_today(name, outcome)):
            outcome = _recorded(kind, subject, host, started, outcome)
        _state(name, kind, subject, host, started, outcome)
        mark.unlink()
    return outcome


def _known_today(name: str, outcome: Outcome) -> bool:
    """Whether an act was good, as the one before it was on the same day."""
    before = state_files.read_act(name)
    if before is None or not before.verdict is outcome.verdict is Verdict.PASS:
        return False
    return before.finished[:10] == clock.iso(clock.now())[:10]


def ended(kind: str, name: str, subject: str, host: str, started: datetime, outcome: Outcome) -> Outcome:
    """Keep the outcome of an act that another one has ended, as record and state; return it."""
    outcome = _recorded(kind, subject, host, started, outcome)
    _state(name, kind, subject, host, started, outcome)
    return outcome


def _state(name: str, kind: str, subject: str, host: str, started: datetime, outcome: Outcome) -> None:
    """Write the state that an act leaves."""
    before = state_files.read_act(name)
    places = places_in(_policy())
    state_files.write(
        name,
        ActState(
            kind=Name(kind),
            asset=subject,
            host=host,
            verdict=outcome.verdict,
            started=clock.iso(started),
            finished=clock.iso(clock.now()),
            message=storable(redacted_text(outcome.message, places)),  # states go to reports and mails, too
            last_good=_discreet(outcome.good, places) or (before.last_good if before else None),
            damaged=outcome.damaged or bool(before and before.damaged and outcome.good is None),
        ),
    )


def _discreet(facts: OutcomeFacts | None, places: Collection[str]) -> OutcomeFacts | None:
    """Return facts without what they quote; None where there are none."""
    plain = redacted(encode(facts), places)
    return decode(type(facts), plain, "the last good outcome") if facts and plain else None


def _tried(kind: str, work: Callable[[], Outcome], failed: Verdict) -> Outcome:
    """Do the work; whatever stops it becomes an outcome, for it must be recorded, too."""
    try:
        with on_battery.respected(kind, _policy()):
            return work()
    except SeawallError as error:
        return Outcome(
            Verdict.FAIL if isinstance(error, Locked) else failed,
            "; ".join(line.strip() for line in str(error).splitlines()),
            damaged=isinstance(error, Damaged),
        )
    except Stopped as stop:
        return Outcome(failed, str(stop))
    except Exception as error:  # noqa: BLE001 -- a fault of ours must not leave an act without a record
        traceback.print_exc()
        return Outcome(failed, f"an error in Seawall itself ({type(error).__name__}); the journal has the details")


def _begun(kind: str, name: str, subject: str, host: str, started: datetime) -> Path:
    """Mark an act as begun; record for the one before it, if its mark is still there, that it never ended."""
    before = marks.path(name)
    if os.path.lexists(before):
        _recorded(kind, subject, host, started, _killed(marks.began(before)))
    mark = marks.set_for(name, kind, subject, host)
    _tell_of_killed(name, started)
    return mark


def _killed(began: str) -> Outcome:
    return Outcome(Verdict.UNKNOWN, marks.message(began or "an unknown time"))


def _tell_of_killed(own: str, now: datetime) -> None:
    """Record that other acts of this account were killed, and state it: their own next run may be a day away."""
    for name, told in [*marks.killed()]:
        if name == own or told.account != os.geteuid():
            continue
        with suppress(Locked), lock(folders.scratch() / f"{name}.lock", name):
            if dict(marks.killed()).get(name) != told:
                continue  # somebody else was quicker
            outcome = _recorded(told.kind, told.subject, told.host, now, _killed(told.started))
            _state(name, told.kind, told.subject, told.host, clock.parse(told.started), outcome)
            marks.path(name).unlink(missing_ok=True)


def record(kind: str, subject: str, host: str, started: datetime, outcome: Outcome) -> None:
    """Append the record of an outcome; raise SeawallError or OSError."""
    policy = _policy()
    places = places_in(policy)
    body = {
        "host": host,
        "actor": actor(),
        "act": kind,
        "subject": subject,
        "result": outcome.verdict.value,
        "message": storable(redacted_text(outcome.message, places)),
        "started": clock.iso(started),
        **({"policy": document_digest(policy)} if policy is not None else {}),
        "facts": redacted(encode(outcome.facts), places),
    }
    Ledger(folders.state() / "ledger", credentials.find("ledger.key")).append(body)


def _recorded(kind: str, subject: str, host: str, started: datetime, outcome: Outcome) -> Outcome:
    """Append the record; an act that leaves none was not good, whatever else it did: nothing later may rely on it."""
    try:
        record(kind, subject, host, started, outcome)
    except (SeawallError, OSError) as error:
        message = f"{outcome.message}; it could not be recorded: {error}"
        return replace(outcome, verdict=Verdict.FAIL, message=message, good=None)
    return outcome


def _policy() -> Any:
    """Return the policy that is acted by, as it lies here; nothing where there is none."""
    try:
        return read_json(folders.etc() / "policy.json")
    except (SeawallError, OSError):
        return None


def actor() -> str:
    """Return who acts: the systemd unit, else the person who logged in."""
    if unit := os.environ.get("SEAWALL_UNIT"):
        return f"unit:{unit}"
    person = os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    return f"person:{person}"


@contextmanager
def _ended_politely() -> Iterator[None]:
    """Turn the service manager's request to end into an exception, so that everything is cleaned up and recorded."""

    def end(number: int, _frame: object) -> NoReturn:
        raise Stopped(f"stopped from outside (signal {number})")

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
