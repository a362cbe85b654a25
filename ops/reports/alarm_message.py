"""What people are told of an incident: what is wrong, what is due next, whom to ask, and what to do meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ops.core.printable import printable
from ops.core.quantity import span
from ops.reports.catalogue import tr
from ops.reports.times import Times

LONGEST = 500  # characters of what one check saw
MOST = 20  # checks that are listed


@dataclass(frozen=True, kw_only=True)
class CheckLine:
    """One check of an incident. over: whether it is good again."""

    machine: str
    check: str
    verdict: str
    message: str
    over: bool = False


@dataclass(frozen=True, kw_only=True)
class AlarmNews:
    """What is told. state: why, as `Kind` of ops.alarms.model calls it; elapsed: seconds since it was discovered.

    limit: the next limit of its class in seconds from the discovery, and what is done then; due: the one that has just
    come. called: who was called so far; next_in: seconds until the next one is. vendor: who helps, ready to be shown.
    ack: who sees to it, why and until when. paper: where the printed list is.
    """

    state: str
    number: int
    site: str
    machine: str
    level: str
    fault_class: str = ""
    begun: str
    over: str = ""
    elapsed: float = 0.0
    checks: Sequence[CheckLine] = ()
    limit: tuple[float, str] | None = None
    due: str = ""
    called: Sequence[str] = ()
    following: str = ""
    next_in: float = 0.0
    vendor: str = ""
    meanwhile: Sequence[str] = ()
    ack: tuple[str, str, str] | None = None
    paper: str = ""
    times: Times = field(repr=False)


def headline(state: str, level: str) -> str:
    """Return why something is told, in a few words."""
    words = {
        "raised": level.upper(),
        "again": tr("{level} again", level=level.upper()),
        "worse": tr("worse: {level}", level=level.upper()),
        "ack_ended": tr("acknowledgement ended"),
        "limit": tr("limit reached"),
        "paper": tr("NOBODY ANSWERS"),
        "next": tr("nobody answered: {level}", level=level.upper()),
        "reminder": tr("reminder: {level}", level=level.upper()),
        "acknowledged": tr("acknowledged"),
        "cleared": tr("cleared"),
        "passed": tr("was bad, is good again"),
    }
    return words.get(state, state)


def subject(news: AlarmNews) -> str:
    """Return a line that says what it is about."""
    first = next(iter(news.checks), None)
    about = f"{first.machine}: {first.check}" if first else news.machine
    more = len(news.checks) - 1
    count = tr(" and {count} more", count=more) if more > 0 else ""
    return printable(f"[Seawall] {headline(news.state, news.level)}: {about}{count} ({tr('incident')} {news.number})")


def text(news: AlarmNews) -> str:
    """Return the whole message as plain text."""
    parts = ["\n".join(part) for part in (_what(news), _clock(news), _people(news), _todo(news)) if part]
    return "\n\n".join(printable_lines(part) for part in parts) + "\n"


def printable_lines(text: str) -> str:
    """Return a text of several lines in which each can be printed."""
    return "\n".join(printable(line) for line in text.split("\n"))


def _what(news: AlarmNews) -> list[str]:
    lines = [f"{headline(news.state, news.level)}: {news.machine}, {news.site}", ""]
    for check in news.checks[:MOST]:
        word = tr("good again") if check.over else check.verdict
        lines.append(f"  {word}  {check.machine}: {check.check}: {check.message[:LONGEST]}")
    if len(news.checks) > MOST:
        lines.append(tr("  and {count} more", count=len(news.checks) - MOST))
    return lines


def _clock(news: AlarmNews) -> list[str]:
    lines = [tr("discovered {when}, {ago} ago", when=_when(news, news.begun), ago=span(news.elapsed))]
    if news.over:
        lines.append(tr("over since {when}", when=_when(news, news.over)))
        return lines
    if news.fault_class:
        lines.append(tr("fault class {name}", name=news.fault_class))
    if news.due:
        lines.append(tr("NOW DUE: {what}", what=news.due))
    if news.limit:
        after, what = news.limit
        left = span(max(0.0, after - news.elapsed))
        lines.append(tr("next limit in {left} (after {after}): {what}", left=left, after=span(after), what=what))
    return lines


def _when(news: AlarmNews, moment: str) -> str:
    return f"{news.times.when(moment)} {news.times.name}"


def _people(news: AlarmNews) -> list[str]:
    if news.over:
        return []
    if news.ack:
        who, why, until = news.ack
        return [tr("{who} sees to it until {until}: {why}", who=who, until=_when(news, until), why=why)]
    lines = [tr("called: {names}", names=", ".join(news.called))] if news.called else []
    if news.state == "paper":
        lines.append(tr("nobody has answered; take the printed list: {where}", where=news.paper or tr("the runbook")))
    elif news.following:
        lines.append(tr("{name} is called in {left}", name=news.following, left=span(max(0.0, news.next_in))))
    say = f"seawall ack {news.number} --until 4h --reason 'WHAT YOU DO'"
    return [*lines, tr("say that you see to it, on {machine}: sudo {command}", machine=news.machine, command=say)]


def _todo(news: AlarmNews) -> list[str]:
    if news.over:
        return []
    return [*_named(tr("vendor"), [news.vendor]), *_named(tr("meanwhile"), news.meanwhile)]


def _named(what: str, texts: Sequence[str]) -> Iterator[str]:
    yield from (f"{what}: {text}" for text in texts if text)
