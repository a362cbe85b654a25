"""How a machine's assets come back from off-site, and what can't: the runbook's part on data."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from ops.core import kinds
from ops.core.quantity import Duration
from ops.fleet.runbook.model import Step
from ops.policy import HostPolicy
from ops.policy.model import AWAY, Asset
from ops.policy.queries import Expectation
from ops.reports import figures
from ops.reports.catalogue import tr

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
        words = tr(
            "{asset}: {summary}; within {rto}; {owner}.",
            asset=name,
            summary=_summary(asset),
            rto=asset.rto,
            owner=_owner(asset, policy),
        )
        if asset.without:
            words += " " + tr("Until then: {without}.", without=asset.without)
        if _in_place(asset):
            command = f"seawall restore {name} --from {place} --in-place --confirm {name}"
            if any(source.restore_into for source in _kinds(asset)):
                words += " " + tr(
                    "The accounts of its databases can log in as on that day: lock those of people who have left. If "
                    "the server may have been broken into, leave --with-logins out."
                )
                command += " --with-logins"
            yield Step(host, words, (command,))
            yield from _questions(host, asset)
        else:
            words += " " + tr(
                "It can't be restored in place by one command; it is restored into {folder}.", folder=BESIDE
            )
            yield Step(host, words, (f"seawall restore {name} --from {place} --to {BESIDE}/{name}",))


def first_copies(host: str, policy: HostPolicy) -> Iterator[Step]:
    """Yield that what was restored is backed up at once, here again."""
    names = [name for name, asset in policy.assets.items() if _away(asset, policy) and _in_place(asset)]
    if names:
        words = tr("Back up the restored data at once: this is their first set in the new repository.")
        yield Step(host, words, tuple(f"seawall backup {name}" for name in names))


def lost(host: str, policy: HostPolicy) -> Iterator[str]:
    """Yield what has no copy off-site."""
    for name, asset in policy.assets.items():
        if _away(asset, policy) is None:
            yield tr(
                "{asset} on {host} ({summary}) has no off-site copy; {owner}.",
                asset=name,
                host=host,
                summary=_summary(asset),
                owner=_owner(asset, policy),
            )


def made_empty(policy: HostPolicy) -> list[str]:
    """Return the commands that make the databases of PostgreSQL that have no copy off-site.

    Without them the policy can't be applied; each is made in the cluster or container where the policy expects it.
    """
    gone = [asset for asset in policy.assets.values() if _away(asset, policy) is None]
    sources = (source.options for asset in gone for source in asset.sources.values() if source.kind == "postgresql")
    return sorted({_made(options) for options in sources if options.database})


def _made(options: Any) -> str:
    usual = type(options)(database=options.database)
    where = [f"--host={options.socket}"] if options.socket != usual.socket else []
    where += [f"--port={options.port}"] if options.port != usual.port else []
    words = ["createdb", *where, "--", options.database]
    if options.container:
        within = [options.engine, "exec", f"--user={options.container_user}", options.container]
        return shlex.join([str(word) for word in (*within, *words)])
    return shlex.join(["runuser", "-u", "postgres", "--", *words])


def _away(asset: Asset, policy: HostPolicy) -> str | None:
    places = [asset.repository, *(copy.to for copy in asset.copies.values())]
    return next((place for place in places if policy.repositories[place].place in AWAY), None)


def _in_place(asset: Asset) -> bool:
    return all(source.restore_into or source.in_place_paths for source in _kinds(asset))


def _kinds(asset: Asset) -> list[Any]:
    return [kinds.load("ops.sources", source.kind) for source in asset.sources.values()]


def _owner(asset: Asset, policy: HostPolicy) -> str:
    contact = policy.contacts.get(asset.owner)
    return tr("its owner is {owner}", owner=contact.name if contact else asset.owner)


def _summary(asset: Asset) -> str:
    return asset.summary or tr("no description")


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
    yield Step(host, tr("Run the queries that the policy uses in drills; only then let users in."), tuple(asked))


def _expected(one: Expectation) -> str:
    said = []
    if one.equals is not None:
        said.append(tr("exactly {number}", number=figures.number(one.equals)))
    if one.at_least is not None:
        said.append(tr("at least {number}", number=figures.number(one.at_least)))
    if one.at_most is not None:
        said.append(tr("at most {number}", number=figures.number(one.at_most)))
    return ", ".join(said)
