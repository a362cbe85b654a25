"""Whatever was decoded comes back from its plain form; whatever is not understood is named, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from ops.core import document, kinds, schema
from ops.core.errors import Damaged, PolicyError
from ops.core.names import Name
from ops.core.quantity import Day, Duration, Percent, Size
from ops.interfaces.manifest import LIMITS, read
from ops.policy.model import HostPolicy

PACKAGES = ("ops.sources", "ops.drills", "ops.targets", "ops.health")


@dataclass(frozen=True)
class Inner:
    size: Size
    share: Percent
    day: Day


@dataclass(frozen=True)
class Everything:
    """One field of each type that is understood; a spare one, too."""

    text: str
    number: int
    fraction: float
    flag: bool
    duration: Duration
    name: Name
    choice: Literal["one", "two"]
    maybe: int | None
    many: tuple[str, ...]
    pair: tuple[int, str]
    named: Mapping[str, Inner]
    later: str = schema.spare("")


texts = st.text(st.characters(codec="utf-8"), max_size=20)
inner = st.builds(
    Inner,
    st.builds(Size, st.integers(0, 1 << 50)),
    st.builds(Percent, st.floats(0, 100)),
    st.builds(Day, st.dates(date(1970, 1, 1))),
)
everything = st.builds(
    Everything,
    text=texts,
    number=st.integers(-(1 << 62), 1 << 62),
    fraction=st.floats(allow_nan=False, allow_infinity=False),
    flag=st.booleans(),
    duration=st.builds(Duration, st.integers(0, 10**9)),
    name=st.from_regex(Name.form, fullmatch=True).map(Name),
    choice=st.sampled_from(["one", "two"]),
    maybe=st.none() | st.integers(0, 9),
    many=st.lists(texts, max_size=3).map(tuple),
    pair=st.tuples(st.integers(0, 9), texts),
    named=st.dictionaries(texts, inner, max_size=2),
    later=texts,
)


@examples(100)
@given(everything)
def test_what_is_written_is_read_as_it_was(value: Everything) -> None:
    plain = json.loads(json.dumps(schema.encode(value)))
    if value.maybe is None:
        plain["maybe"] = None
    assert schema.decode(Everything, plain, "") == value
    assert document.decode(Everything, plain, "file") == value


def words(kind: Any, seen: set[str]) -> set[str]:
    """Return the keys that a type knows, at any depth: a guess that uses them gets further."""
    if is_dataclass(kind):
        for field in fields(kind):
            seen.add(field.name)
    return seen


TYPES: dict[str, type] = {"policy": HostPolicy} | {
    f"{package}.{kind}": kinds.load(package, kind).options for package in PACKAGES for kind in kinds.kinds(package)
}
FACTS: dict[str, type] = {kind: kinds.load("ops.sources", kind).facts for kind in kinds.kinds("ops.sources")}
# What looks like a quantity and may be none, or one that nothing can hold.
odd = st.from_regex(r"[0-9]{1,400}(\.[0-9]{1,3})? ?(TiB|B|%|d|y|min|s)?", fullmatch=True)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | odd


def guesses(kind: type) -> st.SearchStrategy[Any]:
    keys = st.sampled_from(sorted(words(kind, {"kind", "options", "x"}))) | st.text(max_size=5)
    below = st.recursive(
        leaves, lambda one: st.lists(one, max_size=3) | st.dictionaries(keys, one, max_size=4), max_leaves=8
    )
    return st.dictionaries(keys, below, max_size=6) | below


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
def test_a_policy_that_is_not_understood_is_refused(kind: type) -> None:
    @examples(15)
    @given(guesses(kind))
    def holds(data: Any) -> None:
        try:
            assert isinstance(schema.decode(kind, data, ""), kind)
        except PolicyError as error:
            assert error.problems
            str(error)

    holds()


@pytest.mark.parametrize("kind", FACTS.values(), ids=FACTS)
def test_facts_that_are_not_understood_are_damaged(kind: type) -> None:
    @examples(15)
    @given(guesses(kind))
    def holds(data: Any) -> None:
        try:
            assert isinstance(document.decode(kind, data, "manifest.json"), kind)
        except Damaged as error:
            assert str(error).startswith("manifest.json")

    holds()


@examples(60)
@given(st.binary(max_size=200) | guesses(dict).map(lambda data: json.dumps(data).encode()))
def test_whatever_bytes_a_manifest_has_it_is_refused(content: bytes) -> None:
    with pytest.raises(Damaged, match=r"^manifest\.json"):
        read(content, "manifest.json")


@examples(60)
@given(guesses(dict).map(lambda data: json.dumps(data, allow_nan=False, default=str) if finite(data) else "{}"))
def test_what_is_valid_json_is_read_as_json(text: str) -> None:
    try:
        found = document.parse(text.encode(), LIMITS, "file")
    except Damaged as error:
        assert str(error).startswith("file: ")
    else:
        assert found == json.loads(text)


def finite(data: Any) -> bool:
    try:
        json.dumps(data, allow_nan=False)
    except ValueError:
        return False
    return True
