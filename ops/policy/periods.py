"""Periods written under the word of the other kind: a calendar as `every`, a span of time as `calendar`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ops.core.calendar import Calendar
from ops.core.errors import Problem
from ops.core.quantity import Duration


def explained(problems: Sequence[Problem], merged: Mapping[str, Any]) -> list[Problem]:
    """Given the problems of a merged policy, return them; those of such a period say under which word it belongs."""
    return [replace(problem, message=problem.message + _hint(problem, merged)) for problem in problems]


def _hint(problem: Problem, merged: Mapping[str, Any]) -> str:
    above, _, word = problem.path.rpartition(".")
    if word not in ("every", "calendar") or not problem.message.startswith("expected a"):
        return ""
    said = _at(merged, problem.path)
    if not isinstance(said, str):
        return ""
    if word == "every":
        calendar = next((text for text in (said, f"every {said}") if _is(Calendar, text)), "")
        return f"; a calendar stands under the word calendar: write `calendar: {calendar}`" if calendar else ""
    spans = above.startswith("policy.duties.") or above.endswith(".drill")
    return (
        f"; a span of time stands under the word every: write `every: {said}`" if spans and _is(Duration, said) else ""
    )


def _at(merged: Any, path: str) -> Any:
    for word in path.split(".")[1:]:
        merged = merged.get(word) if isinstance(merged, Mapping) else None
    return merged


def _is(kind: type[Calendar | Duration], text: str) -> bool:
    try:
        kind.parse(text)
    except ValueError:
        return False
    return True
