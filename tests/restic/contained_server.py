"""A database server in a container of the real podman, with this machine's programs: an image costs nothing then.

podman has a store of its own in a temporary folder, and needs neither systemd nor a registry. What it would not find
on every machine that tests run on, it finds in a mount namespace of its own: one tree of control groups.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest
from throwaway_postgresql import PROGRAMS

from ops.interfaces import joined
from ops.interfaces.source import Entered
from ops.sources._shared import container_door

IMAGE = "localhost/seawall-server:1"
NAME = "his-db"
PAGE = Path(__file__).parents[2] / "docs/containers.md"
# What makes the accounts that read, as the page for administrators has it: PostgreSQL's, MariaDB's.
READER, READER_OF_MARIADB = re.findall(r"<<'SQL'\n(.*?)^SQL$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
# Neither a network nor control groups of its own, nor more than any process may have.
_PLAIN = ("--network=none", "--cgroups=disabled", "--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096")
_FOLDERS = ("dev", "etc", "proc", "root", "run", "sys", "tmp", "usr", "var", "var/lib", "run/postgresql")
_LINKS = {"bin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64", "sbin": "usr/sbin", "var/run": "../run"}
# A key ring is what it may not make in a machine that is a container itself.
_SETTINGS = "[containers]\nkeyring = false\n"
_PODMAN = """#!/bin/sh
export CONTAINERS_CONF={folder}/containers.conf
exec nsenter --mount=/proc/{namespace}/ns/mnt -- {program} --root={folder}/store --runroot={folder}/run \\
  --tmpdir={folder}/tmp --cgroup-manager=cgroupfs --events-backend=file "$@"
"""
_SERVER = """
set -e
cd /var/lib/postgresql
[ -e data ] || initdb --no-sync --auth=trust --encoding=UTF8 --locale=C.UTF-8 -D data >/dev/null
exec postgres -D data -c listen_addresses= -c fsync=off -c unix_socket_directories=/run/postgresql
"""
OWN = {"postgres": 101, "mysql": 102}  # accounts of the image
_MARIADB = """
set -e
cd /var/lib/mysql
[ -e data ] || mariadb-install-db --no-defaults --datadir=/var/lib/mysql/data --skip-test-db \\
  --auth-root-authentication-method=normal >/dev/null
exec mariadbd --no-defaults --datadir=/var/lib/mysql/data --socket=/tmp/mysqld.sock --skip-networking \\
  --innodb-flush-log-at-trx-commit=0
"""
_READY_SECONDS = 30


@dataclass(frozen=True)
class Podman:
    """folder: where its store is, and before it on PATH the program `podman` that uses that."""

    folder: Path

    def run(self, *words: str, input: str | None = None) -> str:
        """Run it and return what it said; fails when it does."""
        done = subprocess.run(
            [self.folder / "bin/podman", *words], input=input, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, f"podman {' '.join(words)}: {done.stderr}"
        return done.stdout.strip()

    def serve(self, name: str = NAME) -> None:
        """Run a PostgreSQL server in a container until it answers; its data are in a volume of the same name."""
        self._serve(name, "postgres", "/var/lib/postgresql", _SERVER)
        self.wait(name, "pg_isready --quiet")

    def serve_mariadb(self, name: str) -> None:
        """Run a MariaDB server in a container until it answers; its socket is /tmp/mysqld.sock."""
        self._serve(name, "mysql", "/var/lib/mysql", _MARIADB)
        self.wait(name, "mariadb-admin --no-defaults --socket=/tmp/mysqld.sock ping")

    def _serve(self, name: str, account: str, folder: str, script: str) -> None:
        mounts = (f"--volume={PROGRAMS.parents[3]}:/usr:ro", f"--volume={name}:{folder}:U")
        words = ("--name", name, *_PLAIN, *mounts, f"--user={account}", f"--env=PATH={PROGRAMS}:/usr/bin:/usr/sbin")
        self.run("run", "--detach", *words, IMAGE, "sh", "-c", script)

    def wait(self, name: str, command: str) -> None:
        """Wait until a command in a container ends well."""
        waiting = f"until {command} >/dev/null 2>&1; do sleep 0.1; done"
        self.run("exec", name, "timeout", str(_READY_SECONDS), "sh", "-c", waiting)

    def serve_nothing(self, name: str) -> None:
        """Run a container in which there is no program of a database's."""
        words = ("--name", name, *_PLAIN, f"--volume={PROGRAMS.parents[3]}:/usr:ro", "--env=PATH=/usr/sbin")
        self.run("run", "--detach", *words, IMAGE, "/usr/bin/sleep", "infinity")

    def psql(self, sql: str, database: str = "postgres", name: str = NAME) -> str:
        """Run SQL as the superuser in a container and return what it answers."""
        words = ("psql", "-XAtq", "--set=ON_ERROR_STOP=1", "-d", database)
        return self.run("exec", "--interactive", "--user=postgres", name, *words, input=sql)


@contextmanager
def podman() -> Iterator[Podman]:
    """Make a podman with the image and put it first on PATH; its containers and all else of it end with the block."""
    program = shutil.which("podman")
    if program is None:
        pytest.fail("podman is not there; `make setup` installs it")
    with TemporaryDirectory(prefix="podman-", ignore_cleanup_errors=True) as place, ExitStack() as stack:
        folder = Path(place)
        holder = stack.enter_context(_namespace())
        for name in ("bin", "tmp"):
            (folder / name).mkdir()
        (folder / "containers.conf").write_text(_SETTINGS)
        script = folder / "bin/podman"
        script.write_text(_PODMAN.format(namespace=holder, program=program, folder=folder))
        script.chmod(0o755)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
        one = Podman(folder)
        stack.callback(one.run, "rm", "--all", "--force", "--time=0", "--volumes")
        subprocess.run([script, "import", "--quiet", "-", IMAGE], input=_image(), check=True, stdout=subprocess.DEVNULL)
        yield one


@contextmanager
def _namespace() -> Iterator[int]:
    """Yield a process in whose mount namespace there is one tree of control groups, as on any server of today."""
    # Where it is so already, the same one can't be mounted there once more.
    there = '[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]'
    script = f"{{ {there} || mount -t cgroup2 none /sys/fs/cgroup; }} && echo there && exec sleep infinity"
    words = ["unshare", "--mount", "--propagation=slave", "sh", "-c", script]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout
            assert holder.stdout.readline() == "there\n"
            yield holder.pid
        finally:
            holder.send_signal(signal.SIGKILL)


def _image() -> bytes:
    """Return the root of a container that has all its programs from elsewhere."""
    accounts = (
        "root:x:0:0::/root:/bin/sh",
        *(f"{name}:x:{number}:{number}::/:/bin/sh" for name, number in OWN.items()),
    )
    groups = ("root:x:0:", *(f"{name}:x:{number}:" for name, number in OWN.items()))
    content = BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name in _FOLDERS:
            one = tarfile.TarInfo(name)
            one.type, one.mode = tarfile.DIRTYPE, 0o1777 if name in ("tmp", "run/postgresql") else 0o755
            tar.addfile(one)
        for name, target in _LINKS.items():
            one = tarfile.TarInfo(name)
            one.type, one.linkname = tarfile.SYMTYPE, target
            tar.addfile(one)
        for name, lines in {"etc/passwd": accounts, "etc/group": groups}.items():
            text = "".join(f"{line}\n" for line in lines).encode()
            one = tarfile.TarInfo(name)
            one.size, one.mode = len(text), 0o644
            tar.addfile(one, BytesIO(text))
    return content.getvalue()


@contextmanager
def door(root: Path, place: Entered) -> Iterator[Path]:
    """Open the way into a container as systemd does: root's side is started for each call at the socket."""
    path = root / joined.container_socket(place.engine, place.container).lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-I", "-S", container_door.__file__, place.engine, place.container, place.account]
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        listener.listen()
        started: list[int] = []
        answering = Thread(target=_answering, args=(listener, [*words, *place.programs], started))
        answering.start()
        try:
            yield path
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            answering.join()
            path.unlink()
            for process in started:
                os.waitpid(process, 0)


def _answering(listener: socket.socket, words: list[str], started: list[int]) -> None:
    """Start a program for each call, with that as its descriptor, until nobody listens any more."""
    while True:
        try:
            call = listener.accept()[0]
        except OSError:
            return
        with call:
            handed = [(os.POSIX_SPAWN_DUP2, call.fileno(), container_door.LISTENED)]
            started.append(os.posix_spawn(words[0], words, os.environ, file_actions=handed))
