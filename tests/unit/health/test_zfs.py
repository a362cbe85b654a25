from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.core.clock import iso
from ops.health import zfs
from ops.health.zfs import KIND, Options
from ops.interfaces.check import CheckContext
from ops.interfaces.devices import DevicesSeen, written

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(zfs, "FILE", str(tmp_path / "devices.json"))
    return tmp_path / "devices.json"


def look(left: Path, said: str, troubles: tuple[str, ...] = (), **options: Any) -> list[tuple[str, str]]:
    left.write_text(json.dumps(written(DevicesSeen(finished=iso(NOW), pools=said, troubles=troubles))))
    return [(one.verdict.value, one.message) for one in KIND.probe(Options(**options), CheckContext(NOW, {}))]


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ("tank\t41\tONLINE", "pass"),
        ("tank\t80\tONLINE", "pass"),
        ("tank\t81\tONLINE", "warn"),
        ("tank\t91\tONLINE", "fail"),
        ("tank\t41\tDEGRADED", "warn"),
        ("tank\t91\tDEGRADED", "fail"),
        ("tank\t41\tFAULTED", "fail"),
        ("tank\t41\tUNAVAIL", "fail"),
        ("tank\t41\tSUSPENDED", "fail"),
        ("tank\t-\tUNAVAIL", "unknown"),
        ("tank", "unknown"),
    ],
)
def test_health_and_room_are_judged(left: Path, row: str, verdict: str) -> None:
    (found, healthy) = look(left, f"{row}\nother\t5\tONLINE\n")
    assert found[0] == verdict
    assert healthy == ("pass", "other is online, 5% used")


def test_a_pool_that_is_gone_fails_and_one_that_nobody_wants_is_ignored(left: Path) -> None:
    assert look(left, "a\t5\tONLINE\n", pools=("tank",))[0] == ("fail", "tank is not there")
    assert look(left, "a\t95\tONLINE\n", ignore=("a",)) == []


def test_without_pools_or_an_answer_it_is_unknown(left: Path) -> None:
    assert look(left, "")[0][0] == "unknown"
    assert look(left, "", ("zpool failed with code 1: no module",)) == [
        ("unknown", "zpool failed with code 1: no module")
    ]
