"""Benchmarks: what was measured is shown whatever breaks afterwards, and what broke is named."""

import json
from collections.abc import Iterator

import pytest

from ops.core.errors import Damaged
from ops.core.verdict import Verdict
from ops.interfaces.status_answer import read
from tests.benchmarks import backup, machine, status
from tests.benchmarks.__main__ import main, run


def _whole() -> Iterator[str]:
    yield "a table"


def _broken() -> Iterator[str]:
    try:
        yield "measured before it broke"
        raise ValueError("not measured")
    finally:
        raise Damaged("it could not be cleaned up")


def _fault() -> Iterator[str]:
    raise KeyError("parts")
    yield "never"


def test_a_part_that_breaks_takes_no_table_along(capsys: pytest.CaptureFixture[str]) -> None:
    assert run({"first": _broken, "second": _fault, "third": _whole}) == ["first", "second"]
    shown = capsys.readouterr()
    assert shown.out.split("\n\n") == ["measured before it broke", "a table", ""]
    assert "first: it could not be cleaned up" in shown.err
    assert "second: Traceback" in shown.err


def test_parts_that_all_run_are_none_that_broke() -> None:
    assert run({"only": _whole}) == []


def test_what_is_asked_by_hand_is_what_a_manifest_asks() -> None:
    assert {"select count(*) from public.patients;"} < set(backup.queries().splitlines())


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["machines"]) == 2
    assert "there is no part 'machines'; there are: start, ledger" in capsys.readouterr().err


def test_what_the_machines_of_a_benchmark_say_is_a_status() -> None:
    told = json.dumps(status.answer("m1")).replace(status.NOW, "2026-11-27T08:00:00Z").encode()
    assert read(told, "m1").checks[0].verdict is Verdict.PASS


def test_shares_are_of_what_comes_before_the_first_answer() -> None:
    facts = {"parts": {"find": 1.0, "fetch": 2.0, "start": 5.0, "prove": 100.0}}
    assert machine.shares("1 GiB more", facts) == "  1 GiB more: find 1.0 s (12%), fetch 2.0 s (25%), start 5.0 s (62%)"
