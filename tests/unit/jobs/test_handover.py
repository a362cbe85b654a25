"""What a person asks reaches one run of a unit, whoever ends the session, and nobody but root can ask."""

import fcntl
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from account import as_account, link, machine, needs_root

from ops.core import clock
from ops.core.errors import Damaged
from ops.interfaces.request import written
from ops.jobs.drill.options import DrillOptions
from ops.jobs.run import handover
from ops.jobs.run.handover import offered, taken_over
from ops.jobs.run.override import LOSS, Override

pytestmark = needs_root

ACT = "backup-his"
LEFT = "run/seawall/account/backup-his.request"
WISH = Override(LOSS, "ticket 4711", "person:ana")
SESSION = """
import signal, sys
from ops.jobs.run.handover import offered
from ops.jobs.run.override import LOSS, Override
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background begin without
with offered("backup-his", Override(LOSS, "ticket 4711", "person:ana"), by_root=sys.argv[1] == "root"):
    print("waits", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with machine() as made:
        monkeypatch.setenv("SEAWALL_ROOT", str(made))
        monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
        yield made


def demand(wanted: Override | None) -> None:
    assert taken_over(ACT, Override) == wanted


def test_the_units_account_takes_a_request_over_once(root: Path) -> None:
    with offered(ACT, WISH):
        assert (root / LEFT).stat().st_uid == 0
        assert as_account(lambda: demand(WISH)) == 0
        assert not [*(root / "run/seawall/account").iterdir()]
        assert as_account(lambda: demand(None)) == 0


def test_a_unit_of_roots_takes_a_request_over_once(root: Path) -> None:
    wish = DrillOptions(keep="ticket 4711", approver="Head of IT", by="person:ana")
    with offered("drill-his", wish, by_root=True):
        assert taken_over("drill-his", DrillOptions) == wish
        assert taken_over("drill-his", DrillOptions) is None


def test_a_request_is_gone_when_nobody_took_it(root: Path) -> None:
    with offered(ACT, WISH):
        pass
    assert not (root / LEFT).exists()


@pytest.mark.parametrize("folder", ["account", "root"])
@pytest.mark.parametrize("ending", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_session_that_is_cut_leaves_nothing_for_a_later_run(root: Path, ending: int, folder: str) -> None:
    session = subprocess.Popen(
        [sys.executable, "-c", SESSION, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert session.stdout and session.stdout.readline() == b"waits\n"
    session.send_signal(ending)
    session.wait(timeout=60)
    assert ending == signal.SIGKILL or not [*(root / "run/seawall" / folder).iterdir()]
    if folder == "root":
        demand(None)
    assert as_account(lambda: demand(None)) == 0
    assert not [*(root / "run/seawall" / folder).iterdir()]


def test_a_request_holds_for_a_minute(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = clock.now() + timedelta(seconds=61)
    with offered(ACT, WISH):
        monkeypatch.setattr(clock, "now", lambda: later)
        assert as_account(lambda: demand(None)) == 0


def test_a_request_of_a_clock_that_was_set_back_holds_no_longer(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = clock.now() - timedelta(days=1)
    with offered(ACT, WISH):
        monkeypatch.setattr(clock, "now", lambda: earlier)
        assert as_account(lambda: demand(None)) == 0


def test_what_was_asked_of_one_act_is_not_asked_of_another(root: Path) -> None:
    with offered("backup-lis", WISH), pytest.raises(Damaged, match=r"act: expected backup-his, found 'backup-lis'"):
        (root / "run/seawall/account/backup-lis.request").rename(root / "run/seawall/root/backup-his.request")
        demand(WISH)


def test_the_account_cannot_ask_in_roots_name(root: Path) -> None:
    forged = written(WISH, ACT, clock.now())
    assert as_account(lambda: (root / LEFT).write_text(forged)) == 0
    assert as_account(lambda: demand(None)) == 0
    assert not (root / LEFT).exists()
    assert as_account(lambda: (root / "run/seawall/root/drill-his.request").write_text(forged)) == 1
    wish = json.dumps({"dump": "/etc", "keep": "x", "approver": "Head of IT", "by": "person:ana"})
    (root / "run/seawall/drill-his.request").write_text(wish)  # where requests lay before
    assert taken_over("drill-his", DrillOptions) is None


def test_the_account_cannot_ask_though_it_waits_itself(root: Path) -> None:
    forged = written(WISH, ACT, clock.now())

    def forge() -> None:
        with (root / LEFT).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(forged)
            file.flush()
            demand(None)

    assert as_account(forge) == 0


def test_a_request_is_taken_away_before_it_is_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, read = [], handover._read

    def looked(*words: Any) -> Any:
        seen.append((root / "run/seawall/root/backup-his.request").exists())
        return read(*words)

    monkeypatch.setattr(handover, "_read", looked)
    with offered(ACT, WISH, by_root=True):
        demand(WISH)
    assert seen == [False]


def test_a_link_in_a_requests_place_harms_nothing(root: Path) -> None:
    victim = root / "etc/victim"
    victim.write_text("of root's")
    link(root / LEFT, victim)
    assert as_account(lambda: demand(None)) == 0
    link(root / LEFT, victim)
    with offered(ACT, WISH):
        assert as_account(lambda: demand(WISH)) == 0
    assert victim.read_text() == "of root's"


def test_a_request_that_cannot_be_read_is_told_and_gone(root: Path) -> None:
    with offered(ACT, WISH):
        (root / LEFT).write_text('{"version": 1}')
        (root / LEFT).rename(root / "run/seawall/root/backup-his.request")
        with pytest.raises(Damaged, match="version: expected 2, found 1"):
            demand(None)
        demand(None)
