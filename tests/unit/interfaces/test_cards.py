"""What is no card is refused, within limits, and a card comes back as it was written."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ops.core.errors import Damaged
from ops.core.names import Digest, HostName, Name, SetId
from ops.interfaces.card import LIMITS, ProofCard, SetCard, Signed, opened, proof_card, set_card, text, written

MOMENT = "2026-11-27T01:30:00Z"
SET = SetCard(
    client=HostName("his1"),
    asset=Name("his"),
    set=SetId("5a87d23c-12a4"),
    captured=MOMENT,
    finished=MOMENT,
    manifest=Digest("a" * 64),
    snapshots=(Digest("b" * 64), Digest("c" * 64)),
    bytes=10,
    files=1,
    added=2,
    copied={Name("offsite"): MOMENT},
)
PROOF = ProofCard(
    client=HostName("his1"),
    asset=Name("his"),
    set=SetId("5a87d23c-12a4"),
    by=HostName("drill1"),
    drilled=MOMENT,
    passed=True,
    manifest=Digest("a" * 64),
)


def test_cards_come_back_as_they_were_written() -> None:
    signed = Signed(text(SET), "a signature")
    assert opened(written(signed), "x") == signed
    assert set_card(signed, "x") == SET
    assert proof_card(Signed(text(PROOF), ""), "x") == PROOF


def test_what_a_set_needs_is_told_where_it_was_measured() -> None:
    told = replace(SET, needs=3, beside=(Digest("d" * 64),))
    assert set_card(Signed(text(told), ""), "x") == told
    assert "needs" not in text(SET)


def test_the_same_card_has_the_same_text() -> None:
    """So it is the same file, and handed over twice it is there once."""
    assert text(SET) == text(replace(SET))


@pytest.mark.parametrize(
    "changes",
    [
        {"client": "../his1"},
        {"asset": "a b"},
        {"set": "../../x"},
        {"snapshots": []},
        {"snapshots": ["b" * 64, "b" * 64]},
        {"snapshots": ["x"]},
        {"manifest": "a" * 63},
        {"bytes": -1},
        {"files": 1 << 61},
        {"added": 1.5},
        {"needs": -1},
        {"needs": 1 << 61},
        {"beside": ["x"]},
        {"captured": "yesterday"},
        {"finished": "0001-01-01T00:00:00+14:00"},
        {"copied": {"offsite": "x"}},
        {"rows": 1},
        {"version": 2},
    ],
)
def test_what_is_no_card_of_a_set_is_refused(changes: dict[str, object]) -> None:
    told = {**json.loads(text(SET)), **changes}
    with pytest.raises(Damaged, match="a card"):
        set_card(Signed(json.dumps(told), ""), "a card")


def test_a_card_of_a_set_is_none_of_a_drill() -> None:
    with pytest.raises(Damaged, match="a card"):
        proof_card(Signed(text(SET), ""), "a card")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{" * 100_000, b'{"version":1}', b"\xff" * 600, b"x" * (LIMITS.bytes + 1)]
)
def test_what_is_no_file_of_a_card_is_refused(content: bytes) -> None:
    with pytest.raises(Damaged, match="a card"):
        opened(content, "a card")


def test_a_signature_is_not_endless() -> None:
    with pytest.raises(Damaged, match="too long"):
        opened(written(Signed(text(SET), "x" * 5000)), "a card")
