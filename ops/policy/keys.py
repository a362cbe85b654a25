"""The keys of the policy by name, such as `assets.*.retention.yearly`: of which type each is, and how it is ordered."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.core import stricter
from ops.core.schema import key
from ops.core.stricter import Order
from ops.policy.model import Written

ANY = "*"  # stands for each name


@dataclass(frozen=True)
class Declared:
    """A key as its type has it. default: what holds where nobody writes it; None where there is nothing then."""

    kind: Any
    order: Order | None = None
    default: Any = None


@functools.lru_cache(maxsize=512)
def declared(path: str) -> Declared | None:
    """Return what the types say of a key; None where there is no such key, or one that only a kind knows."""
    kind: Any = Written
    found: Declared | None = None
    for part in path.split("."):
        kind = _bare(kind)
        if dataclasses.is_dataclass(kind) and isinstance(kind, type) and not hasattr(kind, "parse"):
            field = next((one for one in dataclasses.fields(kind) if key(one.name) == part), None)
            if field is None:
                return None
            hint = typing.get_type_hints(kind, include_extras=True)[field.name]
            default = None if field.default is dataclasses.MISSING else field.default
            kind = typing.get_type_hints(kind)[field.name]
            found = Declared(kind, stricter.of(hint), default)
        elif isinstance(origin := typing.get_origin(kind), type) and issubclass(origin, Mapping):
            kind = typing.get_args(kind)[1]
            found = Declared(kind)
        else:
            return None
    return found


def _bare(kind: Any) -> Any:
    """Return a type without the `None` that it may be instead."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return next(one for one in typing.get_args(kind) if one is not type(None))
    return kind
