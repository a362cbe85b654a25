from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ops.core.quantity import span
from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import AssetFinding
from ops.reports.status import text as status_text
from ops.reports.status.view import view

sys.path.insert(0, str(Path(__file__).parent))
import fifty
from sample import fleet, healthy, typed

FAIL, PASS = Verdict.FAIL, Verdict.PASS


def test_the_table_of_a_healthy_fleet() -> None:
    assert status_text.render(typed(healthy())) == (
        "Hospital São Lucas, 2026-11-22 11:05 America/Sao_Paulo\n"
        "pass     Everything is as the policy requires\n"
        "         1 asset: 1 pass; 2 machines: 2 pass\n"
        "\n"
        "         Off-site              The only asset has a copy off-site.\n"
        "                               If the house burns now, 3 days of his are lost.\n"
        "         Drills                The only asset was restored in a drill.\n"
        "                               The oldest proof: his, 8 days ago.\n"
        "         Room for backups      The policy has no backup host.\n"
        "         Due next              Nothing is due.\n"
        "         Since yesterday       This is the first status here: there is none to compare with.\n"
        "         Attempts that failed  None: the latest attempt of every act was good.\n"
        "\n"
        "         ASSET  ON    LAST BACKUP   RPO    COPIES             LAST DRILL  RECOVERY  RTO\n"
        "pass     his    his1  9h 26min ago  1d 2h  offsite 2d 8h ago  7d 7h ago   7min 4s   1h\n"
        "\n"
        "         MACHINE  CHECKS\n"
        "pass     drill1   2 of 2 pass\n"
        "pass     his1     4 of 4 pass"
    )


def test_the_worst_stands_on_top_with_its_reasons() -> None:
    lines = status_text.render(typed(fleet())).splitlines()
    assert lines[1].startswith("fail ")
    table = next(number for number, line in enumerate(lines) if "LAST BACKUP" in line)
    assert lines[table + 1].startswith("fail     pacs")
    assert lines[table + 2].strip().startswith("fail: backup: last good backup 2d 14h old")


def test_a_machine_that_says_nothing_is_there_with_its_reason() -> None:
    (line,) = (
        line
        for line in status_text.render(typed(fleet())).splitlines()
        if "lab1 " in line and "does not answer" in line
    )
    assert line.startswith("unknown  lab1")


def test_what_a_machine_tells_twice_of_an_asset_is_as_bad_as_the_worse_of_both() -> None:
    two = tuple(AssetFinding(about="backup", verdict=verdict, message=verdict.value) for verdict in (FAIL, PASS))
    status = typed(healthy())
    for findings in (two, two[::-1]):
        asset = replace(status.assets["his"], verdict=FAIL, findings=findings)
        shown = view(replace(status, assets={"his": asset}))
        assert [one.lines[0].message for work in shown.works for one in work.troubles] == ["fail"]
        assert shown.assets[0].backup.verdict is FAIL


def test_colours_only_where_they_are_wanted() -> None:
    assert "\x1b" not in status_text.render(typed(fleet()))
    assert "\x1b[31;1mfail" in status_text.render(typed(fleet()), colours=True)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0s"), (4.24, "4.2s"), (9.0, "9s"), (62, "1min 2s"), (93600, "1d 2h"), (93661, "1d 2h")],
)
def test_spans_have_at_most_two_units(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_an_unknown_zone_falls_back_to_utc() -> None:
    status = fleet()
    status["site"]["timezone"] = "Nowhere/Atall"
    assert (view(typed(status)).time, view(typed(status)).zone) == ("2026-11-22 14:05", "UTC")


def test_states_that_are_not_whole_are_borne() -> None:
    status = fleet()
    status["assets"]["his"]["backup"] = {"kind": None, "message": "not whole"}
    status["assets"]["his"]["drill"] = {"last_good": {"time": "yesterday"}}
    asset = next(asset for asset in view(typed(status)).assets if asset.name == "his")
    assert asset.age.share is None
    assert asset.drill is not None
    assert asset.drill.recovery.text == ""


def test_a_limit_that_is_passed_is_marked() -> None:
    pacs = view(typed(fleet())).assets[0]
    assert pacs.age.exceeded
    assert pacs.age.share == 1.0


def test_a_gap_is_named_with_what_it_is_and_an_excused_one_is_not() -> None:
    shown = status_text.render(typed(fleet()))
    assert "      postgresql:5432/trial: a PostgreSQL database, 214 MiB\n" in shown
    assert "/mnt/pictures" not in shown


def test_whom_to_call_stands_where_something_is_wrong_and_nowhere_else() -> None:
    shown = status_text.render(fifty.troubled())
    call = "Call Head of IT, +351 239 000 101; deputy: Database administrator, +351 239 000 102"
    assert shown.count(call) == 3 + 1  # the assets, and the machine that is silent
    assert "Call" not in status_text.render(fifty.healthy())


def test_what_wants_attention_is_marked() -> None:
    marked = [line for line in status_text.render(fifty.troubled()).splitlines() if line.startswith("!")]
    assert len(marked) == 6
    assert not [line for line in status_text.render(fifty.healthy()).splitlines() if line.startswith("!")]


def test_a_healthy_asset_takes_one_line() -> None:
    lines = status_text.render(fifty.healthy()).splitlines()
    assert sum(line.startswith("pass ") for line in lines) == 1 + 50 + 12
    assert len(lines) < 50 + 12 + 25
