"""What a runbook is made of: chapters of steps."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ops.reports.catalogue import tr

MARK = re.compile(r"\[KNOW: [^\]]*\]")


@dataclass(frozen=True)
class Step:
    """One thing to do: on which machine, in words, and what is typed there as root."""

    on: str
    words: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """A title, sentences, and steps in their order."""

    title: str
    said: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


def control_machine() -> str:
    """Return what the runbook calls the control machine."""
    return tr("the control machine")


def know(what: str) -> str:
    """Return the mark for what must be known from elsewhere."""
    return f"[KNOW: {what}]"


def known_elsewhere(chapters: Iterable[Chapter]) -> list[str]:
    """Return every mark in some chapters, each once, with the chapter that needs it first."""
    found: dict[str, str] = {}
    for chapter in chapters:
        texts = [*chapter.said, *(text for step in chapter.steps for text in (step.words, *step.commands))]
        for mark in MARK.findall("\n".join(texts)):
            found.setdefault(mark, chapter.title)
    return [tr("{mark} in: {title}", mark=mark, title=title) for mark, title in found.items()]
