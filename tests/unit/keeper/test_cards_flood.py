"""A server that was broken into can hand over any number of cards: others are planned for all the same, and soon."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ops.core import clock
from ops.core.names import Digest, HostName, Name, SetId
from ops.interfaces.card import SetCard, Signed, text, written
from ops.jobs.keeper import handed as judging
from ops.jobs.keeper import planning
from ops.keeper import guard, handed
from ops.keeper import register as registers
from ops.keeper.guard import AssetFacts, Bounds, Expected, Facts
from ops.keeper.register import KnownCard
from ops.keeper.whole import HOUR, Holdings, WholeSet

NOW = 1_800_000_000.0


def a_set(number: int, **changes: object) -> WholeSet:
    arrived = NOW - HOUR + number
    moment = clock.iso(datetime.fromtimestamp(arrived, UTC))
    card = SetCard(
        client=HostName("his1"),
        asset=Name("his"),
        set=SetId(f"{number:08d}"),
        captured=moment,
        finished=moment,
        manifest=Digest(f"{number:064x}"),
        snapshots=(Digest(f"{number:064x}"),),
        bytes=0,
        files=0,
        added=0,
    )
    return WholeSet(replace(card, **changes), arrived)  # type: ignore[arg-type]


def refused(sets: int, a_day: int) -> list[str]:
    asset = AssetFacts("his", Expected(HOUR * 48, a_day), [a_set(number) for number in range(sets)])
    return guard.refusals(Facts(NOW, [asset]), Bounds())


def test_of_a_flood_the_latest_are_judged_and_the_flood_is_named() -> None:
    said = refused(300, 1)
    assert "300 sets arrived in the last day, and its schedule explains 4 at most" in said[0]
    assert sum("is empty" in why for why in said) == 4
    assert sum("is empty" in why for why in refused(4, 1)) == 4


def test_so_many_reasons_are_given_and_the_others_counted() -> None:
    said = refused(300, 200)
    assert len(said) == 101
    assert said[-1] == "and 201 more"  # each is empty, and none is proven
    assert not any("more" in why for why in refused(20, 200))


class Passes(tuple[WholeSet, ...]):
    """Sets that tell how often somebody went through all of them."""

    gone_through = 0

    def __iter__(self) -> Iterator[WholeSet]:
        Passes.gone_through += 1
        return super().__iter__()


def test_any_number_of_assets_is_gone_through_once() -> None:
    sets = Passes(a_set(number, asset=Name(f"a{number}")) for number in range(50))
    Passes.gone_through = 0
    night = planning.Night(NOW, ZoneInfo("UTC"), HOUR, Bounds())
    chosen = planning._chosen(night, {}, Holdings(sets, (), (), 0))
    assert (len(chosen), Passes.gone_through) == (50, 1)


def laid(base: Path, *contents: bytes) -> list[str]:
    """Hand over cards, each a second after the other; return their paths."""
    folder = base / "his1/cards/snapshots"
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, content in enumerate(contents):
        path = folder / sha256(content).hexdigest()
        path.write_bytes(content)
        os.utime(path, (NOW + number, NOW + number))
        paths.append(f"cards/snapshots/{path.name}")
    return paths


def test_a_night_looks_at_so_many_bytes_and_the_next_at_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handed, "MOST_BYTES", 25)
    old, middle, new = laid(tmp_path, b"1" * 10, b"2" * 10, b"3" * 10)
    tonight = [one.path for one in handed.of_sets(tmp_path, "his1", ())]
    assert tonight == [new, middle]
    assert [one.path for one in handed.of_sets(tmp_path, "his1", tonight)] == [old]


def test_cards_without_an_end_fill_neither_the_memory_nor_the_disk_of_a_backup_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    (tmp_path / "etc/seawall").mkdir(parents=True)
    cards = [written(Signed(text(a_set(number).card), "x")) for number in range(3)]
    paths = laid(tmp_path / "srv/seawall", *cards)
    monkeypatch.setattr(judging, "MOST_BYTES", sum(map(len, cards[:2])) + 1)
    with registers.opened(tmp_path / "register.sqlite") as register:
        register.judged("his1", [KnownCard(paths[0], NOW, cards[0], "")], NOW)
        assert register.card_bytes("his1") == len(cards[0])
        told = judging.judged(register, "his1", (), NOW)
    assert [said.split()[0] for said in told.odd] == [paths[2], paths[1]]
    assert "no key of his1 is known here" in told.odd[0]
    assert "are more than is kept" in told.odd[1]
    assert len(told.sets) == 1


def test_nothing_is_kept_of_what_is_no_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    laid(tmp_path / "srv/seawall", b"x" * 1000)
    kept: list[KnownCard] = []
    with registers.opened(tmp_path / "register.sqlite") as register:
        monkeypatch.setattr(register, "judged", lambda _host, cards, _now: kept.extend(cards))
        judging.judged(register, "his1", (), NOW)
    assert [(bool(one.refused), one.content) for one in kept] == [(True, b"")]
