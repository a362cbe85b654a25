"""Plain data to frozen dataclasses and back, strictly: unknown words are errors, each named by its path.

Understood are str, int, float, bool, the quantities and names (anything with `parse` and `expected`; one with `refusal`
says itself what is wrong with data), Literal, Enum,
`X | None`, tuple[X, ...], tuple[X, Y], Mapping[str, X], dataclasses (whose `__post_init__` may raise ValueError), and
`Any` (plain data left for a kind to decode). A dataclass with a field of the type `Further` knows every word. A field
whose key is a word of Python's own ends in `_`: `class_` is the key `class`.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeAlias, TypeVar

from ops.core.errors import PolicyError, Problem
from ops.core.kinds import nearest
from ops.core.limits import OutOfRange
from ops.core.numbers import TOO_LARGE, Shown, is_too_large

T = TypeVar("T")
# What JSON and YAML hold.
Plain: TypeAlias = "bool | int | float | str | Sequence[Plain] | Mapping[str, Plain] | None"


class Further(dict[str, "Plain"]):
    """A field of a dataclass that keeps the keys which no other field knows, as plain data."""


_MISSING = object()
_LONGEST_KEY = 80
_LEAVES = (int, str)
_SPARE = {"spare": True}
_shown = Shown()
_shown.maxstring = _shown.maxother = 60


def decode(kind: type[T], data: Any, path: str) -> T:
    """Given plain data, return a value of a type; raise PolicyError with every problem found."""
    problems: list[Problem] = []
    value = collect(kind, data, path, problems)
    if problems:
        raise PolicyError(problems)
    return typing.cast(T, value)


def collect(kind: Any, data: Any, path: str, problems: list[Problem]) -> Any:
    """As `decode`, but add the problems to a list; what could not be decoded comes back as None."""
    if is_too_large(data):
        return _refused(path, problems)
    return data if kind is Any else _collected(kind, data, path, problems)


def _refused(path: str, problems: list[Problem]) -> None:
    problems.append(Problem(path, TOO_LARGE))


def _collected(kind: Any, data: Any, path: str, problems: list[Problem]) -> Any:
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _optional(kind, data, path, problems)
    if origin is typing.Literal:
        return _choice(data, [str(word) for word in typing.get_args(kind)], path, problems)
    if origin is tuple:
        return _sequence(typing.get_args(kind), data, path, problems)
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(typing.get_args(kind), data, path, problems)
    if dataclasses.is_dataclass(kind) and not hasattr(kind, "parse"):
        return _record(typing.cast(type, kind), data, path, problems)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        word = _choice(data, [str(one.value) for one in kind], path, problems)
        return None if word is None else kind(word)
    return _scalar(kind, data, path, problems)


def spare(default: T) -> T:
    """Return a dataclass field with a default, which is not written as long as it has that."""
    return dataclasses.field(default=default, metadata=_SPARE)


def encode(value: Any) -> Any:
    """Return a decoded value as plain data again."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type) and not hasattr(value, "parse"):
        held = ((field, getattr(value, field.name)) for field in dataclasses.fields(value))
        told: dict[str, Any] = {}
        for field, part in held:
            if isinstance(part, Further):
                told |= part
            elif part is not None and not _is_spare(field, part):
                told[key(field.name)] = encode(part)
        return told
    if isinstance(value, Mapping):
        return {str(name): part if type(part) in _LEAVES else encode(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(part) for part in value]
    return value.exact() if hasattr(value, "exact") else str(value)


def key(name: str) -> str:
    """Return the key of a dataclass's field."""
    return name.removesuffix("_")


def below(path: str, name: str) -> str:
    """Return the path of a key; one that somebody else chose is cut short, and its control characters are written."""
    plain = name if len(name) <= _LONGEST_KEY and name.isprintable() else repr(name[:_LONGEST_KEY])
    return f"{path}.{plain}" if path else plain


def _is_spare(field: dataclasses.Field[Any], value: Any) -> bool:
    return "spare" in field.metadata and bool(value == field.default)


def _optional(kind: Any, data: Any, path: str, problems: list[Problem]) -> Any:
    inner = [part for part in typing.get_args(kind) if part is not type(None)]
    return None if data is None else collect(inner[0], data, path, problems)


def _choice(data: Any, words: list[str], path: str, problems: list[Problem]) -> Any:
    if isinstance(data, str) and data in words:
        return data
    said = _shown.repr(data)
    problems.append(Problem(path, f"unknown value {said}{_near(data, words)}; expected one of {', '.join(words)}"))
    return None


def _near(data: Any, words: list[str]) -> str:
    return nearest(str(data), words) if isinstance(data, str) and len(data) <= _LONGEST_KEY else ""


def _sequence(inner: tuple[Any, ...], data: Any, path: str, problems: list[Problem]) -> Any:
    if not isinstance(data, (list, tuple)):
        problems.append(Problem(path, f"expected a list, found {_name(data)}"))
        return None
    kinds = inner[:1] * len(data) if inner[-1] is Ellipsis else inner
    if len(data) != len(kinds):
        problems.append(Problem(path, f"expected a list of {len(kinds)}, found {len(data)}"))
        return None
    pairs = enumerate(zip(kinds, data, strict=True))
    return tuple(collect(kind, part, f"{path}[{index}]", problems) for index, (kind, part) in pairs)


def _mapping(inner: tuple[Any, Any], data: Any, path: str, problems: list[Problem]) -> Any:
    if not isinstance(data, Mapping):
        problems.append(Problem(path, f"expected a mapping of names, found {_name(data)}"))
        return None
    named, kind = inner
    found = {}
    for name, part in data.items():
        if named is str and kind in _LEAVES and type(part) is kind and type(name) is str:
            found[name] = part  # as nearly all are of a mapping with a hundred thousand names
            continue
        if is_too_large(name):
            problems.append(Problem(path, TOO_LARGE))
            continue
        where = below(path, str(name))
        key = str(name) if named is str else collect(named, name, where, problems)
        found[key] = collect(kind, part, where, problems)
    return found


class _Field(NamedTuple):
    name: str
    key: str
    kind: Any
    needed: bool


@functools.cache
def _fields(kind: type) -> tuple[_Field, ...]:
    """Return the fields of a dataclass; to look at its type hints takes long."""
    hints = typing.get_type_hints(kind)
    none = dataclasses.MISSING
    return tuple(
        _Field(field.name, key(field.name), hints[field.name], field.default is none and field.default_factory is none)
        for field in dataclasses.fields(kind)
    )


def _record(kind: type, data: Any, path: str, problems: list[Problem]) -> Any:
    if not isinstance(data, Mapping):
        problems.append(Problem(path, f"expected a mapping, found {_name(data)}"))
        return None
    fields = _fields(kind)
    before = len(problems)
    strange = _strange(fields, data, path, problems)
    values: dict[str, Any] = {}
    for field in fields:
        if field.kind is Further:
            values[field.name] = Further(strange)
            continue
        given = data.get(field.key, _MISSING)
        if given is not _MISSING:
            values[field.name] = collect(field.kind, given, below(path, field.key), problems)
        elif field.needed:
            said = f"missing key: {path or 'the document'} requires {field.key!r}"
            problems.append(Problem(below(path, field.key), said))
    if len(problems) > before:
        return None
    try:
        return kind(**values)
    except OutOfRange as error:
        held = error.name.partition(".")[0] in values
        problems.append(Problem(below(path, error.name) if held else path, str(error)))
        return None
    except ValueError as error:  # what no single key says wrong: the record's own demand
        problems.append(Problem(path, str(error)))
        return None


def _strange(fields: tuple[_Field, ...], data: Any, path: str, problems: list[Problem]) -> dict[str, Any]:
    """Return the keys that no field knows; where nothing keeps them, each is a problem."""
    known = [field.key for field in fields if field.kind is not Further]
    strange = {name: part for name, part in data.items() if name not in known}
    if len(known) == len(fields):
        for name in strange:
            said = f"unknown key {_shown.repr(name)}{_near(name, known)}; known keys: {', '.join(known)}"
            problems.append(Problem(path if is_too_large(name) else below(path, str(name)), said))
    return strange


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
    if refusal := getattr(kind, "refusal", None):
        problems.append(Problem(path, refusal(data)))
        return None
    expected = getattr(kind, "expected", None) or {str: "a text", int: "a whole number", bool: "true or false"}.get(
        kind, kind.__name__
    )
    problems.append(Problem(path, f"expected {expected}, found {'nothing' if data is None else _shown.repr(data)}"))
    return None


def _name(data: Any) -> str:
    """Return what was found in place of something else; of what has parts only their number, for they may be long."""
    if isinstance(data, (Mapping, list, tuple)) and data:
        kind = "mapping" if isinstance(data, Mapping) else "list"
        return f"a {kind} of {len(data)}"
    return "nothing" if data is None else f"{type(data).__name__} {_shown.repr(data)}"
