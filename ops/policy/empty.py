"""Keys of assets, classes, repositories and the control machine with nothing after them, or only comments below them.

As a value, nothing would silently take away what a class or another layer says, or a repository's quota. Only the word
`none` does that.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping

from ops.core.errors import Problem
from ops.core.schema import Plain, below
from ops.policy.layers import HostLayers, Tree
from ops.policy.model import AssetClass

_NONE = "is empty; write `none` to leave it out, or remove the key"
_VALUE = "is empty; give it a value, or remove the key"
_MAPPING = "expected a mapping, found nothing; write what is in it, or remove the key"
_OF_CLASSES = tuple(field.name for field in dataclasses.fields(AssetClass))
_ALONE = ("defaults", "control")  # of the other sections, the types say that they must not be empty
_OF_A_KIND = ("options", "expectations", "references")  # what is in there has a meaning of its own


def without(layers: HostLayers, problems: list[Problem]) -> HostLayers:
    """Return a host's layers without the empty keys of what assets are made of; add a problem for each of them."""
    shared = {str(name) for tree in layers.groups.values() for name in _section(tree, "assets")}
    return dataclasses.replace(
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
    if told := _section(tree, "repositories"):
        path = f"policy ({name}).repositories"
        filled["repositories"] = {key: _repository(one, below(path, str(key)), problems) for key, one in told.items()}
    for section in ("assets", "defaults"):
        left_out = shared if section == "assets" else ()
        if told := _section(tree, section):
            filled[section] = _filled(told, f"policy ({name}).{section}", (), left_out, problems)
    return filled


def _repository(value: Plain, path: str, problems: list[Problem]) -> Plain:
    """Return a repository without the empty keys among its options."""
    if not isinstance(value, Mapping) or not isinstance(options := value.get("options"), Mapping):
        return value
    empty = [key for key, part in options.items() if part is None]
    problems.extend(Problem(below(f"{path}.options", str(key)), _VALUE) for key in empty)
    return {**value, "options": {key: part for key, part in options.items() if key not in empty}}


def _filled(
    tree: Tree, path: str, words: tuple[str, ...], shared: Collection[str], problems: list[Problem]
) -> dict[str, Plain]:
    """words: the keys from the asset or the class down to a tree."""
    filled: dict[str, Plain] = {}
    for key, value in tree.items():
        deeper, here = (*words, str(key)), below(path, str(key))
        message = _message(deeper, shared) if value is None else ""
        if message:
            problems.append(Problem(here, message))
        elif isinstance(value, Mapping) and key not in _OF_A_KIND:
            filled[key] = _filled(value, here, deeper, shared, problems)
        else:
            filled[key] = value
    return filled


def _message(words: tuple[str, ...], shared: Collection[str]) -> str:
    """Return what is to be written in place of nothing; empty where the types refuse it, and it takes nothing away."""
    match words:
        case (asset,):
            return _NONE if asset in shared else _MAPPING
        case (_, ("drill" | "retention" | "copies")) | (_, ("retention" | "copies"), _):
            return _NONE
    return _VALUE if words[1] in _OF_CLASSES or words[-1] == "options" else ""


def _section(tree: Tree, section: str) -> Tree:
    found = tree.get(section)
    return found if isinstance(found, Mapping) else {}
