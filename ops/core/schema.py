"""Plain data to frozen dataclasses and back, strictly: unknown words are errors, each named by its path.

Understood are str, int, float, bool, the quantities (anything with `parse` and `expected`), Literal, Enum,
`X | None`, tuple[X, ...], Mapping[str, X], dataclasses (whose `__post_init__` may raise ValueError), and `Any` (plain
data left for a kind to decode).
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from ops.core.errors import PolicyError, Problem
from ops.core.kinds import nearest

T = TypeVar("T")
_MISSING = object()


def decode(kind: type[T], data: Any, path: str) -> T:
    """Given plain data, return a value of a type; raise PolicyError with every problem found."""
    problems: list[Problem] = []
    value = collect(kind, data, path, problems)
    if problems:
        raise PolicyError(problems)
    return typing.cast(T, value)


def collect(kind: Any, data: Any, path: str, problems: list[Problem]) -> Any:
    """As `decode`, but add the problems to a list; what could not be decoded comes back as None."""
    if kind is Any:
        return data
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _optional(kind, data, path, problems)
    if origin is typing.Literal:
        return _choice(data, [str(word) for word in typing.get_args(kind)], path, problems)
    if origin is tuple:
        return _sequence(typing.get_args(kind)[0], data, path, problems)
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(typing.get_args(kind)[1], data, path, problems)
    if dataclasses.is_dataclass(kind) and not hasattr(kind, "parse"):
        return _record(typing.cast(type, kind), data, path, problems)
    return _scalar(kind, data, path, problems)


def encode(value: Any) -> Any:
    """Return a decoded value as plain data again."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type) and not hasattr(value, "parse"):
        pairs = ((field.name, encode(getattr(value, field.name))) for field in dataclasses.fields(value))
        return {name: plain for name, plain in pairs if plain is not None}
    if isinstance(value, Mapping):
        return {str(name): encode(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(part) for part in value]
    return str(value)


def _optional(kind: Any, data: Any, path: str, problems: list[Problem]) -> Any:
    inner = [part for part in typing.get_args(kind) if part is not type(None)]
    return None if data is None else collect(inner[0], data, path, problems)


def _choice(data: Any, words: list[str], path: str, problems: list[Problem]) -> Any:
    if data in words:
        return data
    near = nearest(str(data), words)
    problems.append(Problem(path, f"unknown value {data!r}{near}; expected one of {', '.join(words)}"))
    return None


def _sequence(inner: Any, data: Any, path: str, problems: list[Problem]) -> Any:
    if not isinstance(data, (list, tuple)):
        problems.append(Problem(path, f"expected a list, found {_name(data)}"))
        return None
    return tuple(collect(inner, part, f"{path}[{index}]", problems) for index, part in enumerate(data))


def _mapping(inner: Any, data: Any, path: str, problems: list[Problem]) -> Any:
    if not isinstance(data, Mapping):
        problems.append(Problem(path, f"expected a mapping of names, found {_name(data)}"))
        return None
    return {str(name): collect(inner, part, f"{path}.{name}", problems) for name, part in data.items()}


def _record(kind: type, data: Any, path: str, problems: list[Problem]) -> Any:
    if not isinstance(data, Mapping):
        problems.append(Problem(path, f"expected a mapping, found {_name(data)}"))
        return None
    fields = {field.name: field for field in dataclasses.fields(kind)}
    hints = typing.get_type_hints(kind)
    before = len(problems)
    for name in data:
        if name not in fields:
            near = nearest(str(name), list(fields))
            problems.append(Problem(f"{path}.{name}", f"unknown key {name!r}{near}; known keys: {', '.join(fields)}"))
    values = {}
    for name, field in fields.items():
        given = data.get(name, _MISSING)
        if given is not _MISSING:
            values[name] = collect(hints[name], given, f"{path}.{name}", problems)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            problems.append(Problem(f"{path}.{name}", f"missing key: {path} requires {name!r}"))
    if len(problems) > before:
        return None
    try:
        return kind(**values)
    except ValueError as error:  # what no single key says wrong: the record's own demand
        problems.append(Problem(path, str(error)))
        return None


def _scalar(kind: Any, data: Any, path: str, problems: list[Problem]) -> Any:
    if isinstance(data, kind) and not (kind in (int, float) and isinstance(data, bool)):
        return data
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    parse = getattr(kind, "parse", None)
    plain_day = isinstance(data, date) and not isinstance(data, datetime)  # YAML makes one of 2027-03-31
    if parse is not None and (isinstance(data, str) or plain_day):
        try:
            return parse(str(data))
        except ValueError:
            pass
    expected = getattr(kind, "expected", None) or {str: "a text", int: "a whole number", bool: "true or false"}.get(
        kind, kind.__name__
    )
    problems.append(Problem(path, f"expected {expected}, found {data!r}"))
    return None


def _name(data: Any) -> str:
    return "nothing" if data is None else f"{type(data).__name__} {data!r}"
