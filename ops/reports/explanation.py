"""What a check looks at, why, by which limits and what to do, as a page for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from ops.core.printable import printable
from ops.interfaces.state import CheckResult
from ops.reports.catalogue import tr

WIDTH = 100


@dataclass(frozen=True)
class Limit:
    """An option of a check: its value as the policy writes it, whose it is, and what it means."""

    name: str
    value: str
    whose: str
    meaning: str


@dataclass(frozen=True)
class Explanation:
    """A check in a person's words. name: empty where the policy has none of this kind. now: what was seen last."""

    name: str
    kind: str
    looks_at: str
    why: str
    remedy: str
    limits: tuple[Limit, ...]
    now: CheckResult | None = None


def text(one: Explanation) -> str:
    """Return an explanation as a page."""
    title = (
        f"{one.name} ({one.kind})" if one.name else tr("{kind}: no check of this kind is in the policy", kind=one.kind)
    )
    parts = [title, _said(tr("looks at"), one.looks_at), _said(tr("why"), one.why), _said(tr("what to do"), one.remedy)]
    if one.limits:
        parts.append("\n".join(_limits(one.limits)))
    if one.now:
        parts.append(_said(tr("last seen"), f"{one.now.verdict.value}: {printable(one.now.message)}"))
    return "\n".join(parts)


def _said(label: str, words: str) -> str:
    indent = " " * 12
    return textwrap.fill(words, WIDTH, initial_indent=f"{label:<12}", subsequent_indent=indent, break_long_words=False)


def _limits(limits: tuple[Limit, ...]) -> Iterator[str]:
    name, value = (max(len(getattr(limit, part)) for limit in limits) for part in ("name", "value"))
    for place, limit in enumerate(limits):
        label = tr("limits") if place == 0 else ""
        yield f"{label:<12}{limit.name:<{name}}  {printable(limit.value):<{value}}  {limit.whose}"
        yield textwrap.fill(limit.meaning, WIDTH, initial_indent=" " * 14, subsequent_indent=" " * 14)
