"""Merging the layers of an inventory: policy__all < every policy__<group> < policy__host.

Groups are equals: where two of them say different things of the same key, only policy__host can settle it.
Layers are plain data; an expression of Ansible's would mean different things to different readers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ops.core.errors import Problem
from ops.core.printable import control_character
from ops.core.schema import Plain, below

Tree = Mapping[str, Plain]
SEALED = "__ansible_vault"  # how `ansible-inventory --list` shows a vault value

_MAPPING = "a mapping"


@dataclass(frozen=True)
class HostLayers:
    """What an inventory says for one host: the layer of all, of each of its groups, and its own."""

    all: Tree = field(default_factory=dict)
    groups: Mapping[str, Tree] = field(default_factory=dict)
    host: Tree = field(default_factory=dict)


def merge(layers: HostLayers, problems: list[Problem]) -> dict[str, Plain]:
    """Return the layers as one tree; add a problem where groups disagree or data are not plain."""
    for name, tree in (("policy__all", layers.all), *_named(layers.groups), ("policy__host", layers.host)):
        _demand_plain(tree, f"policy ({name})", problems)
    _demand_untouched(layers, problems)
    merged = overlay(dict(layers.all), _agreed(layers, problems))
    return overlay(merged, layers.host)


def site_names(layers: HostLayers, section: str) -> set[str]:
    """Return the names that policy__all gives in a section, such as the site's duties."""
    named = layers.all.get(section)
    return set(named) if isinstance(named, Mapping) else set()


def _demand_untouched(layers: HostLayers, problems: list[Problem]) -> None:
    """A duty of the site is one for all: what a group or a host wrote to it would be another one of the same name."""
    for name, tree in (*_named(layers.groups), ("policy__host", layers.host)):
        own = tree.get("duties")
        for duty in sorted(site_names(layers, "duties") & set(own if isinstance(own, Mapping) else ())):
            message = f"is a duty of the site, written in policy__all; in {name}, give the duty another name"
            problems.append(Problem(f"policy.duties.{duty}", message))


def _named(groups: Mapping[str, Tree]) -> list[tuple[str, Tree]]:
    return [(f"policy__{name}", tree) for name, tree in sorted(groups.items())]


def _agreed(layers: HostLayers, problems: list[Problem]) -> dict[str, Plain]:
    """Merge the groups among each other; what policy__host settles is no disagreement."""
    settled = {path for path, words in _words(layers.host).items() if words != _MAPPING}
    said: dict[str, tuple[str, str]] = {}
    merged: dict[str, Plain] = {}
    for name, tree in _named(layers.groups):
        for path, words in _words(tree).items():
            before, other = said.setdefault(path, (name, words))
            if other != words and not settled & {path, *_above(path)}:
                message = f"{before} says {other}, {name} says {words}; decide in policy__host"
                problems.append(Problem(f"policy.{path}", message))
        merged = overlay(merged, tree)
    return merged


def _above(path: str) -> list[str]:
    """Return the paths of the mappings in which a path lies."""
    parts = path.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def overlay(below: Tree, above: Tree) -> dict[str, Plain]:
    """Return one tree over another: mappings are merged key by key, everything else is replaced."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            merged[key] = overlay(dict(under), value)
        else:
            merged[key] = value
    return merged


def _words(tree: Tree, start: str = "") -> dict[str, str]:
    """Return what stands at each path of a tree, as it is told to a person."""
    words: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            words |= {f"{start}{key}": _MAPPING} | _words(value, f"{start}{key}.")
        else:
            words[f"{start}{key}"] = repr(value)
    return words


def _demand_plain(value: Any, path: str, problems: list[Problem]) -> None:
    if isinstance(value, Mapping):
        _demand_plain_parts(value, path, problems)
    elif isinstance(value, (list, tuple)):
        for index, part in enumerate(value):
            _demand_plain(part, f"{path}[{index}]", problems)
    elif isinstance(value, str):
        if said := _strange(value):
            problems.append(Problem(path, said))
    elif not (value is None or isinstance(value, (int, float, bool, date))):
        problems.append(Problem(path, f"{type(value).__name__} is not plain data; keep secrets out of the policy"))


def _demand_plain_parts(value: Mapping[Any, Any], path: str, problems: list[Problem]) -> None:
    if SEALED in value:
        problems.append(Problem(path, "a vault value is not plain data; keep secrets out of the policy"))
        return
    for key, part in value.items():
        where = below(path, str(key))
        if said := _strange(str(key), one_line=True):
            problems.append(Problem(where, f"of the key: {said}"))
        _demand_plain(part, where, problems)


def _strange(text: str, *, one_line: bool = False) -> str:
    """Return why a text is not plain data, "" when it is.

    Queries, scripts and what people do meanwhile have lines; what is of one line says so where its form is known.
    """
    if "{{" in text or "{%" in text:
        return "a Jinja expression is not plain data; write the value itself"
    if control := control_character(text):
        return f"has the control character {control}, which no text needs; delete it"
    return "has a line end; write it in one line" if one_line and "\n" in text else ""
