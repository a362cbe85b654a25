"""Classes of assets: what an asset does not say comes from its class, and then from the class `standard`.

All of it is plain data, merged as layers are, before anything is typed: what follows sees whole assets.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ops.core import kinds
from ops.core.errors import Problem
from ops.core.kinds import nearest
from ops.core.quantity import Duration
from ops.core.schema import Plain, below, collect
from ops.policy.layers import Tree, overlay
from ops.policy.model import AssetClass, Drill, Retention
from ops.policy.rules import names

STANDARD = "standard"
PATH = "policy.defaults"
_KEYS = tuple(field.name for field in dataclasses.fields(AssetClass))
_OF_ONE_ASSET = ("asks", "expectations", "references")
_PARTS_MAY_BE_NONE = ("retention", "copies")


def is_none(value: Plain) -> bool:
    """Whether a value says that there is none of what the class or the layer below has."""
    return value == "none"


def of_policy(merged: Tree, hosts: Collection[str], problems: list[Problem]) -> dict[str, Tree]:
    """Given a merged policy, return its classes as far as assets can take from them; add what is wrong with them.

    hosts: all of the inventory.
    """
    found = merged.get("defaults", {})
    written: Tree = found if isinstance(found, Mapping) else {}
    if written is not found:
        problems.append(Problem(PATH, f"expected a mapping of classes, found {found!r}"))
    standard = _plain_none(written.get(STANDARD))
    for name, one in written.items():
        plain, path = _plain_none(one), below(PATH, str(name))
        collect(_in_part(AssetClass), plain, path, problems)
        _judge_drill(path, plain, standard, problems)
        if isinstance(plain, Mapping):
            problems.extend(_unknown_names(path, plain, merged, hosts))
    return {str(name): _offered(one) for name, one in written.items() if isinstance(one, Mapping)}


def chain(path: str, asset: Tree, classes: Mapping[str, Tree], problems: list[Problem]) -> tuple[str, ...] | None:
    """Return the names of the classes from which an asset takes, the nearest first; None if it names an unknown one."""
    name = asset.get("class", STANDARD)
    if not isinstance(name, str) or name == STANDARD:
        return (STANDARD,) if STANDARD in classes else ()
    if name not in classes:
        known = ", ".join(sorted(classes)) or "none; classes are defined in policy__all, under defaults"
        near = nearest(name, list(classes))
        problems.append(Problem(f"{path}.class", f"there is no class {name!r}{near}; known: {known}"))
        return None
    return (name, STANDARD) if STANDARD in classes else (name,)


def filled(asset: Tree, classes: Mapping[str, Tree], chosen: tuple[str, ...]) -> dict[str, Plain]:
    """Return an asset with what it takes from its classes, and without what it says that it has none of."""
    told = _plain_none(_over(_taken(classes, chosen), asset))
    if "copies" in told and isinstance(told["copies"] or {}, Mapping):
        told["copies"] = {name: copy for name, copy in (told["copies"] or {}).items() if copy is not None}
    return {key: value for key, value in told.items() if value is not None or key not in _KEYS}


def needless(
    path: str, asset: Tree, classes: Mapping[str, Tree], chosen: tuple[str, ...], lower: Collection[str]
) -> Iterator[Problem]:
    """Yield a problem for each copy that an asset leaves out, though neither its classes nor a group have it.

    lower: the copies that the layers of the host's groups have.
    """
    known = {*_copies(_taken(classes, chosen)), *lower}
    for name, copy in _copies(asset).items():
        if is_none(copy) and name not in known:
            listed = ", ".join(sorted(known)) or "none"
            message = f"there is no copy {name!r} to leave out{nearest(name, sorted(known))}; known: {listed}"
            yield Problem(below(f"{path}.copies", name), message)


def _taken(classes: Mapping[str, Tree], chosen: tuple[str, ...]) -> dict[str, Plain]:
    taken: dict[str, Plain] = {}
    for name in reversed(chosen):
        taken = _over(taken, classes[name])
    return taken


def _over(lower: Tree, upper: Tree) -> dict[str, Plain]:
    """Return one asset or class over another, without the lower one's rules of retention that have no effect any more.

    Whoever writes `retention: {all: 60d}` over `{all: 14d, daily: 60d}` has said all of it.
    """
    told = overlay(lower, upper)
    own, rules = upper.get("retention"), told.get("retention")
    if not isinstance(own, Mapping) or not isinstance(rules, Mapping):
        return told
    left = dict(rules)
    longest = 0
    for rule in (field.name for field in dataclasses.fields(Retention)):
        if rule in own:
            longest = max(longest, _seconds(own[rule]))
        elif rule in left and 0 < _seconds(left[rule]) <= longest:
            del left[rule]
    return {**told, "retention": left}


def _seconds(written: Plain) -> int:
    """Return a duration in seconds; 0 for what is none, which is a problem of its own."""
    try:
        return Duration.parse(str(written)).seconds
    except ValueError:
        return 0


def _copies(tree: Tree) -> dict[str, Plain]:
    copies = tree.get("copies")
    return {str(name): copy for name, copy in copies.items()} if isinstance(copies, Mapping) else {}


def _plain_none(tree: Plain) -> Any:
    """Return an asset or a class with nothing in place of the word `none`, where that can be written."""
    if not isinstance(tree, Mapping):
        return tree
    told = dict(tree)
    for key in ("drill", *_PARTS_MAY_BE_NONE):
        part = told.get(key)
        if is_none(part) and key in told:
            told[key] = None
        elif isinstance(part, Mapping) and key in _PARTS_MAY_BE_NONE:
            told[key] = {name: None if is_none(value) else value for name, value in part.items()}
    return told


def _offered(tree: Tree) -> dict[str, Plain]:
    """What else stands in a class is a problem of its own, and not of every asset's."""
    told: dict[str, Plain] = {key: value for key, value in tree.items() if key in _KEYS}
    drill = told.get("drill")
    if isinstance(drill, Mapping):
        told["drill"] = {key: value for key, value in drill.items() if key not in _OF_ONE_ASSET}
    return told


def _judge_drill(path: str, tree: Plain, standard: Plain, problems: list[Problem]) -> None:
    drill = tree.get("drill") if isinstance(tree, Mapping) else None
    if not isinstance(drill, Mapping):
        return
    for key in _OF_ONE_ASSET:
        if key in drill:
            message = "queries the data of one asset; write it into the assets, not into a class"
            problems.append(Problem(f"{path}.drill.{key}", message))
    below_it = standard.get("drill") if isinstance(standard, Mapping) else None
    kind = drill.get("kind", below_it.get("kind", Drill.kind) if isinstance(below_it, Mapping) else Drill.kind)
    try:
        options = kinds.load("ops.drills", str(kind)).options
    except kinds.UnknownKind as error:
        problems.append(error.problem(f"{path}.drill.kind"))
        return
    if "options" in drill:
        collect(_in_part(options), drill["options"], f"{path}.drill.options", problems)


def _unknown_names(path: str, tree: Tree, merged: Tree, hosts: Collection[str]) -> Iterator[Problem]:
    """Yield what a class names that is not there, also where no asset takes it."""
    copies, drill = tree.get("copies"), tree.get("drill")
    repositories = _names(merged, "repositories")
    named: list[tuple[str, str, Plain, Collection[str]]] = [
        (f"{path}.owner", "contact", tree.get("owner"), _names(merged, "contacts")),
        (f"{path}.repository", "repository", tree.get("repository"), repositories),
        (f"{path}.drill.host", "host", drill.get("host") if isinstance(drill, Mapping) else None, hosts),
    ]
    for name, copy in copies.items() if isinstance(copies, Mapping) else ():
        to = copy.get("to") if isinstance(copy, Mapping) else None
        named.append((f"{below(f'{path}.copies', str(name))}.to", "repository", to, repositories))
    for place, what, value, known in named:
        if isinstance(value, str):
            yield from names.known(place, what, value, known)


def _names(merged: Tree, section: str) -> list[str]:
    found = merged.get(section)
    return [str(name) for name in found] if isinstance(found, Mapping) else []


@functools.cache
def _in_part(kind: Any) -> Any:
    """Return a type as it may be written in a class: at any depth, no key is required and each may be none."""
    inner = typing.get_args(kind)
    if type(None) in inner:
        return _in_part(next(part for part in inner if part is not type(None))) | None
    if typing.get_origin(kind) is Mapping:
        return types.GenericAlias(Mapping, (inner[0], _in_part(inner[1]) | None))
    if not isinstance(kind, type) or not dataclasses.is_dataclass(kind) or hasattr(kind, "parse"):
        return kind
    hints = typing.get_type_hints(kind)
    fields = [(field.name, _in_part(hints[field.name]) | None, None) for field in dataclasses.fields(kind)]
    return dataclasses.make_dataclass(kind.__name__, fields, frozen=True)
