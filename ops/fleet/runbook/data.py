"""How a machine's assets come back from off-site, and what can't: the runbook's part on data."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from ops.core import kinds
from ops.core.quantity import Duration
from ops.fleet.runbook.model import Step
from ops.policy import HostPolicy
from ops.policy.model import AWAY, Asset, Expectation

BESIDE = "/srv/restored"
CLIENTS = {
    "postgresql": "runuser -u postgres -- psql -XAtd {database} -c {sql}",
    "mariadb": "mariadb -N {database} -e {sql}",
    "sqlite": "sqlite3 {database} {sql}",
}


def needed_within(policy: HostPolicy) -> Duration:
    """Return the shortest RTO of a machine's assets; of none, one longer than any."""
    return min((asset.rto for asset in policy.assets.values()), key=lambda rto: rto.seconds, default=Duration(1 << 40))


def restores(host: str, policy: HostPolicy) -> Iterator[Step]:
    """Yield how each asset that has a copy off-site comes back, the most urgent first."""
    for name, asset in sorted(policy.assets.items(), key=lambda one: one[1].rto.seconds):
        place = _away(asset, policy)
        if place is None:
            continue
        words = f"{name}: {asset.summary or 'no description'}; within {asset.rto}; {_owner(asset, policy)}."
        if asset.without:
            words += f" Until then: {asset.without}."
        if _in_place(asset):
            yield Step(host, words, (f"seawall restore {name} --from {place} --in-place --confirm {name}",))
            yield from _questions(host, asset)
        else:
            words += f" It can't be restored in place by one command; it is restored into {BESIDE}."
            yield Step(host, words, (f"seawall restore {name} --from {place} --to {BESIDE}/{name}",))


def first_copies(host: str, policy: HostPolicy) -> Iterator[Step]:
    """Yield that what was restored is backed up at once, here again."""
    names = [name for name, asset in policy.assets.items() if _away(asset, policy) and _in_place(asset)]
    if names:
        words = "Back up the restored data at once: this is their first set in the new repository."
        yield Step(host, words, tuple(f"seawall backup {name}" for name in names))


def lost(host: str, policy: HostPolicy) -> Iterator[str]:
    """Yield what has no copy off-site."""
    for name, asset in policy.assets.items():
        if _away(asset, policy) is None:
            what = asset.summary or "no description"
            yield f"{name} on {host} ({what}) has no off-site copy; {_owner(asset, policy)}."


def _away(asset: Asset, policy: HostPolicy) -> str | None:
    places = [asset.repository, *(copy.to for copy in asset.copies.values())]
    return next((place for place in places if policy.repositories[place].place in AWAY), None)


def _in_place(asset: Asset) -> bool:
    sources = [kinds.load("ops.sources", source.kind) for source in asset.sources.values()]
    return all(source.restore_into or source.in_place_paths for source in sources)


def _owner(asset: Asset, policy: HostPolicy) -> str:
    contact = policy.contacts.get(asset.owner)
    return f"its owner is {contact.name}" if contact else f"its owner is {asset.owner}"


def _questions(host: str, asset: Asset) -> Iterator[Step]:
    """Yield the policy's own questions to a restored database, where it is one and not all of a server."""
    wanted = asset.drill.expectations if asset.drill else {}
    spec = next(iter(asset.sources.values()))
    options: Any = spec.options
    database = getattr(options, "database", None) or getattr(options, "path", None)
    if not (wanted and len(asset.sources) == 1 and spec.kind in CLIENTS and database):
        return
    asked = [
        CLIENTS[spec.kind].format(database=shlex.quote(str(database)), sql=shlex.quote(one.sql))
        + f"  # {name}: {_expected(one)}"
        for name, one in wanted.items()
    ]
    yield Step(host, "Run the queries that the policy uses in drills; only then let users in.", tuple(asked))


def _expected(one: Expectation) -> str:
    said = {"exactly": one.equals, "at least": one.at_least, "at most": one.at_most}
    return ", ".join(f"{words} {value:g}" for words, value in said.items() if value is not None)
