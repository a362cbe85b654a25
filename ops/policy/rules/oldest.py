"""Drills of the oldest set: which assets can have one, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ops.core.errors import Problem
from ops.policy.model import Asset, OldestDrill
from ops.policy.rules import names, questions

KINDS = ("database", "files")  # what a machine or a log of years ago needs to run is nowhere any more


def judge(
    path: str, asset: Asset, oldest: OldestDrill, askable: Sequence[str], able: Sequence[str]
) -> Iterator[Problem]:
    """Yield what is wrong with the drill of an asset's oldest set.

    askable: what of the asset answers questions; able: what of it answers with rows.
    """
    kind, asks = (asset.drill.kind, asset.drill.asks) if asset.drill else ("", "")
    if kind not in KINDS:
        words = f"the oldest set can't be drilled by the kind {kind}; expected drill.kind {' or '.join(KINDS)}"
        yield Problem(path, words)
        return
    if asset.retention.yearly is None:
        yield Problem(
            path, "no set is kept for years; write `yearly` into the asset's retention, such as `yearly: 30y`"
        )
    asked = bool(oldest.expectations) or any(not removed.asks for removed in oldest.removed.values())
    if kind == "files" and (oldest.expectations or oldest.removed):
        yield Problem(path, "a drill of kind files queries no database; remove expectations and removed")
    elif oldest.expectations and not askable:
        yield Problem(f"{path}.expectations", "the asset has no database that could be queried; remove them")
    elif asked and not asks and (len(askable) > 1 or any(name.endswith("*") for name in askable)):
        yield Problem(path, "the asset may have several databases; write drill.asks, which says which one is queried")
    yield from _removed(f"{path}.removed", oldest, able)


def _removed(path: str, oldest: OldestDrill, able: Sequence[str]) -> Iterator[Problem]:
    for name, removed in oldest.removed.items():
        yield from names.shown(f"{path}.{name}", name)
        if not able:
            yield Problem(f"{path}.{name}", "the asset has no PostgreSQL database that could be queried")
        if message := questions.wrong(removed.sql):
            yield Problem(f"{path}.{name}.sql", message)
        if removed.at_least < 1:
            yield Problem(f"{path}.{name}.at_least", f"{removed.at_least} can't fail; expected 1 or more")
