"""Drills: on which machine, of which sources, and what is asked of the restored data."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ops.core import kinds
from ops.core.errors import Problem
from ops.interfaces.drill import Drill as DrillKind
from ops.policy.model import Asset, Drill, Written
from ops.policy.queries import Expectation
from ops.policy.rules import names, oldest, questions
from ops.policy.rules.groups import DRILL_HOSTS, lacking
from ops.policy.rules.paths import covered, kind_of
from ops.policy.rules.repositories import BECAUSE, served
from ops.policy.surroundings import Surroundings

_COUNT = re.compile(r"\s*select\s+count\s*\([^()]*\)\s+from\b", re.IGNORECASE)


def judge(
    path: str, owner: str, asset: Asset, drill: Drill, written: Written, around: Surroundings
) -> Iterator[Problem]:
    """Yield what is wrong with the drill of an asset; owner: the host that holds it."""
    if drill.host != owner:  # which is a problem of its own
        yield from _host(f"{path}.host", asset, drill.host, written, around)
    if drill.kind not in kinds.kinds("ops.drills") or not all(map(kind_of, asset.sources.values())):
        return  # which is a problem of its own, and the rest can't be told before it is mended
    kind: DrillKind[Any] = kinds.load("ops.drills", drill.kind)
    if asset.sources and not _fits(kind, asset):
        yield Problem(f"{path}.kind", _misfit(drill.kind, kind, asset))
        return
    yield from _questions(path, asset, drill, kind)
    if drill.oldest:
        databases = _askable(asset), _askable(asset, rows=True)
        at = f"{path}.oldest"
        yield from oldest.judge(at, asset, drill.oldest, *databases)
        yield from _expectations(f"{at}.expectations", asset, drill.oldest.expectations)
        for name, removed in drill.oldest.removed.items():
            if removed.asks and databases[1]:
                yield from _asks(f"{at}.removed.{name}.asks", removed.asks, databases[1])


def _host(path: str, asset: Asset, host: str, written: Written, around: Surroundings) -> Iterator[Problem]:
    yield from names.known(path, "host", host, around.hosts)
    keepers = {repository.host for repository in written.repositories.values()}
    if host in keepers:
        yield Problem(path, f"{host} is a backup host; use a separate machine as drill host")
    else:
        yield from lacking(path, host, DRILL_HOSTS, "nothing can be drilled there", around)
    repository = written.repositories.get(asset.repository)
    if repository and not served(repository):
        yield Problem(path, f"{host} can't read {asset.repository}, {BECAUSE}")


def _fits(kind: DrillKind[Any], asset: Asset) -> bool:
    found = ((kind_of(spec), spec.options) for spec in asset.sources.values())
    return any(kind.takes(source, options) for source, options in found if source)


def _misfit(name: str, kind: DrillKind[Any], asset: Asset) -> str:
    held = ", ".join(sorted({spec.kind for spec in asset.sources.values()}))
    fitting = [other for other in kinds.kinds("ops.drills") if _fits(kinds.load("ops.drills", other), asset)]
    instead = f"expected kind: {' or '.join(fitting)}" if fitting else "no kind of drill fits them"
    return f"a drill of kind {name} needs {kind.wants}, but the asset's sources are of kind {held}; {instead}"


def _questions(path: str, asset: Asset, drill: Drill, kind: DrillKind[Any]) -> Iterator[Problem]:
    if not kind.queries:
        for key in ("expectations", "references", "asks"):
            if getattr(drill, key):
                yield Problem(f"{path}.{key}", f"a drill of kind {drill.kind} queries no database; remove {key}")
        return
    yield from _references(path, asset, drill)
    askable = _askable(asset)
    if drill.expectations and not askable:
        yield Problem(
            f"{path}.expectations",
            "the asset has no database that could be queried; remove them, or add a source of a database (for a "
            "machine, PostgreSQL's port in its `clusters`)",
        )
    elif drill.asks:
        yield from _asks(f"{path}.asks", drill.asks, askable)
    elif drill.expectations and (len(askable) > 1 or askable[0].endswith("*")):
        several = (
            "has several databases; expected one of" if len(askable) > 1 else "may have several databases; expected"
        )
        yield Problem(f"{path}.asks", f"is missing, for the asset {several} {_listed(askable)}")
    yield from _expectations(f"{path}.expectations", asset, drill.expectations)


def _expectations(path: str, asset: Asset, asked: Mapping[str, Expectation]) -> Iterator[Problem]:
    backslash = [spec.kind for spec in asset.sources.values()].count("mariadb") > 0
    for name, wanted in asked.items():
        yield from names.shown(f"{path}.{name}", name)
        yield from _expectation(f"{path}.{name}", wanted)
        if message := questions.wrong(wanted.sql, backslash_escapes=backslash):
            yield Problem(f"{path}.{name}.sql", message)


def _references(path: str, asset: Asset, drill: Drill) -> Iterator[Problem]:
    """Yield what is wrong with the queries for files: each needs one database whose rows can be had."""
    able = _askable(asset, rows=True)
    for name, wanted in drill.references.items():
        yield from names.shown(f"{path}.references.{name}", name)
        if message := questions.wrong(wanted.sql):
            yield Problem(f"{path}.references.{name}.sql", message)
        if not able:
            yield Problem(f"{path}.references.{name}", "the asset has no PostgreSQL database that could be queried")
        elif asked := wanted.asks or drill.asks:
            yield from _asks(f"{path}.references.{name}.asks", asked, able)
        elif len(able) > 1 or able[0].endswith("*"):
            yield Problem(f"{path}.references.{name}.asks", f"is missing; expected {_listed(able)}")


def _askable(asset: Asset, *, rows: bool = False) -> list[str]:
    """Return what can be asked: the label of a part, `PORT/*` for a machine, or `*` for a cluster whose log is played.

    A `*` stands for any database.

    rows: only what can answer with rows.
    """
    found = []
    for name, spec in asset.sources.items():
        kind = kind_of(spec)
        if kind and kind.database and (kind.database.rows or not rows):
            several = any(thing.endswith("*") for thing in covered(spec))
            found.append(f"{name}.*" if several else name)
        elif kind and kind.machine:
            found += [f"{port}/*" for port in spec.options.clusters]
        elif kind and kind.log and not rows:
            found.append("*")
    return found


def _asks(path: str, asked: str, askable: list[str]) -> Iterator[Problem]:
    if not any(
        asked == name or (name.endswith("*") and asked[: len(name) - 1] == name[:-1] and asked != name[:-1])
        for name in askable
    ):
        which = f"expected {_listed(askable)}" if askable else "the asset has no database; remove it"
        yield Problem(path, f"the asset has no database {asked!r}; {which}")


def _listed(askable: list[str]) -> str:
    return " or ".join(name.replace("*", "NAME") for name in askable)


def _expectation(path: str, wanted: Expectation) -> Iterator[Problem]:
    least, most = wanted.at_least, wanted.at_most
    if not all(math.isfinite(number) for number in (wanted.equals, least, most) if number is not None):
        yield Problem(path, "a limit is not a number; expected one such as 1000")
    elif wanted.equals is None and least is None and most is None:
        yield Problem(path, "empty; use equals, at_least or at_most")
    elif wanted.equals is not None and (least is not None or most is not None):
        yield Problem(path, "equals says all; remove at_least and at_most, or equals")
    elif least is not None and least <= 0 and most is None and _COUNT.match(wanted.sql):
        yield Problem(path, f"every count is at least {least:g}, so this can't fail; expected 1 or more")
    elif least is not None and most is not None and least > most:
        yield Problem(path, f"no number is at least {least:g} and at most {most:g}; exchange the two")
