"""Whether sets left the repositories that this machine keeps as they should, as of the last run for each client.

A run that found something else than it had asked for has thrown that away; who did it is to be found out all the same.
A run that no longer comes is seen, too: then nothing leaves, and the disk fills.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from ops.core.calendar import Calendar
from ops.core.quantity import counted
from ops.core.verdict import Finding, Verdict, worst
from ops.health._age import act_state, day, moment, span, trouble
from ops.interfaces import joined
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.state import LEAVING, ActState

LATE, LOST = timedelta(days=1), timedelta(days=8)  # after a run was due


@dataclass(frozen=True)
class Options:
    """Whose repositories sets leave, and when; the policy of the repository says so.

    clients: names of the machines; by default, all of which a run is known.
    calendar: when runs are due; by default, their age is not judged.
    timezone: time zone of the calendar.
    """

    clients: tuple[str, ...] = ()
    calendar: Calendar | None = None
    timezone: str = "UTC"


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Judge the states that the last runs left, and how long ago they were."""
    known = (name.removeprefix(f"{LEAVING}-") for name in context.states if name.startswith(f"{LEAVING}-"))
    clients = options.clients or tuple(sorted(known))
    if not clients:
        yield Finding(Verdict.UNKNOWN, "no run yet; start one: seawall retention run HOST")
        return
    findings = [finding for client in clients if (finding := _judged(client, options, context))]
    yield from findings
    if not findings:
        yield Finding(Verdict.PASS, f"sets leave {counted(len(clients), 'repository', 'repositories')} as planned")


def _judged(client: str, options: Options, context: CheckContext) -> Finding | None:
    """Return what is to be said of the runs for one client; None where all is well."""
    state = act_state(context, joined.leaving(client), client)
    late, said = _age(client, state, options, context)
    problem = trouble(state) if state else None
    if state is None or problem is None:
        return Finding(late, f"{client}: {said}") if said else None
    message = "; ".join([state.message or "no message", *([said] if said else [])])
    return Finding(worst([late, state.verdict]), f"{client}: {message}")


def _age(client: str, state: ActState | None, options: Options, context: CheckContext) -> tuple[Verdict, str]:
    """Judge when the newest run was, however it ended; the words are empty where it was in time."""
    if state is None:
        start, said = context.since or context.now, "no run yet"
    elif options.calendar is None or not state.started:
        return Verdict.PASS, ""
    else:
        start = moment(state.started, "started", context.now)
        said = f"the last run was {span(context.now - start)} ago"
    if options.calendar is None:
        return Verdict.UNKNOWN, f"{said}; start one: seawall retention run {client}"
    due = options.calendar.zoned(options.timezone).after(start)[0]
    late = context.now - due
    if late > LATE:
        words = f"{said}; one was due {day(due)}, check seawall-leaving-{client}.timer"
        return Verdict.FAIL if late > LOST else Verdict.WARN, words
    return Verdict.PASS, ""


KIND = Check(
    Options,
    probe,
    derived=True,
    synonyms=("prune", "forget", "expire"),
    why="Sets that leave a repository are gone for good after two weeks. A run that did something else than was asked "
    "for is a fault, or an attack.",
    remedy="`seawall retention list` shows what left, and `seawall retention undo` brings it back. Find out who did "
    "it before the next run.",
)
