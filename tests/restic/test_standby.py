"""Two real clusters: one follows, takes over under write load and goes back; nothing acknowledged is lost."""

import subprocess
import threading
from collections.abc import Iterator

import pytest
from standby_pair import Pair, pair
from throwaway_postgresql import ONLY_ROOT

from ops.core.errors import UsageError
from ops.jobs.standby import rejoin, turning
from ops.jobs.standby.place import Place
from ops.jobs.standby.state import await_that, running, state

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
