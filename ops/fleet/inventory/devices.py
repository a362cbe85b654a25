"""The UPS devices that an inventory describes, judged as the role `ups` will: each problem with its file and line."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ops.core.errors import PolicyError, Problem
from ops.fleet.inventory import values, variables
from ops.fleet.inventory.documents import Document, pairs
from ops.fleet.inventory.locate import Layer
from ops.fleet.inventory.nearly import nearly, same
from ops.policy import ups
from ops.policy.surroundings import UPS_DEVICES

if TYPE_CHECKING:
    import yaml

_STAND_IN = "known-to-ansible"  # for what it makes of an expression: where a word may stand, a right one


def wrong(document: Document) -> Iterator[Problem]:
    """Yield what NUT could not read of the devices in a file, and descriptions under a name that nobody reads."""
    for key, node in variables.defined(document):
        name = str(key.value)
        if name == UPS_DEVICES:
            layer = Layer(name, document.source.owner, document.mark(key), node)
            yield from _wrong(layer, _known(_plain(node)))
        elif pairs(node) and (nearly(name, [UPS_DEVICES]) or same(name, [UPS_DEVICES])):
            yield Problem(name, f"nobody reads this variable; write {UPS_DEVICES}", str(document.mark(key)))


def _wrong(layer: Layer, described: Any) -> Iterator[Problem]:
    if described == {}:  # whether a host needs one, its checks say
        return
    try:
        ups.devices(described)
    except PolicyError as error:
        for problem in error.problems:
            follows = described is None and "at least one" in problem.message
            if not follows and _STAND_IN not in problem.message:
                yield _placed(layer, problem)


def _placed(layer: Layer, problem: Problem) -> Problem:
    """Return a problem with the line of the word that it begins with, where it stands in a line of its own."""
    below = problem.path.removeprefix(UPS_DEVICES).removeprefix(".")
    word = problem.message.partition(":")[0].partition(",")[0]
    found = max((layer.find(below), layer.find(f"{below}.{word}")), key=lambda one: one.depth)
    hint = next((hint for node in found.nodes if (hint := values.hint(node, problem.message))), "")
    return replace(problem, message=problem.message + hint, where=str(found.mark))


def _plain(node: yaml.Node) -> Any:
    """Return what YAML reads of a value; what is sealed has a stand-in."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Knows Ansible's tags."""

    Loader.add_multi_constructor("!", lambda _loader, _tag, _node: _STAND_IN)
    loader = Loader("")
    try:
        return loader.construct_document(copy.deepcopy(node))
    except (yaml.YAMLError, ValueError, TypeError):
        return _STAND_IN  # which is a problem of its own
    finally:
        loader.dispose()


def _known(value: Any) -> Any:
    """Return a value with a stand-in for each of Ansible's expressions."""
    if isinstance(value, Mapping):
        return {name: _known(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_known(part) for part in value]
    return _STAND_IN if isinstance(value, str) and ("{{" in value or "{%" in value) else value
