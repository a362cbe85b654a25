"""An incident on one screen: class, clock, who must know, what to do now, what was done; and all of them as a list.

Our own words pass through the catalogue; names, codes, commands and what people wrote stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ops.core.printable import printable
from ops.core.quantity import span
from ops.fleet.incidents.book import Book, Incident
from ops.fleet.incidents.people import Knower
from ops.fleet.incidents.told import Acknowledged, Proposals
from ops.reports.catalogue import tr
from ops.reports.times import Times

MOST = 12  # lines of a timeline on the screen; the newest
Line = tuple[str, str]  # when, in UTC, and what


def clock_line(incident: Incident, times: Times) -> str:
    """Return the next limit of an incident and the time left, or how long it took."""
    if incident.closing:
        return tr("closed {time}", time=times.when(incident.closing.when))
    following = incident.next_limit(times.now)
    if following:
        left = span((incident.limit_at(following) - times.now).total_seconds())
        moment = _time(incident, following.after, times)
        return tr("next limit {time}, in {span}: {what}", time=moment, span=left, what=following.what)
    if incident.facts.limits:
        last = incident.facts.limits[-1]
        ago = span((times.now - incident.limit_at(last)).total_seconds())
        return tr("the last limit passed {span} ago: {what}", span=ago, what=last.what)
    return tr("act at once: the policy writes no limit for {fault_class}", fault_class=incident.facts.class_)


def listed(book: Book, offered: Proposals, times: Times, *, closed: bool) -> str:
    """Return all open incidents, the closed ones too if they are asked for, and what failed checks propose."""
    lines = []
    for one in sorted(book.incidents.values(), key=lambda one: (one.closing is not None, -one.number)):
        if closed or not one.closing:
            words = f"{one.facts.class_}, {one.facts.kind}, {', '.join(one.facts.affected)}"
            since = times.when(one.facts.discovered)
            lines.append(tr("incident {number}: {words}, since {time}", number=one.number, words=words, time=since))
            lines += [f"  {_one_line(one.text)}", f"  {clock_line(one, times)}"]
    lines = lines or [tr("no incident is open")]
    if offered.found:
        lines += ["", tr("failed checks propose; a person opens:")]
    for proposal in offered.found:
        since, seen = times.when(proposal.since), times.when(proposal.seen)
        told = tr("{check} fails since {since}, last seen {seen}", check=proposal.check, since=since, seen=seen)
        lines += [f"  {proposal.host}: {told}", f"    {proposal.command}"]
    if offered.unknown:
        hosts, why = ", ".join(offered.unknown), next(iter(offered.unknown.values()))
        lines += ["", tr("nobody knows whether checks failed on {hosts} ({why})", hosts=hosts, why=why)]
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
        lines += ["", tr("WHO MUST KNOW, AND BY WHEN"), *(_knower(one, times) for one in knowers)]
        lines += ["", tr("WHAT TO DO NOW"), *(f"  {number}. {step}" for number, step in enumerate(steps, 1))]
    history = sorted(_timeline(incident, acks, times), key=lambda one: one[0])
    hidden = 0 if everything else max(0, len(history) - MOST)
    lines += ["", tr("TIMELINE ({zone})", zone=times.name)]
    if hidden:
        command = f"seawall incident show {incident.number} --all"
        lines.append(f"  {tr('(earlier lines: {count}, {command})', count=hidden, command=command)}")
    lines += [f"  {times.when(when)}  {_one_line(text)}" for when, text in history[hidden:]]
    return "\n".join(printable(line) for line in [*lines, *_gone(incident), *_closed(incident)])


def _head(incident: Incident, times: Times) -> Iterator[str]:
    facts = incident.facts
    named = {"number": incident.number, "fault_class": facts.class_, "kind": facts.kind}
    if incident.closing:
        yield tr("INCIDENT {number}: {fault_class}, {kind}, closed", **named)
    else:
        yield tr("INCIDENT {number}: {fault_class}, {kind}, OPEN", **named)
    yield f"  {_one_line(incident.text)}"
    yield f"  {tr('affected: {names}', names=', '.join(facts.affected))}"
    yield f"  {_discovered(incident, times)}"
    yield f"  {clock_line(incident, times)}"
    following = incident.next_limit(times.now)
    for limit in facts.limits:
        if limit != following and not incident.closing:
            told = {"time": _time(incident, limit.after, times), "span": span(limit.after), "what": limit.what}
            if incident.limit_at(limit) <= times.now:
                yield f"  {tr('passed {time} ({span}): {what}', **told)}"
            else:
                yield f"  {tr('then {time} ({span}): {what}', **told)}"


def _discovered(incident: Incident, times: Times) -> str:
    facts = incident.facts
    told = {"found": times.when(facts.discovered), "opened": times.when(incident.opened), "by": facts.by}
    if incident.closing:
        return tr("discovered {found}; opened {opened} by {by}", **told)
    since = span(max(0.0, (times.now - incident.discovered).total_seconds()))
    return tr("discovered {found}, {span} ago; opened {opened} by {by}", span=since, **told)


def _knower(one: Knower, times: Times) -> str:
    return f"  {times.when(one.by)}  {one.name}{f', {one.phone}' if one.phone else ''} ({one.why})"


def _timeline(incident: Incident, acks: Sequence[Acknowledged], times: Times) -> Iterator[Line]:
    facts = incident.facts
    yield facts.discovered, tr("discovered")
    opening = {"by": facts.by, "number": incident.number, "text": incident.text}
    yield incident.opened, tr("opened by {by} (record {number}): {text}", **opening)
    for note in incident.notes:
        told = {"by": note.facts.by, "number": note.n, "text": note.text}
        if note.facts.happened:
            when = times.when(note.when)
            yield note.facts.happened, tr("{by} (record {number}, written {time}): {text}", time=when, **told)
        else:
            yield note.when, tr("{by} (record {number}): {text}", **told)
    for ack in acks:
        until, host = times.when(ack.until) or ack.until, incident.facts.alarm.partition("/")[0]
        said = {"by": ack.by, "until": until, "number": ack.n, "host": host, "text": ack.text}
        yield ack.when, tr("{by} sees to the alarm until {until} (record {number} of {host}): {text}", **said)
    if incident.closing:
        closed = {"by": incident.closing.facts.by, "number": incident.closing.n}
        yield incident.closing.when, tr("closed by {by} (record {number})", **closed)


def _gone(incident: Incident) -> list[str]:
    gone = [one for note in incident.notes for one in note.facts.gone]
    lines = [f"  {_one_line(one.what)}: {one.value or tr('value not known')}" for one in gone]
    return ["", tr("WHAT IS GONE"), *lines] if lines else []


def _closed(incident: Incident) -> list[str]:
    if incident.closing is None:
        return []
    facts = incident.closing.facts
    return [
        "",
        f"  {tr('cause: {text}', text=_one_line(facts.cause))}",
        f"  {tr('lesson: {text}', text=_one_line(facts.lesson))}",
        f"  {tr('entered from paper: {text}', text=_one_line(facts.entered))}",
        f"  {tr('entered by: {name}', name=facts.entered_by)}",
    ]


def _time(incident: Incident, after: int, times: Times) -> str:
    return next(times.when(incident.limit_at(one).isoformat()) for one in incident.facts.limits if one.after == after)


def _one_line(text: str) -> str:
    return " ".join(text.split())
