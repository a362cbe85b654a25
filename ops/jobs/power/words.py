"""What happened in a power cut, in words for the ledger."""

from __future__ import annotations

from ops.core.quantity import Duration
from ops.core.verdict import Verdict
from ops.power.model import Event, Kind

_VERDICTS = {
    Kind.CUT: Verdict.WARN,
    Kind.ASKED: Verdict.WARN,
    Kind.UNSTOPPED: Verdict.FAIL,
    Kind.LATE: Verdict.FAIL,
    Kind.SILENT: Verdict.UNKNOWN,
    Kind.LONG_TEST: Verdict.WARN,
}
_WORDS = {
    Kind.CUT: "mains are gone; the battery feeds",
    Kind.ASKED: "asked to stop",
    Kind.OFF: "off",
    Kind.UNSTOPPED: "was asked to stop and did not: it hangs, or never heard of it",
    Kind.MAINS: "mains are back",
    Kind.WAKING: "is started again",
    Kind.LATE: "is not well again; those that need it are started without it; look at it",
    Kind.BACK: "well again",
    Kind.OVER: "all machines are back",
    Kind.SILENT: "the UPS says nothing; what was known last holds",
    Kind.LONG_TEST: "the UPS feeds from its battery for long and calls it a test; taken for a cut",
}


def verdict(event: Event) -> Verdict:
    """Return how an event is judged."""
    if event.kind is Kind.OFF and "seconds" not in event.figures:
        return Verdict.WARN  # of itself, or unseen
    return _VERDICTS.get(event.kind, Verdict.PASS)


def message(event: Event, *, measured: bool) -> str:
    """Return an event in words. measured: whether the shutdown time of its machine was."""
    figures = dict(event.figures)
    parts = [_WORDS[event.kind]]
    if event.kind is Kind.ASKED:
        parts = [f"{parts[0]}; it and what must outlast it need {_span(figures['needed'])}"]
        parts.append(f"{_span(figures['left'])} are left" if "left" in figures else "nothing tells how much is left")
        parts += [] if measured else ["its own shutdown time was never measured; 3min are assumed"]
    elif "seconds" in figures:
        parts.append(f"after {_span(figures['seconds'])}")
    if figures.get("tries"):
        parts.append(f"woken {figures['tries']:.0f} times")
    if "runtime" in figures:
        parts.append(f"it claims {_span(figures['runtime'])} until it is low")
    if "charge" in figures:
        parts.append(f"charge {figures['charge']:.0f}%")
    return ", ".join(parts)


def _span(seconds: float) -> str:
    return str(Duration(round(seconds))) if seconds < 10 * 86_400 else "days"
