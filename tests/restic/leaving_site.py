"""A backup host from whose repository sets leave, and the machine that has the key: real servers behind one address."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from kept import Keeper, kept
from one_machine import BIN, Machine

from ops.core import clock
from ops.interfaces.leaving import KeptSet, RetentionPlan, written
from ops.jobs.keeper.retention_run import run
from ops.jobs.keeper.undo import Word, undo
from ops.jobs.run.job import Ended
from ops.restic.sets import complete

CHECKOUT = Path(__file__).parents[2]
OLD = 40 * 86_400.0
LEAVE = {"leave_at": "*-*-* 10:00:00", "leave_window": "30min", "leave_grace": "14d", "leave_unused": "5%"}
MOST = 5  # so often a machine's program may fail in a row
WORD = Word("a trial", "Head of IT")


class _Doors(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


class _Router(BaseHTTPRequestHandler):
    """Hands a request on to the server of one of the doors, as nginx does."""

    protocol_version = "HTTP/1.1"
    doors: Path

    def _pass(self) -> None:
        second = self.path.startswith("/.leaving/")
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = _Unix(str(self.doors / ("second" if second else "first")))
        try:
            headers = {name: value for name, value in self.headers.items() if name not in {"Host", "Connection"}}
            connection.request(self.command, self.path.removeprefix("/.leaving"), content, headers)
            answer = connection.getresponse()
            told = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name in {"Content-Type", "Accept-Ranges", "Content-Range"}:
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else len(told)
            self.send_header("Content-Length", str(length or 0))
            self.end_headers()
            self.wfile.write(told)
        except OSError:
            with suppress(OSError):
                self.send_response(502)
                self.send_header("Content-Length", "0")
                self.end_headers()
        finally:
            connection.close()

    do_GET = do_HEAD = do_POST = do_DELETE = _pass  # noqa: N815 -- as the library calls them

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Unix(HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=120)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)


@dataclass
class ProcessDoors:
    """The doors as processes: what systemd does on a backup host. It knows them by files, as after a crash."""

    base: Path
    folder: Path
    accounts: Path
    account: int = field(default_factory=os.geteuid)

    def open(self, client: str) -> None:
        """Serve the second names."""
        self._serve("second", self.base / ".leaving" / client / "door")

    def close(self, client: str) -> None:
        """Serve them no more."""
        self._end("second")

    def hold_back(self, client: str) -> None:
        """Serve the repository no more."""
        self._end("first")

    def let_in(self, client: str) -> None:
        """Serve it."""
        if not (self.folder / "first.pid").exists():
            self._serve("first", self.base, "--append-only")

    def _serve(self, name: str, path: Path, *more: str) -> None:
        words = ["--path", path, "--listen", f"unix:{self.folder / name}", "--private-repos", *more]
        argv = [BIN / "restic-rest-server", *words, "--htpasswd-file", self.accounts]
        with (self.folder / f"{name}.said").open("ab") as said:
            server = subprocess.Popen(argv, stdout=said, stderr=said, start_new_session=True)
        (self.folder / f"{name}.pid").write_text(str(server.pid))
        until = time.monotonic() + 30
        while not _answers(self.folder / name):
            assert time.monotonic() < until, "the server does not answer"
            assert server.poll() is None, (self.folder / f"{name}.said").read_text()

    def _end(self, name: str) -> None:
        file = self.folder / f"{name}.pid"
        if file.exists():
            with suppress(ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGKILL)
            until = time.monotonic() + 30
            while _answers(self.folder / name):
                assert time.monotonic() < until, "the server does not end"
            file.unlink()
        (self.folder / name).unlink(missing_ok=True)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(str(path))
        except OSError:
            return False
    return True


@dataclass
class Site:
    """machine: has the key. keeper: has none. doors: to the repository. url: as restic on the machine has it."""

    machine: Machine
    keeper: Keeper
    doors: ProcessDoors
    url: Path

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
        for asset in ("documents", "pictures"):
            for number, one in enumerate(complete(listed, asset, clock.now()).counting):
                ids = tuple(part.id for part in one.parts.values())
                arrived = max((self.repository / "snapshots" / name).stat().st_mtime for name in ids)
                goes = asset == "documents" and number in leave
                words = {"asset": asset, "set": one.id, "arrived": arrived, "snapshots": ids, "proven": not goes}
                due = now - 1 if goes else None
                (leaves if goes else stays).append(KeptSet(**words, why="no rule keeps it", due=due))
        plan = RetentionPlan(
            **{"client": "his1", "made": now, "stays": tuple(stays), "leaves": tuple(leaves), **changes}
        )
        self.write(plan)
        return plan

    def write(self, plan: RetentionPlan) -> None:
        """Write a plan where the backup host looks for it."""
        folder = self.keeper.root / "var/lib/seawall/state/retention"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "his1.json").write_text(json.dumps(written(plan)))

    def retention(self, *client: str | Path) -> Ended:
        """Let sets leave, while a program of the machine does its part: by default what a timer starts there."""
        with _again_and_again([*map(str, client)] or self._leave, self._env, polite=not client):
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

    @contextmanager
    def _as_machine(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SEAWALL_ROOT", str(self.machine.root))
            yield


@contextmanager
def _again_and_again(argv: list[str], env: dict[str, str], *, polite: bool) -> Iterator[None]:
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
            over.wait(0.1)

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
        doors = ProcessDoors(keeper.root / "srv/seawall", folder / "doors", folder / "users.htpasswd")
        doors.folder.mkdir()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "tls.pem", folder / "tls.key")
        handler = type("Router", (_Router,), {"doors": doors.folder})
        with _Doors(("localhost", 0), handler) as router:
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
