"""Every message that people read in a report, a record, a runbook or a key sheet goes through here on its way out.

A message's id is its English text, a literal with named placeholders: `tr("kept on {host}", host=name)`. A catalogue of
gettext has the same sentence in another language; without one, English is printed. Codes stay as they are: verdicts,
units of time and size, names, and what machines and the policy say.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import NullTranslations

_chosen: ContextVar[NullTranslations] = ContextVar("catalogue", default=NullTranslations())  # noqa: B039 -- never changed


def tr(message: str, /, **values: object) -> str:
    """Return a message in the language of this rendering, its placeholders filled in."""
    return _chosen.get().gettext(message).format(**values)


def trn(singular: str, plural: str, count: int, /, **values: object) -> str:
    """Return the message that fits a count, in the language of this rendering; `{count}` in it is the count."""
    return _chosen.get().ngettext(singular, plural, count).format(count=count, **values)


def tag() -> str:
    """Return the language of this rendering as a page of HTML names it: `en`, `pt-BR`."""
    return _chosen.get().info().get("language", "en").replace("_", "-")


@contextmanager
def speaking(catalogue: NullTranslations) -> Iterator[None]:
    """Take every message of one rendering from a catalogue."""
    token = _chosen.set(catalogue)
    try:
        yield
    finally:
        _chosen.reset(token)
