"""Judging by what people attested: the site's duty that stands for a control, and the ledgers that have it."""

from __future__ import annotations

import itertools
from datetime import timedelta

from ops.core import clock
from ops.core.calendar.elapses import FIRST
from ops.core.verdict import Verdict
from ops.fleet.conformity.facts import Facts, Word
from ops.fleet.conformity.outcome import Judged, listed, met, not_looked_at, not_met
from ops.fleet.conformity.pack import PackControl
from ops.fleet.conformity.reading import newest
from ops.policy.duty import Duty, Standing, judge

_MANY = 64  # moments of a calendar among which each demanded one is looked for


def duty(control: PackControl, name: str, facts: Facts) -> Judged:
    """Judge whether a person attested what a clause asks, by the site's duty of a name.

    Only a record in a ledger that verifies counts; of one that is not late yet, but was never done, nobody knows.
    """
    first = next(iter(facts.policies.values()), None)
    own = first.site_duties.get(name) if first else None
    if own is None:
        return not_looked_at(f"no duty {name} asks for it", todo="seawall conformity --duties prints what to write")
    if rarer := _rarer(own, control, facts):
        return not_met(f"the duty {name} is due {rarer}, less often than the clause demands", "", (), "change the duty")
    words = [word for ledger in facts.ledgers.values() if not ledger.trouble for word in newest(ledger.words, name)]
    word = max(words, key=lambda one: one.when, default=None)
    due = judge(own, word.when if word else None, facts.at, str(facts.zone))
    proofs = [word.proof] if word else []
    todo = f"seawall ledger attest --duty {name}"
    late = due.standing is Standing.OVERDUE or (due.standing is Standing.ENDED and due.verdict is not Verdict.PASS)
    if late and (silences := _silences(name, facts)):
        return not_looked_at(listed(silences), proofs, "seawall control collect")
    if due.standing is Standing.ENDED:
        return not_looked_at(f"the duty {name} ended on {own.until}", proofs, "give the duty a later `until`")
    if late and due.day is None:
        return not_looked_at(f"nobody has attested {name} yet", (), todo)
    if late:
        return not_met(f"{name} was due on {due.day}", str(due.day), proofs, todo)
    if word is None:
        return not_looked_at(f"nobody has attested {name} yet; it is due on {due.day}", (), todo)
    return met(_attested(name, word, str(due.day or "")), clock.iso(word.when), proofs)


def _attested(name: str, word: Word, until: str) -> str:
    file = ", with a file" if word.shown else ""
    return f"{name} attested by {word.by}{file}{f', valid until {until}' if until else ''}"


def _silences(name: str, facts: Facts) -> list[str]:
    """Return why it can't be said that a duty was not done: ledgers that are not read, and words that are doubted."""
    troubles = [ledger.trouble for ledger in facts.ledgers.values() if ledger.trouble]
    doubts = [
        f"an attestation of {name} on {host} {word.doubt}"
        for host, ledger in facts.ledgers.items()
        for word in ledger.words.get(name, ())
        if word.doubt
    ]
    return [*troubles, *doubts]


def _rarer(own: Duty, control: PackControl, facts: Facts) -> str:
    """Return how often the site's duty is due where a clause demands it more often; empty where it suffices."""
    if control.every:
        return _words(own) if _longest(own, str(facts.zone)) > control.every.span else ""
    demanded = control.calendar
    if demanded is None or own.calendar is None:
        return "" if demanded is None else _words(own)
    zone = str(facts.zone)
    zoned, mine = demanded.zoned(zone), own.calendar.zoned(zone)
    begins = zoned.after(FIRST, _MANY)
    day = timedelta(days=1)
    suffices = all(mine.after(begin - day)[0] <= zoned.deadline(begin, day) for begin in begins)
    return "" if suffices else _words(own)


def _words(own: Duty) -> str:
    return f"every {own.every}" if own.every else f"on {own.calendar}"


def _longest(own: Duty, zone: str) -> timedelta:
    """Return the longest time between two days on which a duty is due."""
    if own.every:
        return own.every.span
    assert own.calendar is not None  # noqa: S101 -- a duty has either a period or a calendar
    moments = own.calendar.zoned(zone).after(FIRST, _MANY)
    return max(later - earlier for earlier, later in itertools.pairwise(moments))
