"""What the facts of every kind of source must keep: a manifest is made of them, and outlives the release."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ops.core import kinds
from ops.interfaces.facts import Facts
from ops.interfaces.source import Source

LEAVES = (str, int, float, bool)
# Keys that a manifest has for every part, whichever kind it is.
COMMON = {"kind", "material", "completes", "vanished_while_read"}


def facts() -> Iterator[tuple[str, type[Facts]]]:
    for kind in kinds.kinds("ops.sources"):
        source: Source[Any, Any] = kinds.load("ops.sources", kind)
        yield kind, source.facts
        if source.completion:
            yield f"{kind}, what completes it", source.completion.facts


@pytest.fixture(params=[pytest.param(found, id=name) for name, found in facts()])
def told(request: pytest.FixtureRequest) -> type[Facts]:
    return request.param


def test_they_are_frozen_and_their_fields_are_named(told: type[Facts]) -> None:
    assert issubclass(told, Facts)
    assert told.__dataclass_params__.frozen
    names = {field.name for field in dataclasses.fields(told)}
    assert not names & COMMON
    # A field in the place of one of the properties would hide what others ask for.
    assert not names & {name for name, value in vars(Facts).items() if isinstance(value, property)}


def test_every_field_has_a_type_to_the_last_leaf(told: type[Facts]) -> None:
    assert list(untyped(told, told.__name__)) == []


def untyped(kind: Any, path: str) -> Iterator[str]:
    """Yield where a type says nothing of what may stand there."""
    if dataclasses.is_dataclass(kind):
        for name, one in typing.get_type_hints(kind).items():
            yield from untyped(one, f"{path}.{name}")
    elif typing.get_origin(kind) in (typing.Union, types.UnionType, tuple, Mapping):
        for one in typing.get_args(kind):
            yield from () if one in (type(None), Ellipsis) else untyped(one, f"{path}[]")
    elif typing.get_origin(kind) is not typing.Literal and not (isinstance(kind, type) and issubclass(kind, LEAVES)):
        yield f"{path}: {kind}"
