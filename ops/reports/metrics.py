"""Figures of a machine in the text form that Prometheus reads: one family of series after another, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MOST = 20  # series that a machine has; a thousand machines are then as many as one server of Prometheus holds with ease


@dataclass(frozen=True)
class Series:
    """One figure. name: with its unit at the end. about: what it says, in one line. labels: in their order."""

    name: str
    about: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def text(series: Iterable[Series]) -> str:
    """Return series as the content of a file for the textfile collector; those of one name must follow each other."""
    lines: list[str] = []
    last = ""
    for one in series:
        if one.name != last:
            lines += [f"# HELP {one.name} {_help(one.about)}", f"# TYPE {one.name} gauge"]
            last = one.name
        labels = ",".join(f'{name}="{_label(value)}"' for name, value in one.labels.items())
        lines.append(f"{one.name}{{{labels}}} {_number(one.value)}" if labels else f"{one.name} {_number(one.value)}")
    return "".join(f"{line}\n" for line in lines)


def _help(words: str) -> str:
    return words.replace("\\", r"\\").replace("\n", r"\n")


def _label(value: str) -> str:
    return _help(value).replace('"', r"\"")


def _number(value: float) -> str:
    return repr(int(value)) if float(value).is_integer() else repr(float(value))
