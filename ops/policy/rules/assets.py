"""Assets: where they are, what they are made of, and what else the policy must have for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops.core import kinds
from ops.core.errors import Problem
from ops.policy import access, containers, logs
from ops.policy.model import Asset, Repository, Written
from ops.policy.rules import drills, names, paths, retention, spans
from ops.policy.rules.groups import SERVERS, lacking
from ops.policy.rules.repositories import folders, keeper, served
from ops.policy.surroundings import Surroundings


def judge(host: str, written: Written, around: Surroundings) -> Iterator[Problem]:
    """Yield what is wrong with the assets of a host, one by one and together."""
    for name, asset in written.assets.items():
        path = f"policy.assets.{name}"
        yield from names.of_asset(path, name)
        yield from names.known(f"{path}.owner", "contact", asset.owner, written.contacts)
        yield from names.one_line(f"{path}.summary", asset.summary)
        yield from _groups(path, host, asset, around)
        yield from _kept(host, f"{path}.repository", asset.repository, written.repositories)
        yield from _at_once(f"{path}.repository", asset.repository, written.repositories)
        yield from _copies(host, path, asset, written.repositories)
        yield from _sources(path, asset)
        yield from _taken(path, asset, written.repositories)
        yield from logs.judge(path, asset)
        if asset.drill:
            yield from drills.judge(f"{path}.drill", host, asset, asset.drill, written, around)
        yield from spans.judge(path, asset, written.site.timezone)
        yield from retention.judge(f"{path}.retention", asset.retention, asset.rpo)
        yield from retention.of_copies(f"{path}.retention", asset, written.site.timezone)
    yield from _twice(written.assets)
    yield from containers.judge(written.assets)


def _groups(path: str, host: str, asset: Asset, around: Surroundings) -> Iterator[Problem]:
    yield from lacking(path, host, SERVERS, "nothing backs it up", around)
    for name, spec in asset.sources.items():
        kind = paths.kind_of(spec)
        group = kind.group(spec.options) if kind else ""
        yield from lacking(f"{path}.sources.{name}", host, group, "its databases could not be read", around)


def _sources(path: str, asset: Asset) -> Iterator[Problem]:
    if not asset.sources:
        yield Problem(f"{path}.sources", "an asset requires at least one source")
    for name in asset.sources:
        yield from names.of_source(f"{path}.sources.{name}", name)
    yield from paths.judge(path, asset)


def _taken(path: str, asset: Asset, repositories: Mapping[str, Repository]) -> Iterator[Problem]:
    """Yield which sources take a repository on the machine itself: each backup would be in the next one."""
    for name in dict.fromkeys([asset.repository, *(copy.to for copy in asset.copies.values())]):
        for folder in folders(repositories.get(name)):
            for label, spec in asset.sources.items():
                if taken := paths.holds(spec, folder):
                    message = f"takes {taken}, and so the repository {name} in {folder}; exclude it, or move it"
                    yield Problem(f"{path}.sources.{label}", message)


def _kept(host: str, path: str, name: str, repositories: Mapping[str, Repository]) -> Iterator[Problem]:
    """What a machine keeps of itself is lost with it; on a disk of its own that is said by its place."""
    yield from names.known(path, "repository", name, repositories)
    repository = repositories.get(name)
    if repository and served(repository) and repository.host == host:
        yield Problem(path, f"{name} is kept by {host} itself and would be lost with it; use one on another machine")
    if repository and keeper(repository) == host:
        yield Problem(
            path, f"{host} renews the locks in {name}, which nobody who copies there may; name another keeper"
        )


def _at_once(path: str, name: str, repositories: Mapping[str, Repository]) -> Iterator[Problem]:
    """A backup must be done when it ends; what a person has to carry on is not."""
    repository = repositories.get(name)
    if repository is None or repository.kind not in kinds.kinds("ops.targets"):
        return
    if access.target(repository.kind).carried or access.stored(repository):
        yield Problem(path, f"{name} is of kind {repository.kind}, which takes only copies; expected another one")


def _copies(host: str, path: str, asset: Asset, repositories: Mapping[str, Repository]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, copy in asset.copies.items():
        yield from names.formed(f"{path}.copies.{name}", name)
        yield from _kept(host, f"{path}.copies.{name}.to", copy.to, repositories)
        if copy.to == asset.repository:
            yield Problem(f"{path}.copies.{name}.to", f"{copy.to!r} is already the asset's own repository")
        elif (first := seen.setdefault(copy.to, name)) != name:
            yield Problem(
                f"{path}.copies.{name}.to", f"{copy.to!r} is already where {first} copies to; join the two calendars"
            )


def _twice(assets: Mapping[str, Asset]) -> Iterator[Problem]:
    """What two assets take is restored twice, and nobody knows from which of them it is right."""
    seen: dict[tuple[bool, str], str] = {}
    for name, asset in assets.items():
        for label, spec in paths.apart(asset):
            for thing in paths.covered(spec):
                if (first := seen.setdefault((paths.is_of_files(spec), thing), name)) != name:
                    message = f"takes {thing}, which the asset {first} takes, too; take it in one of the two"
                    yield Problem(f"policy.assets.{name}.sources.{label}", message)
