"""An incident on one screen: class, clock, who must know, what to do now, what was done; and all of them as a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ops.core.printable import printable
from ops.core.quantity import span
from ops.fleet.incidents.book import Book, Incident
from ops.fleet.incidents.people import Knower
from ops.fleet.incidents.told import Acknowledged, Proposals
from ops.reports.times import Times

MOST = 12  # lines of a timeline on the screen; the newest
Line = tuple[str, str]  # when, in UTC, and what


def clock_line(incident: Incident, times: Times) -> str:
    """Return the next limit of an incident and the time left, or how long it took."""
    if incident.closing:
        return f"closed {times.when(incident.closing.when)}"
    following = incident.next_limit(times.now)
    if following:
        moment = incident.limit_at(following)
        left = span((moment - times.now).total_seconds())
        return f"next limit {_time(incident, following.after, times)}, in {left}: {following.what}"
    if incident.facts.limits:
        last = incident.facts.limits[-1]
        ago = span((times.now - incident.limit_at(last)).total_seconds())
        return f"the last limit passed {ago} ago: {last.what}"
    return f"act at once: the policy writes no limit for {incident.facts.class_}"


def listed(book: Book, offered: Proposals, times: Times, *, closed: bool) -> str:
    """Return all open incidents, the closed ones too if they are asked for, and what failed checks propose."""
    lines = []
    for one in sorted(book.incidents.values(), key=lambda one: (one.closing is not None, -one.number)):
        if closed or not one.closing:
            told = f"{one.facts.class_}, {one.facts.kind}, {', '.join(one.facts.affected)}"
            lines += [f"incident {one.number}: {told}, since {times.when(one.facts.discovered)}"]
            lines += [f"  {_one_line(one.text)}", f"  {clock_line(one, times)}"]
    lines = lines or ["no incident is open"]
    if offered.found:
        lines += ["", "failed checks propose; a person opens:"]
    for proposal in offered.found:
        when = f"since {times.when(proposal.since)}, last seen {times.when(proposal.seen)}"
        lines += [f"  {proposal.host}: {proposal.check} fails {when}", f"    {proposal.command}"]
    if offered.unknown:
        first = next(iter(offered.unknown.values()))
        lines += ["", f"nobody knows whether checks failed on {', '.join(offered.unknown)} ({first})"]
    return "\n".join(printable(line) for line in lines)


def shown(
    incident: Incident,
    knowers: Sequence[Knower],
    steps: Sequence[str],
    acks: Sequence[Acknowledged],
    times: Times,
    *,
    everything: bool,
) -> str:
    """Return one incident; everything: the whole timeline, not only its newest lines."""
    lines = [*_head(incident, times)]
    if not incident.closing:
        lines += ["", "WHO MUST KNOW, AND BY WHEN", *(_knower(one, times) for one in knowers)]
        lines += ["", "WHAT TO DO NOW", *(f"  {number}. {step}" for number, step in enumerate(steps, 1))]
    history = sorted(_timeline(incident, acks, times), key=lambda one: one[0])
    hidden = 0 if everything else max(0, len(history) - MOST)
    lines += ["", f"TIMELINE ({times.name})"]
    lines += [f"  ({hidden} earlier lines: seawall incident show {incident.number} --all)"] if hidden else []
    lines += [f"  {times.when(when)}  {_one_line(text)}" for when, text in history[hidden:]]
    return "\n".join(printable(line) for line in [*lines, *_gone(incident), *_closed(incident)])


def _head(incident: Incident, times: Times) -> Iterator[str]:
    facts = incident.facts
    state = "closed" if incident.closing else "OPEN"
    yield f"INCIDENT {incident.number}: {facts.class_}, {facts.kind}, {state}"
    yield f"  {_one_line(incident.text)}"
    yield f"  affected: {', '.join(facts.affected)}"
    since = span(max(0.0, (times.now - incident.discovered).total_seconds()))
    lasting = "" if incident.closing else f", {since} ago"
    yield f"  discovered {times.when(facts.discovered)}{lasting}; opened {times.when(incident.opened)} by {facts.by}"
    yield f"  {clock_line(incident, times)}"
    following = incident.next_limit(times.now)
    for limit in facts.limits:
        if limit != following and not incident.closing:
            passed = "passed" if incident.limit_at(limit) <= times.now else "then"
            yield f"  {passed} {_time(incident, limit.after, times)} ({span(limit.after)}): {limit.what}"


def _knower(one: Knower, times: Times) -> str:
    return f"  {times.when(one.by)}  {one.name}{f', {one.phone}' if one.phone else ''} ({one.why})"


def _timeline(incident: Incident, acks: Sequence[Acknowledged], times: Times) -> Iterator[Line]:
    facts = incident.facts
    yield facts.discovered, "discovered"
    yield incident.opened, f"opened by {facts.by} (record {incident.number}): {incident.text}"
    for note in incident.notes:
        written = f", written {times.when(note.when)}" if note.facts.happened else ""
        yield note.facts.happened or note.when, f"{note.facts.by} (record {note.n}{written}): {note.text}"
    for ack in acks:
        where = f"record {ack.n} of {incident.facts.alarm.partition('/')[0]}"
        yield ack.when, f"{ack.by} sees to the alarm until {times.when(ack.until) or ack.until} ({where}): {ack.text}"
    if incident.closing:
        yield incident.closing.when, f"closed by {incident.closing.facts.by} (record {incident.closing.n})"


def _gone(incident: Incident) -> list[str]:
    gone = [one for note in incident.notes for one in note.facts.gone]
    lines = [f"  {_one_line(one.what)}: {one.value or 'value not known'}" for one in gone]
    return ["", "WHAT IS GONE", *lines] if lines else []


def _closed(incident: Incident) -> list[str]:
    if incident.closing is None:
        return []
    facts = incident.closing.facts
    told = (("cause", facts.cause), ("lesson", facts.lesson), ("entered from paper", facts.entered))
    return ["", *(f"  {name}: {_one_line(text)}" for name, text in told), f"  entered by: {facts.entered_by}"]


def _time(incident: Incident, after: int, times: Times) -> str:
    return next(times.when(incident.limit_at(one).isoformat()) for one in incident.facts.limits if one.after == after)


def _one_line(text: str) -> str:
    return " ".join(text.split())
