"""A backup host from whose repository sets leave, and the machine that has the key: real servers behind one address."""

import base64
import hashlib
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kept import Keeper, kept
from leaving_doors import Front, ProcessDoors, Router
from one_machine import Machine

from ops.core import clock
from ops.interfaces.card import SetCard, opened, set_card
from ops.interfaces.leaving import KeptSet, RetentionPlan, written
from ops.jobs.keeper.retention_run import run
from ops.jobs.keeper.undo import Word, undo
from ops.jobs.run.job import Ended
from ops.keeper import handed
from ops.restic.sets import complete

CHECKOUT = Path(__file__).parents[2]
OLD = 40 * 86_400.0
LEAVE = {"leave_at": "*-*-* 10:00:00", "leave_window": "30min", "leave_grace": "14d", "leave_unused": "5%"}
MOST = 5  # so often a machine's program may fail in a row
WORD = Word("a trial", "Head of IT")


@dataclass
class Site:
    """machine: has the key. keeper: has none. doors: to the repository. url: as restic on the machine has it.

    pause: seconds between two starts of the machine's program, as of a timer's.
    """

    machine: Machine
    keeper: Keeper
    doors: ProcessDoors
    url: Path
    pause: float = 0.1

    @property
    def repository(self) -> Path:
        """The folder of the repository."""
        return self.keeper.repository

    def back_up(self, *assets: str, age: float = 0.0) -> None:
        """Back up, and let what arrives have arrived earlier."""
        for asset in assets or ("documents",):
            before = set(self.files())
            assert self.machine.seawall("backup", asset) == 0
            for path in set(self.files()) - before:
                self.aged(path, age)

    def aged(self, path: str, age: float) -> None:
        """Let a file have arrived earlier."""
        moment = time.time() - age
        os.utime(self.repository / path, (moment, moment))

    def all_aged(self, age: float) -> None:
        """Let all that is there have arrived in one moment, in the order in which it did: packs before their set."""
        for path in sorted(self.files(), key=lambda path: (self.repository / path).stat().st_mtime_ns):
            self.aged(path, age)

    def files(self) -> dict[str, bytes]:
        """Return all files of the repository but locks, by their paths, with what is in them."""
        found = {}
        for path in self.repository.rglob("*"):
            if path.is_file() and path.parent.name != "locks":
                found[str(path.relative_to(self.repository))] = path.read_bytes()
        return found

    def plan(self, leave: Sequence[int] = (0,), **changes: Any) -> RetentionPlan:
        """Write a plan by which some of the sets of `documents`, from the oldest on, leave; return it."""
        with self._as_machine():
            listed = self.machine.place("primary").repository.snapshots()
        stays, leaves, now = [], [], time.time()
        cards = self.cards()
        for asset in ("documents", "pictures"):
            for number, one in enumerate(complete(listed, asset, clock.now()).counting):
                ids = tuple(part.id for part in one.parts.values())
                arrived = max((self.repository / "snapshots" / name).stat().st_mtime for name in ids)
                goes = asset == "documents" and number in leave
                words = {"asset": asset, "set": one.id, "arrived": arrived, "snapshots": ids, "proven": not goes}
                words |= {"needs": cards[one.id].needs, "beside": cards[one.id].beside}
                due = now - 1 if goes else None
                (leaves if goes else stays).append(KeptSet(**words, why="no rule keeps it", due=due))
        plan = RetentionPlan(
            **{"client": "his1", "made": now, "stays": tuple(stays), "leaves": tuple(leaves), **changes}
        )
        self.write(plan)
        return plan

    def cards(self) -> dict[str, SetCard]:
        """Return the cards that were handed over, by their sets."""
        base = self.doors.base
        told = (set_card(opened(one.content, one.path), one.path) for one in handed.of_sets(base, "his1", ()))
        return {card.set: card for card in told}

    def write(self, plan: RetentionPlan) -> None:
        """Write a plan where the backup host looks for it."""
        folder = self.keeper.root / "var/lib/seawall/state/retention"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "his1.json").write_text(json.dumps(written(plan)))

    def retention(self, *client: str | Path) -> Ended:
        """Let sets leave, while a program of the machine does its part: by default what a timer starts there."""
        with _again_and_again([*map(str, client)] or self._leave, self._env, polite=not client, pause=self.pause):
            return self.on_keeper(lambda: run("his1", self.doors))

    def intruded(self, act: str) -> Ended:
        """Let sets leave, while somebody on the machine does something else."""
        secrets = [self.machine.root / "etc/seawall/credentials" / name for name in ("ca.pem", "primary.password")]
        return self.retention(sys.executable, CHECKOUT / "tests/restic/leaving_intruder.py", act, self.url, *secrets)

    def killed(self, point: str, count: int) -> int:
        """Let sets leave until the backup host dies; return how its process ended."""
        argv = [sys.executable, CHECKOUT / "tests/restic/leaving_killed.py", point, str(count)]
        argv += [self.doors.base, self.doors.folder, self.doors.accounts]
        paths = os.pathsep.join([str(CHECKOUT), str(CHECKOUT / "tests/restic"), str(CHECKOUT / "tests")])
        env = {**os.environ, "SEAWALL_ROOT": str(self.keeper.root), "PYTHONPATH": paths}
        with _again_and_again(self._leave, self._env, polite=False):
            return subprocess.run(argv, cwd=CHECKOUT, env=env, check=False).returncode

    @property
    def _leave(self) -> list[str]:
        return [sys.executable, "-m", "ops", "repository", "leave", "primary"]

    @property
    def _env(self) -> dict[str, str]:
        return {**os.environ, "SEAWALL_ROOT": str(self.machine.root), "PYTHONPATH": str(CHECKOUT)}

    def undo(self, name: str = "") -> Ended:
        """Undo a run."""
        return self.on_keeper(lambda: undo("his1", name, WORD, self.doors))

    def on_keeper(self, work: Any) -> Any:
        """Do something as on the backup host."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SEAWALL_ROOT", str(self.keeper.root))
            return work()

    def restic(self, *words: str | Path) -> str:
        """Run restic on the repository's folder, and return what it says."""
        password = self.machine.root / "etc/seawall/credentials/primary.password"
        base = ["restic", "--no-cache", "--no-lock", "-r", self.repository, "--password-file", password]
        done = subprocess.run([*base, *words], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def snapshots(self) -> set[str]:
        """Return the names of the snapshots' files."""
        return {path.name for path in (self.repository / "snapshots").iterdir()}

    def spares(self) -> set[str]:
        """Return the names of the snapshots' files that the backup host keeps besides."""
        return {path.name for path in (self.keeper.root / "var/lib/seawall/state/spares/his1/snapshots").iterdir()}

    @contextmanager
    def _as_machine(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SEAWALL_ROOT", str(self.machine.root))
            yield


@contextmanager
def _again_and_again(argv: list[str], env: dict[str, str], *, polite: bool, pause: float = 0.1) -> Iterator[None]:
    """Start a program whenever it has ended, for a block, as a timer does.

    polite: whether it is waited for at the end, and ends the run in this process where it fails again and again.
    """
    over = threading.Event()
    current: list[subprocess.Popen[bytes]] = []

    def work() -> None:
        failed = 0
        while not over.is_set():
            with subprocess.Popen(argv, cwd=CHECKOUT, env=env, stdout=subprocess.DEVNULL) as program:
                current[:] = [program]
                failed = failed + 1 if program.wait() else 0
            if polite and failed == MOST and not over.is_set():
                os.kill(os.getpid(), signal.SIGTERM)  # the run would wait for it until its window ends
            over.wait(pause)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(60 if polite else 0)
        while thread.is_alive():  # it may only just be about to start another one
            for program in current:
                program.kill()
            thread.join(0.1)


@contextmanager
def site(machine: Machine, folder: Path) -> Iterator[Site]:
    """Run the doors of a backup host for a block."""
    with kept(machine, folder) as keeper:
        account = base64.b64encode(hashlib.sha1(b"secret").digest()).decode()
        (folder / "his1.htpasswd").write_text(f"his1:{{SHA}}{account}\n")
        doors = ProcessDoors(keeper.root / "srv/seawall", folder / "both-doors", folder / "his1.htpasswd")
        doors.folder.mkdir()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "tls.pem", folder / "tls.key")
        handler = type("ThisRouter", (Router,), {"doors": doors.folder})
        with Front(("localhost", 0), handler) as router:
            router.socket = context.wrap_socket(router.socket, server_side=True)
            thread = threading.Thread(target=router.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            thread.start()
            url = machine.root / "etc/seawall/credentials/primary.url"
            url.write_text(f"rest:https://his1:secret@localhost:{router.server_port}/his1/\n")
            for root in (machine.root, keeper.root):
                _allow(root / "etc/seawall/policy.json")
            doors.let_in("his1")
            try:
                with pytest.MonkeyPatch.context() as patch:
                    patch.setenv("SEAWALL_ROOT", str(machine.root))
                    yield Site(machine, keeper, doors, url)
            finally:
                doors.close("his1")
                doors.hold_back("his1")
                router.shutdown()
                thread.join()


def _allow(policy: Path) -> None:
    """Let the policy say that sets leave."""
    told = json.loads(policy.read_text())
    told["repositories"]["primary"]["options"] |= LEAVE
    policy.write_text(json.dumps(told))
