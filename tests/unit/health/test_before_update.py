from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.core import dpkg_log
from ops.core.clock import iso
from ops.core.errors import Damaged
from ops.core.names import AbsolutePath
from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict
from ops.health.before_update import KIND, Options
from ops.interfaces.check import CheckContext
from tests.states import states as typed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def line(when: datetime, name: str = "his:amd64", old: str = "1", new: str = "2", action: str = "upgrade") -> str:
    return f"{when.astimezone():%Y-%m-%d %H:%M:%S} {action} {name} {old} {new}\n"


def kept(when: datetime, missing: tuple[str, ...] = (), **replaced: str) -> dict[str, Any]:
    versions = {f"{name}:amd64": version for name, version in replaced.items()}
    return {"time": iso(when), "id": f"{when:%Y%m%dT%H%M%SZ}", "replaced": versions, "missing": list(missing)}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "dpkg.log"


def options(log: Path) -> Options:
    return Options(path=AbsolutePath(str(log)))


def look(log: Path, text: str, good: dict[str, Any] | None = None, since: datetime = NOW - 60 * DAY) -> Finding:
    log.write_text(text)
    state = {"kind": "before-update", "asset": "packages", "verdict": "pass", "last_good": good}
    states = typed({"before-update": state} if good else {})
    (found,) = KIND.probe(options(log), CheckContext(NOW, states, since))
    return found


def test_an_update_with_nothing_kept_before_it_fails(log: Path) -> None:
    found = look(log, line(NOW - DAY) + line(NOW - DAY, "curl:amd64"))
    assert (found.verdict, found.figures["updates_without"]) == (Verdict.FAIL, 1.0)
    assert found.message == "nothing was kept before the update of 2026-11-21: his:amd64, curl:amd64"


@pytest.mark.parametrize(
    ("before", "verdict"), [(HOUR, "pass"), (24 * HOUR, "pass"), (25 * HOUR, "fail"), (-HOUR, "fail")]
)
def test_it_must_have_been_kept_before_and_not_long_before(log: Path, before: timedelta, verdict: str) -> None:
    when = NOW - 2 * DAY
    assert look(log, line(when), kept(when - before, his="1")).verdict.value == verdict


def test_an_earlier_moment_counts_for_an_earlier_update(log: Path) -> None:
    first, second = NOW - 9 * DAY, NOW - 2 * DAY
    earlier = {"earlier": [kept(first - HOUR, his="1")]}
    text = line(first) + line(second, old="2", new="3")
    assert look(log, text, kept(second - HOUR, his="2") | earlier).verdict is Verdict.PASS
    found = look(log, text, kept(second - HOUR, his="2"))
    assert (found.verdict, found.figures["updates_without"]) == (Verdict.FAIL, 1.0)


def test_a_package_that_was_not_kept_warns(log: Path) -> None:
    when = NOW - DAY
    for good in (kept(when - HOUR), kept(when - HOUR, his="0"), kept(when - HOUR, ("his:amd64",), his="1")):
        found = look(log, line(when), good)
        assert (found.verdict, found.message) == (
            Verdict.WARN,
            "can't be brought back: the update of 2026-11-21: his:amd64",
        )


def test_what_was_brought_back_or_is_no_update_is_none(log: Path) -> None:
    when = NOW - 20 * DAY
    back = line(NOW - DAY, old="2", new="1")
    assert look(log, line(when) + back, kept(when - HOUR, his="1")).figures["updates"] == 1.0
    others = line(when, action="install", old="<none>") + line(when, new="1") + "2026-13-40 99:99:99 upgrade a 1 2\n"
    assert look(log, others).message == "no package was replaced since 2026-10-23"


def test_what_was_before_the_check_or_is_long_ago_is_not_judged(log: Path) -> None:
    assert look(log, line(NOW - 3 * DAY), since=NOW - 2 * DAY).verdict is Verdict.PASS
    assert look(log, line(NOW - 31 * DAY)).verdict is Verdict.PASS


def test_the_log_before_counts_too_and_none_is_unknown(log: Path) -> None:
    log.with_name("dpkg.log.1").write_text(line(NOW - DAY))
    assert look(log, "").verdict is Verdict.FAIL
    log.unlink()
    with pytest.raises(FileNotFoundError):
        [*KIND.probe(options(log), CheckContext(NOW, {}, NOW - DAY))]


def test_a_moment_in_the_future_is_not_believed(log: Path) -> None:
    with pytest.raises(Damaged, match="in the future"):
        look(log, line(NOW - DAY), kept(NOW + DAY, his="1"))


def test_a_limit_without_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="within"):
        Options(within=Duration(1))


def test_a_long_pause_parts_two_updates() -> None:
    lines = [dpkg_log.Replaced(NOW + timedelta(minutes=minutes), "a:all", "1", "2") for minutes in (0, 9, 18, 40)]
    assert [len(run) for run in dpkg_log.runs(lines)] == [3, 1]
