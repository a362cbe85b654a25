"""The assets of a host, whole: those of its groups under a name for each host, and filled from their classes.

An asset is written for a host, or once for all hosts of a group: `etc` of the group is `etc_his1` on his1, in
everything that is named after it. A host may override parts of it under its short name, or leave it out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from ops.core.errors import Problem
from ops.core.schema import Plain, below
from ops.policy import classes, empty
from ops.policy.layers import HostLayers, Tree, merge
from ops.policy.origins import Origins, WrittenAsset
from ops.policy.pack_defaults import settle
from ops.policy.surroundings import Surroundings

LONGEST = 40
_PATH = "policy.assets"
_BELONGS = (
    "in policy__all every machine would have this asset, backup hosts too; an asset belongs to a host, or to a group "
    "of servers: write it into policy__host, or into a group's layer such as policy__servers"
)


def resolve(
    host: str, layers: HostLayers, around: Surroundings, problems: list[Problem]
) -> tuple[dict[str, Plain], Origins]:
    """Return a host's layers merged, with whole assets, no classes and the numbers of packs, and where values are from.

    around: the inventory that they were written into.
    """
    merged, origins = _whole(host, layers, around.hosts, problems)
    if "packs" not in merged:
        return merged, origins
    settled = settle(merged, origins.assets, around.offers)
    problems.extend(settled.problems)
    return settled.tree, replace(origins, packs=settled.words)


def _whole(
    host: str, layers: HostLayers, hosts: Collection[str], problems: list[Problem]
) -> tuple[dict[str, Plain], Origins]:
    problems.extend(Problem(below("policy (policy__all).assets", str(name)), _BELONGS) for name in _assets(layers.all))
    layers = empty.without(layers, problems)
    everywhere = {key: value for key, value in layers.all.items() if key != "assets"}
    merged = merge(replace(layers, all=everywhere), problems)
    offered = classes.of_policy(merged, hosts, problems)
    merged.pop("defaults", None)
    written = merged.get("assets")
    if not isinstance(written, Mapping):
        return merged, Origins({}, offered)
    whole: dict[str, Plain] = {}
    origins: dict[str, WrittenAsset] = {}
    for name, asset in _named(host, layers, written, problems):
        tree: Tree = asset.tree if isinstance(asset.tree, Mapping) else {}
        path = below(_PATH, asset.name)
        names = classes.chain(path, tree, offered, problems)
        origins[name] = replace(asset, classes=names or ())
        if names is not None:
            problems.extend(classes.needless(path, tree, offered, names, _lower_copies(layers, asset.name)))
            whole[name] = classes.filled(tree, offered, names) if tree is asset.tree else asset.tree
    return {**merged, "assets": whole}, Origins(origins, offered)


def name_on(host: str, asset: str) -> str:
    """Return what a group's asset is called on one of its hosts."""
    return f"{asset}_{re.sub('[^a-z0-9]', '_', host.lower())}"


def _named(host: str, layers: HostLayers, written: Tree, problems: list[Problem]) -> Iterator[tuple[str, WrittenAsset]]:
    """Yield the host's assets by their names there; those that are left out or can't have a name are not among them."""
    shared = {str(name) for tree in layers.groups.values() for name in _assets(tree)}
    own = {str(name): value for name, value in _assets(layers.host).items()}
    for name, tree in ((str(name), tree) for name, tree in written.items()):
        path = below(_PATH, name)
        if name not in shared:
            if tree == "none":
                known = ", ".join(sorted(shared)) or "none"
                message = f"no group of {host} has an asset {name!r} to leave out; known: {known}"
                problems.append(Problem(path, message))
            else:
                yield name, WrittenAsset(name, tree)
            continue
        if name in own and classes.is_none(own[name]):
            continue
        full = name_on(host, name)
        if full in written:
            message = f"the group's asset {name!r} is called {full!r} on {host}, and so is another asset of {host}"
            hint = f"to change the group's asset on {host}, write {name!r} into policy__host"
            problems.extend(Problem(there, f"{message}; {hint}") for there in (path, below(_PATH, full)))
        elif len(full) > LONGEST:
            message = f"it would be called {full!r} on {host}, {len(full)} letters long; expected at most {LONGEST}"
            problems.append(Problem(path, f"{message}; shorten the asset's name"))
        else:
            yield full, WrittenAsset(name, tree)


def _lower_copies(layers: HostLayers, name: str) -> set[str]:
    assets = [_assets(tree).get(name) for tree in layers.groups.values()]
    copies = [asset.get("copies") for asset in assets if isinstance(asset, Mapping)]
    named = [pair for known in copies if isinstance(known, Mapping) for pair in known.items()]
    return {str(name) for name, copy in named if not classes.is_none(copy)}


def _assets(tree: Tree) -> Tree:
    assets = tree.get("assets")
    return assets if isinstance(assets, Mapping) else {}
