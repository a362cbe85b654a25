"""Figures as people read them, with the marks of the language: 1,234.5 is 1.234,5 in Portuguese. Units stay."""

from __future__ import annotations

import re

from ops.core import quantity
from ops.reports.catalogue import tr


def count(number: int) -> str:
    """Return a whole number, its thousands apart."""
    return _marked(f"{number:,}")


def number(value: float) -> str:
    """Return a number as short as it can be."""
    return _marked(f"{value:g}")


def size(amount: int) -> str:
    """Given bytes, return the size in the largest unit of which there is one: 1.5 GiB."""
    return _marked(str(quantity.Size(amount)))


def span(seconds: float) -> str:
    """Given seconds, return a span of time in the units of the policy, and two of them: 3h 2min, 4.2s."""
    return _marked(quantity.span(seconds))


def _marked(text: str) -> str:
    # Translators: how this figure is written, with the language's own marks for thousands and decimals
    example = tr("1,234.5")
    found = re.search(r"1(\D*)234(\D+)5", example)
    thousands, decimals = found.groups() if found else (",", ".")
    return re.sub("[,.]", lambda mark: thousands if mark[0] == "," else decimals, text)
