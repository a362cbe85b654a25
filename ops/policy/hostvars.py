"""From an inventory's variables to policy layers: policy__all, policy__<group>, policy__host.

Ansible, the control machine's commands and the tests all come through here, each with the variables of every
host as the inventory gives them: not templated, so that an expression of Ansible's is seen and refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ops.core.errors import PolicyError, Problem
from ops.core.kinds import nearest
from ops.core.numbers import is_too_large
from ops.core.schema import Plain
from ops.policy.compile import compile_site
from ops.policy.layers import HostLayers, Tree
from ops.policy.model import HostPolicy
from ops.policy.pack_files import Offers
from ops.policy.surroundings import surroundings

PREFIX = "policy__"
OWN = {"all", "host"}

Variables = Mapping[str, Mapping[str, Plain]]
Groups = Mapping[str, Collection[str]]


def compile_inventory(variables: Variables, groups: Groups, offers: Offers | None = None) -> dict[str, HostPolicy]:
    """Given every host's variables and every group's hosts, return every host's policy; raise PolicyError.

    offers: the numbers of packs, from `pack_files.offers`.
    """
    problems: list[Problem] = []
    layers = read_layers(variables, groups, problems)
    try:
        compiled = compile_site(layers, surroundings(variables, groups, offers))
    except PolicyError as error:
        raise PolicyError(sorted({*problems, *error.problems}), error.hint) from error
    if problems:
        raise PolicyError(sorted(set(problems)))
    return compiled


def read_layers(variables: Variables, groups: Groups, problems: list[Problem]) -> dict[str, HostLayers]:
    """Return each host's layers; add a problem for each layer that belongs to nobody or is not one thing."""
    problems.extend(_strangers(variables, groups))
    problems.extend(_torn(variables, groups))
    return {host: _layers(host, said, groups, problems) for host, said in variables.items()}


def _layers(host: str, said: Mapping[str, Plain], groups: Groups, problems: list[Problem]) -> HostLayers:
    mine = [name for name, hosts in groups.items() if name not in OWN and host in hosts and PREFIX + name in said]
    return HostLayers(
        all=_tree(said, "all", problems),
        groups={name: _tree(said, name, problems) for name in sorted(mine)},
        host=_tree(said, "host", problems),
    )


def _tree(said: Mapping[str, Plain], layer: str, problems: list[Problem]) -> Tree:
    tree = said.get(PREFIX + layer, {})
    if isinstance(tree, Mapping):
        return tree
    found = "nothing" if tree is None else "a number that is too large" if is_too_large(tree) else repr(tree)
    problems.append(Problem(PREFIX + layer, f"expected a mapping, found {found}"))
    return {}


def _strangers(variables: Variables, groups: Groups) -> Iterator[Problem]:
    """A layer whose name is no group would be read by nobody."""
    known = sorted({*groups, *OWN})
    for name in sorted({name for said in variables.values() for name in said}):
        layer = name.removeprefix(PREFIX)
        if name.startswith(PREFIX) and layer not in known:
            near = nearest(layer, known)
            yield Problem(name, f"the inventory has no group {layer!r}{near}; known groups: {', '.join(known)}")


def _torn(variables: Variables, groups: Groups) -> Iterator[Problem]:
    """A layer is one thing: where it is written twice, Ansible drops one of the two without a word."""
    shared = {"all": list(variables)} | {name: hosts for name, hosts in groups.items() if name not in OWN}
    for layer, hosts in sorted(shared.items()):
        said = [(host, variables[host].get(PREFIX + layer)) for host in hosts if host in variables]
        for host, tree in said[1:]:
            if tree != said[0][1]:
                first = said[0][0]
                yield Problem(
                    PREFIX + layer,
                    f"{first} and {host} get different values, because it is defined in more than one "
                    f"place; put what applies to {host} alone into policy__host",
                )
                break
