"""Retention: rules that have an effect, and that leave something until the next set comes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta

from ops.core.errors import Problem
from ops.core.quantity import Duration
from ops.policy.model import Asset, Retention
from ops.policy.rules.spans import in_range, longest_gap

_ORDER = ("all", "daily", "monthly", "yearly")


def judge(path: str, retention: Retention, rpo: Duration) -> Iterator[Problem]:
    """Yield what is wrong with how long sets are kept that come as often as an RPO promises."""
    rules = [(name, span) for name in _ORDER if (span := getattr(retention, name)) is not None]
    for name, span in rules:
        yield from in_range(f"{path}.{name}", "retention", span)
    for (before, shorter), (name, span) in itertools.pairwise(rules):
        if span <= shorter:
            yield Problem(
                f"{path}.{name}",
                f"{span} has no effect: `{before}` keeps more sets for {shorter}; expected more than {shorter}, or no "
                f"`{name}`",
            )
    longest = _longest(retention)
    if longest < rpo and not list(in_range(path, "rpo", rpo)):
        yield Problem(
            f"{path}.all", f"{longest} is shorter than the RPO of {rpo}: between two backups nothing would be left"
        )


def of_copies(path: str, asset: Asset, zone: str) -> Iterator[Problem]:
    """Yield that a copy would be removed before the next one comes."""
    longest = _longest(asset.retention)
    for name, copy in asset.copies.items():
        gap = longest_gap(copy.calendar.zoned(zone))
        if gap not in (None, timedelta.max) and gap > longest.span:
            least = Duration(int(gap.total_seconds()))
            yield Problem(
                f"{path}.all",
                f"no set is kept longer than {longest}, but the copy {name} comes every {least}: in between nothing "
                f"would be left of it; expected {least} or more, in `all` or another rule",
            )


def _longest(retention: Retention) -> Duration:
    return max(filter(None, (retention.all, retention.daily, retention.monthly, retention.yearly)))
