"""No name survives, whoever it is, in whatever a program says; and to cut twice cuts no more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from properties import examples
from test_discretion import PLACES, SAYINGS, named

from ops.evidence.redaction import redacted, redacted_text

CAPITALS = "ABCDEFGHIJKLMNOPRSTUVZÁÉÍÓÚÇŠŽÅÖÜ"
SMALL = "abcdefghijklmnoprstuvzáéíóúçšžåöüñ"
word = st.builds(lambda first, rest: first + rest, st.sampled_from(CAPITALS), st.text(SMALL, min_size=3, max_size=9))
between = st.sampled_from([" ", " da ", " de ", " von ", "-", ", ", " D'", " O'"])
people = st.builds(lambda first, joint, last: f"{first}{joint}{last}", word, between, word)
saying = st.sampled_from(SAYINGS)
anything = st.text("aZ 'Ž\"`/(){}=:,;.…|^\n1", max_size=40)


@examples(150)
@given(people, saying)
def test_no_persons_name_survives_what_programs_say(name: str, said: str) -> None:
    assert named(redacted_text(said.format(name=name), PLACES), name) == []


@examples(80)
@given(people, people, st.lists(saying, min_size=2, max_size=3))
def test_nor_do_several_in_one_text(one: str, other: str, said: list[str]) -> None:
    text = " | ".join(part.format(name=name) for part, name in zip(said, (one, other, one), strict=False))
    found = redacted({"rungs": [{"message": text}], "told": (text,)}, PLACES)
    assert named(str(found), one) + named(str(found), other) == []


@examples(150)
@given(st.builds(lambda said, name: said.format(name=name), saying, people) | anything)
def test_to_cut_twice_cuts_no_more(text: str) -> None:
    once = redacted_text(text, PLACES)
    assert redacted_text(once, PLACES) == once


@examples(80)
@given(anything)
def test_nothing_is_added(text: str) -> None:
    assert len(redacted_text(text, PLACES).replace("…", "").replace("()", "")) <= len(text) + 2
