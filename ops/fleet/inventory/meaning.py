"""What a key of the policy means, and what holds where nobody writes it: the words of docs/policy.md, for one path."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.core import described, kinds
from ops.core.schema import encode, key
from ops.policy import HostPolicy
from ops.policy.listing import worded
from ops.policy.model import Written

_OPTIONS = "options"
# Where the module of a kind lies, by the section in which its options stand.
_PACKAGES = {
    "sources": "ops.sources",
    "repositories": "ops.targets",
    "checks": "ops.health",
    "drill": "ops.drills",
    "channels": "ops.alarms.channels",
}


@dataclass(frozen=True)
class Meaning:
    """What is said of a key. default: what holds where nobody writes it, or `required`; empty where nobody knows."""

    text: str = ""
    default: str = ""


def meaning(path: str, document: Mapping[str, Any]) -> Meaning:
    """Given the path of a value, return what the innermost key of it means.

    document: of the host that has it, which says of what kind things are; what it does not have can be looked up, too.
    """
    kind: Any = HostPolicy
    at: Any = document
    found, section = Meaning(), ""
    for part in filter(None, re.split(r"\.|(?=\[)", path)):
        kind, args = _bare(kind), typing.get_args(_bare(kind))
        origin = typing.get_origin(kind)
        if dataclasses.is_dataclass(kind) and isinstance(kind, type):
            field = next((one for one in dataclasses.fields(kind) if key(one.name) == part), None)
            if field is None:
                return Meaning()
            found = _said(kind, field)
            section = part if part in _PACKAGES else section
            kind = _of_kind(section, at) if part == _OPTIONS else typing.get_type_hints(kind)[field.name]
        elif origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
            kind = args[1]
        elif origin is tuple:
            kind = args[0]
        else:
            return Meaning()
        at = _below(at, part)
    return found


def _bare(kind: Any) -> Any:
    """Return a type without the `None` that it may be instead."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return next(one for one in typing.get_args(kind) if one is not type(None))
    return kind


def _below(at: Any, part: str) -> Any:
    """Return what a document has under a part of a path; None where it has nothing there."""
    if part.startswith("["):
        return at[int(part[1:-1])] if isinstance(at, list) else None
    return at.get(part) if isinstance(at, Mapping) else None


def _of_kind(section: str, at: Any) -> Any:
    """Return the type of the options beside which `kind` stands."""
    name = _below(at, "kind")
    return getattr(kinds.load(_PACKAGES[section], name), "options", None) if section in _PACKAGES and name else None


def _said(kind: type, field: dataclasses.Field[Any]) -> Meaning:
    name = key(field.name)
    of_written = kind is HostPolicy and field.name in {one.name for one in dataclasses.fields(Written)}
    told = Written if of_written else kind  # of a section the reference says more than the machine's own part
    texts = described.read(told.__doc__ or "", [key(one.name) for one in dataclasses.fields(told)])[1]
    if field.default is not dataclasses.MISSING:
        default = worded(encode(field.default))
    elif field.default_factory is not dataclasses.MISSING:
        default = worded(encode(field.default_factory()))
    else:
        default = "required"
    return Meaning(texts.get(name, ""), "none" if default in {"null", '""', "{}", "[]"} else default)
