"""The ten questions of a new site: each is a flag of the command as well, and asked only where that was not given."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ops.core.errors import UsageError
from ops.fleet.new_policy import answers as read
from ops.fleet.new_policy.answers import Answers, Contact, Machine


@dataclass(frozen=True)
class Question:
    """A question. field: of Answers. flag: what answers it as well.

    default: what an empty answer means; None where it means nothing. several: the flag may be given several times.
    """

    field: str
    flag: str
    shape: str
    text: str
    parse: Callable[[str], Any]
    default: Callable[[], str] | None = None
    several: bool = False


def _maybe(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: parse(text) if text else None


def _none() -> str:
    return ""


QUESTIONS = (
    Question("site", "--site", "NAME", "name of the hospital or site, printed on reports", read.worded),
    Question("timezone", "--timezone", "ZONE", "time zone", read.zone, read.own_zone),
    Question("contact", "--contact", "NAME, PHONE, MAIL", "who answers for the backups", Contact.parse),
    Question(
        "servers",
        "--server",
        "NAME=ADDRESS",
        "servers whose data are protected, separated by commas",
        read.machines,
        several=True,
    ),
    Question("backup_host", "--backup-host", "NAME=ADDRESS", "backup host, with Debian 13", Machine.parse),
    Question(
        "offsite_host", "--offsite-host", "NAME=ADDRESS", "backup host in another building",
        _maybe(Machine.parse), _none,
    ),
    Question(
        "drill_host", "--drill-host", "NAME=ADDRESS", "machine on which restores are drilled",
        _maybe(Machine.parse), _none,
    ),
    Question("schedule", "--at", "TIMES", "when to back up each day", read.times, lambda: "04:30"),
    Question("rpo", "--rpo", "DURATION", "how much work may be lost at most", read.span, lambda: "26h"),
    Question("rto", "--rto", "DURATION", "how long a restore may take at most", read.span, lambda: "8h"),
)  # fmt: skip


def answered(given: Mapping[str, str | None], user: str, ask: Callable[[str], str] | None) -> Answers:
    """Return the answers. given: those of flags, by field. ask: shows a person a question; None where there is none.

    Raise UsageError for an answer that can't be, and for missing ones when there is nobody to ask.
    """
    missing = [one.flag for one in QUESTIONS if given[one.field] is None and one.default is None]
    if missing and ask is None:
        raise UsageError(
            f"answers are missing: {', '.join(missing)}", "give them as flags, or run this on a terminal to be asked"
        )
    values = {one.field: _answer(one, given[one.field], ask) for one in QUESTIONS}
    found = Answers(**values, user=_flag("--user", user, read.account))
    if problems := list(found.problems()):
        raise UsageError("\n".join(problems), "nothing was written")
    return found


def _answer(question: Question, given: str | None, ask: Callable[[str], str] | None) -> Any:
    if given is not None:
        return _flag(question.flag, given, question.parse)
    default = question.default() if question.default else None
    if ask is None:
        return question.parse(default or "")
    while True:
        text = ask(_shown(question, default)).strip() or default
        if text is None:
            continue
        try:
            return question.parse(text)
        except ValueError as error:
            sys.stderr.write(f"  {error}\n")


def _flag(flag: str, text: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}") from error


def _shown(question: Question, default: str | None) -> str:
    """Return a question as it is asked, with what an empty answer means."""
    empty = "" if default is None else f" [{default or 'none yet'}]"
    return f"{question.text[0].upper()}{question.text[1:]} ({question.shape}){empty}: "
