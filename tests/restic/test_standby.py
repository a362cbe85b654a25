"""Two real clusters: one follows, takes over under write load and goes back; nothing acknowledged is lost."""

import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standby_pair import Pair, pair
from throwaway_postgresql import ONLY_ROOT

from ops.core.errors import CommandError, Unavailable, UsageError
from ops.core.names import AbsolutePath, DatabaseName, Name
from ops.core.verdict import Verdict, worst
from ops.health import postgresql_standby
from ops.interfaces.check import CheckContext
from ops.interfaces.source import CaptureContext
from ops.jobs.standby import guard, rejoin, turning
from ops.jobs.standby.place import Place
from ops.jobs.standby.state import await_that, running, state
from ops.sources.postgresql import Options, capture

pytestmark = ONLY_ROOT


@pytest.fixture(autouse=True)
def root(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path_factory.mktemp("root")))


@pytest.fixture(scope="module")
def site() -> Iterator[Pair]:
    with pytest.MonkeyPatch.context() as patch, pair() as both:
        patch.setenv("SEAWALL_ROOT", str(both.places["his1"].socket / "root"))
        both.places["his1"].ask("create table taken (n int primary key)")
        both.follow("his2")
        turning.synchronous(both.places["his1"])
        yield both


class Load:
    """Writes one row after the other, and knows which were acknowledged."""

    def __init__(self, place: Place, first: int) -> None:
        self.acknowledged: list[int] = []
        self.next = first
        words = ["runuser", "-u", "postgres", "--", "psql", "-XAtq", f"--host={place.socket}", f"-p{place.one.port}"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.psql = subprocess.Popen([*words, "-d", "postgres"], text=True, cwd="/", **pipes)  # type: ignore[call-overload]
        self.thread = threading.Thread(target=self._write)
        self.thread.start()

    def _write(self) -> None:
        while True:
            try:
                self.psql.stdin.write(f"insert into taken values ({self.next}) returning n;\n")
                self.psql.stdin.flush()
            except BrokenPipeError:
                return
            if self.psql.stdout.readline().strip() != str(self.next):
                return
            self.acknowledged.append(self.next)
            self.next += 1

    def end(self) -> None:
        self.thread.join(60)
        self.psql.kill()
        self.psql.wait()
        assert not self.thread.is_alive()


def _there(place: Place) -> set[int]:
    return {int(row) for row in place.ask("select n from taken").split()}


def test_it_takes_over_and_goes_back_under_load_and_nothing_acknowledged_is_lost(site: Pair) -> None:
    his1, his2 = site.places["his1"], site.places["his2"]
    assert state(his1).synchronous
    assert state(his2).streaming

    load = Load(his1, 0)
    await_that("no load", lambda: len(load.acknowledged) > 200, 60)
    with pytest.raises(UsageError, match="is not off"):
        turning.promote(his2, off=True)
    site.kill("his1")  # in the midst of writes
    load.end()
    new = turning.promote(his2)
    assert new.primary
    assert new.timeline == 2
    assert set(load.acknowledged) <= _there(his2)

    # What the dead machine wrote alone is not taken back by itself: it may not start.
    with pytest.raises(UsageError, match="his2 is the primary"):
        his1.steering.start()
    assert not running(his1)

    turning.fence(his1)
    back = rejoin.rejoin(his1, base_backup=False)
    assert (back.follows, back.streaming, back.fenced, back.timeline <= 2) == (True, True, False, True)
    assert turning.synchronous(his2).synchronous

    # Back again, in order: the primary is fenced first, and the standby has all that it wrote.
    load = Load(his2, 1_000_000)
    await_that("no load", lambda: len(load.acknowledged) > 200, 60)
    last = turning.fence(his2)
    load.end()
    assert (last.clean, last.running) == (True, False)
    assert turning.promote(his1, last.position).primary
    assert set(load.acknowledged) <= _there(his1)
    rejoin.rejoin(his2, base_backup=False)
    assert turning.synchronous(his1).synchronous
    assert _there(his1) == _there(his2)


def _judged(place: Place) -> Verdict:
    """Return the verdict of the check, which the account of this test may ask for."""
    options = postgresql_standby.Options(
        Name(place.name), place.one.port, AbsolutePath(str(place.socket)), synchronous=True
    )
    return worst(one.verdict for one in postgresql_standby.KIND.probe(options, CheckContext(datetime.now(UTC), {})))


def _backed_up(place: Place, folder: CaptureContext) -> int:
    """Return how many rows a backup of what is here would have."""
    options = Options(
        DatabaseName("postgres"), port=place.one.port, socket=AbsolutePath(str(place.socket)), user="dump"
    )
    with capture(options, folder) as taken:
        return sum(taken.facts().rows.values())


def test_what_a_lost_standby_means_is_told_and_its_old_data_are_no_backup(site: Pair, tmp_path: Path) -> None:
    his1, his2 = site.places["his1"], site.places["his2"]
    his1.ask("create role dump login bypassrls in role pg_read_all_data")
    his1.ask("insert into taken values (-1)")
    rows = len(_there(his1))
    assert (_judged(his1), _judged(his2)) == (Verdict.PASS, Verdict.PASS)
    await_that("his2 did not show the row", lambda: len(_there(his2)) == rows, 60)
    assert _backed_up(his2, CaptureContext(tmp_path)) == rows

    his1.steering.stop()
    await_that("his2 did not notice", lambda: not state(his2).streaming, 60)
    with pytest.raises(Unavailable, match="receives nothing from its primary"):
        _backed_up(his2, CaptureContext(tmp_path))
    assert _judged(his2) is Verdict.FAIL
    his1.steering.start()  # past the guard: the other one follows
    await_that("his2 did not stream again", lambda: state(his2).streaming and state(his1).synchronous, 60)
    his2.steering.stop()
    await_that("his1 did not notice", lambda: not state(his1).streaming, 60)
    assert _judged(his1) is Verdict.FAIL
    with pytest.raises(Unavailable, match="does not stream"):
        turning.synchronous(his1)
    his2.steering.start()
    await_that("his2 did not stream again", lambda: state(his1).synchronous, 60)


def test_a_fenced_primary_takes_no_writes_whoever_starts_it(site: Pair) -> None:
    his1 = site.places["his1"]
    with pytest.raises(UsageError, match="is not the primary"):
        rejoin.rejoin(his1, base_backup=True)
    turning.fence(his1)
    with pytest.raises(Unavailable, match="masked"):
        his1.steering.start()
    his1.steering.allow()
    with pytest.raises(UsageError, match="fenced"):
        his1.steering.start()
    his1.steering.by_hand()  # type: ignore[attr-defined]
    assert his1.ask("select pg_is_in_recovery()") == "t"
    with pytest.raises(UsageError, match="is fenced"):
        turning.promote(his1)
    # The other one was not promoted: the fence can be taken back.
    his1.steering.stop()
    assert turning.release(his1).primary
    await_that("his2 did not stream again", lambda: state(his1).synchronous, 60)


def test_a_standby_that_lacks_the_last_bytes_is_not_promoted(site: Pair) -> None:
    his1, his2 = site.places["his1"], site.places["his2"]
    his2.steering.stop()
    his1.wait_for_standby(on=False)
    his1.ask("select pg_reload_conf()")
    his1.ask("insert into taken values (-2)")
    last = turning.fence(his1)
    his2.steering.start()
    with pytest.raises(Unavailable, match="lacks"):
        turning.promote(his2, last.position)
    assert state(his2).follows
    turning.release(his1)
    await_that("his2 did not stream again", lambda: state(his2).streaming, 60)
    turning.synchronous(his1)


def test_one_that_does_not_know_of_the_other_waits_for_a_person(site: Pair) -> None:
    his1, his2 = site.places["his1"], site.places["his2"]
    his1.steering.stop()
    his2.steering.stop()
    with pytest.raises(Unavailable, match="did not say whether it is the primary"):
        his1.steering.start()
    guard.start_alone(his1)
    assert state(his1).primary
    his1.steering.stop()
    with pytest.raises(Unavailable, match="did not say"):  # the word counted once
        his1.steering.start()
    his2.steering.start()
    his1.steering.start()
    await_that("his2 did not stream again", lambda: state(his1).synchronous, 60)


def test_other_roles_and_other_certificates_get_nowhere(site: Pair) -> None:
    his1, his2 = site.places["his1"], site.places["his2"]
    place = f"host={his1.one.machines['his1']} port={his1.one.port} dbname=postgres sslmode=require"
    for words in (f"{place} user=seawall_standby", f"{place} user=seawall_watch"):
        asked = his2.as_owner(["psql", "-XAtqw", "-d", words, "-c", "select 1"], ok=(0, 2))
        assert asked.code == 2, words
    with pytest.raises(CommandError, match="permission denied"):
        his2.ask_other("select * from taken")
    own = f"host={his1.socket} port={his1.one.port} dbname=postgres user=seawall_watch"
    asked = subprocess.run(["psql", "-XAtqw", "-d", own, "-c", "select * from taken"], capture_output=True, check=False)
    assert b"permission denied" in asked.stderr
