"""Keys of assets, classes and the control machine with nothing after them, or with only comments below them.

As a value, nothing would silently take away what a class or another layer says. Only the word `none` does that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from ops.core.errors import Problem
from ops.core.schema import Plain, below
from ops.policy.layers import HostLayers, Tree

_NONE = "is empty; write `none` to leave it out, or remove the key"
_VALUE = "is empty; give it a value, or remove the key"
_MAY_BE_NONE = ("drill", "retention", "copies")
_PARTS_MAY_BE_NONE = ("retention", "copies")
_ALONE = ("defaults", "control")  # of the other sections, the types say that they must not be empty
_OF_A_KIND = ("options", "expectations")  # what is in there has a meaning of its own


def without(layers: HostLayers, problems: list[Problem]) -> HostLayers:
    """Return a host's layers without the empty keys of what assets are made of; add a problem for each of them."""
    shared = {str(name) for tree in layers.groups.values() for name in _section(tree, "assets")}
    return replace(
        layers,
        all=_layer("policy__all", layers.all, (), problems),
        groups={name: _layer(f"policy__{name}", tree, (), problems) for name, tree in layers.groups.items()},
        host=_layer("policy__host", layers.host, shared, problems),
    )


def _layer(name: str, tree: Tree, shared: Collection[str], problems: list[Problem]) -> Tree:
    """shared: the assets of groups, which this layer may leave out."""
    lacking = [section for section in _ALONE if section in tree and tree[section] is None]
    problems.extend(Problem(f"policy ({name}).{section}", _VALUE) for section in lacking)
    filled = {section: value for section, value in tree.items() if section not in lacking}
    for section in ("assets", "defaults"):
        left_out = shared if section == "assets" else ()
        if told := _section(tree, section):
            filled[section] = _filled(told, f"policy ({name}).{section}", (), left_out, problems)
    return filled


def _filled(
    tree: Tree, path: str, words: tuple[str, ...], shared: Collection[str], problems: list[Problem]
) -> dict[str, Plain]:
    """words: the keys from the asset or the class down to a tree."""
    filled: dict[str, Plain] = {}
    for key, value in tree.items():
        deeper, here = (*words, str(key)), below(path, str(key))
        if value is None:
            problems.append(Problem(here, _NONE if _may_be_none(deeper, shared) else _VALUE))
        elif isinstance(value, Mapping) and key not in _OF_A_KIND:
            filled[key] = _filled(value, here, deeper, shared, problems)
        else:
            filled[key] = value
    return filled


def _may_be_none(words: tuple[str, ...], shared: Collection[str]) -> bool:
    match words:
        case (asset,):
            return asset in shared
        case (_, key):
            return key in _MAY_BE_NONE
        case (_, key, _):
            return key in _PARTS_MAY_BE_NONE
    return False


def _section(tree: Tree, section: str) -> Tree:
    found = tree.get(section)
    return found if isinstance(found, Mapping) else {}
