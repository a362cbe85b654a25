"""A Debian whose packages are really updated: a layer over this computer's own system, in memory, without a network.

apt knows one source, a folder with packages that are built on the spot. Everything is gone with the process that holds
it: mounts, processes, files. No systemd runs in it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from one_machine import ALL, TIMES

from ops.core.files import digest
from ops.core.run import Result, run
from ops.policy import HostLayers, compile_site
from ops.policy.compile import document

CHECKOUT = Path(__file__).parents[2]
PACKAGE, CONFIGURATION = "seawall-trial", "/etc/seawall-trial-labels.conf"
GOOD = "printer = labels\n"
# $1: an empty folder; $2: the checkout; $3: the mirror.
HOLD = """\
set -eu
mount -t tmpfs -o mode=0755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work,index=off,xino=off,metacopy=off" overlay "$1/root"
cd "$1/root"
mkdir -p ".$2" srv/mirror
mount --bind "$2" ".$2"
mount --bind "$3" srv/mirror
mount -t proc proc proc
for folder in run tmp dev; do mount -t tmpfs -o mode=0755 tmpfs "$folder"; done
chmod 1777 tmp
for name in null zero full random urandom; do : >"dev/$name"; mount --bind "/dev/$name" "dev/$name"; done
ln -s /proc/self/fd dev/fd
mkdir run/old
pivot_root . run/old
umount --lazy /run/old
echo held
exec sleep 3600
"""
POSTINST = """#!/bin/sh
set -e
[ -e {place} ] || printf '{good}' >{place}
[ "{version}" = 1 ] || sed -i 's/labels/nowhere/' {place}
{more}
"""


ONLY_CONTROL = ("fleet", "lab", "control", "__pycache__")  # what a server does not have
ENVIRONMENT = {"PYTHONPATH": "/usr/share/seawall", "PYTHONDONTWRITEBYTECODE": "1", "SEAWALL_ROOT": "/"}


@dataclass(frozen=True)
class Machine:
    """The layer. holder: the first process in it. mirror: the folder of apt's source, as seen from outside."""

    holder: int
    mirror: Path

    def run(self, *words: str | Path, input: str | None = None, ok: range | tuple[int, ...] = (0,)) -> Result:
        """Run a program in it."""
        return run([*self._way(), *words], timeout=300, input=input, ok=ok, env=ENVIRONMENT)

    def _way(self) -> list[str]:
        return ["nsenter", f"--target={self.holder}", "--mount", "--pid", "--net", "--wd=/"]

    def words(self, *words: str | Path) -> list[str | Path]:
        """Return the program and words by which the command is run within."""
        return [sys.executable, "-m", "ops", *words]

    def seawall(self, *words: str | Path, ok: range | tuple[int, ...] = (0,)) -> Result:
        """Run the command as on the machine."""
        return self.run(*self.words(*words), ok=ok)

    def start(self, *words: str | Path) -> subprocess.Popen[bytes]:
        """Start the command as on the machine, and go on."""
        argv = [*self._way(), *self.words(*words)]
        return subprocess.Popen(argv, env={**os.environ, **ENVIRONMENT}, stdout=subprocess.DEVNULL)

    def kill(self, started: subprocess.Popen[bytes]) -> None:
        """Kill a command that was started; what it started itself goes on."""
        (process,) = _children(started.pid)
        os.kill(process, signal.SIGKILL)

    def json(self, *words: str | Path) -> Any:
        """Return what the command says as JSON."""
        return json.loads(self.seawall(*words, "--json").stdout)

    def read(self, path: str) -> str:
        """Return what a file holds."""
        return self.run("cat", path).stdout

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        self.run("sh", "-c", 'mkdir -p "$(dirname "$1")" && cat >"$1"', "sh", path, input=text)

    def version(self, name: str = PACKAGE) -> str:
        """Return the version of a package and whether it is whole."""
        shown = "--showformat=${Version} ${db:Status-Status}"
        return self.run("dpkg-query", "--show", shown, name, ok=(0, 1)).stdout.strip()

    def policy(self, assets: dict[str, dict[str, tuple[str, Any]]]) -> None:
        """Give the machine its policy: assets by the kind and options of their sources, in a repository far away."""
        site = {**ALL, "repositories": {"primary": ALL["repositories"]["primary"]}}
        named = {
            asset: {**TIMES, "repository": "primary", "sources": {
                name: {"kind": kind, "options": options} for name, (kind, options) in sources.items()
            }}
            for asset, sources in assets.items()
        }  # fmt: skip
        layers = {"backup1": HostLayers(site), "his1": HostLayers(site, host={"assets": named})}
        self.write("/etc/seawall/policy.json", json.dumps(document(compile_site(layers)["his1"])))

    def publish(self, *packages: Path) -> None:
        """Let the mirror have these packages alone, and apt know of it."""
        listed = []
        for path in packages:
            fields = run(["dpkg-deb", "--field", path], timeout=20).stdout
            listed.append(f"{fields}Filename: ./{path.name}\nSize: {path.stat().st_size}\nSHA256: {digest(path)}\n")
        (self.mirror / "Packages").write_text("\n".join(listed))
        self.run("apt-get", "--quiet", "update")

    def update(self, *words: str, ok: range | tuple[int, ...] = (0,)) -> Result:
        """Update as an administrator does."""
        wanted = words or (PACKAGE,)
        return self.run("apt-get", "install", "--yes", "--quiet", "-o", "Dpkg::Use-Pty=0", "--", *wanted, ok=ok)


def _children(process: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def package(folder: Path, version: str, name: str = PACKAGE, more: str = "", **fields: str) -> Path:
    """Build a package; of version 1 its script writes a configuration, of any other it breaks it."""
    tree = folder / f"{name}-{version}"
    shutil.rmtree(tree, ignore_errors=True)
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "usr/share/seawall-trial").mkdir(parents=True)
    (tree / f"usr/share/seawall-trial/{name}").write_text(f"{version}\n")
    told = {"Package": name, "Version": version, "Architecture": "all", "Maintainer": "Trial <trial@example.org>"}
    told |= {"Description": "a package of a test", "Installed-Size": "4", **fields}
    (tree / "DEBIAN/control").write_text("".join(f"{key}: {value}\n" for key, value in told.items()))
    if name == PACKAGE:
        script = tree / "DEBIAN/postinst"
        good = GOOD.replace("\n", "\\n")
        script.write_text(POSTINST.format(place=CONFIGURATION, good=good, version=version, more=more))
        script.chmod(0o755)
    made = folder / f"{name}_{version}_all.deb"
    run(["dpkg-deb", "--build", "--root-owner-group", tree, made], timeout=60)
    return made


@contextmanager
def updated_machine(folder: Path) -> Iterator[Machine]:
    """Hold a machine for a block, with version 1 of the package installed from a mirror that has it."""
    place, mirror = folder / "held", folder / "mirror"
    place.mkdir()
    mirror.mkdir()
    names = ["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child", "--propagation=private"]
    argv = ["unshare", *names, "sh", "-c", HOLD, "sh", place, CHECKOUT, mirror]
    held = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert held.stdout is not None and held.stdout.readline() == "held\n"
        machine = Machine(_children(held.pid)[0], mirror)
        _furnished(machine)
        yield machine
    finally:
        os.killpg(held.pid, signal.SIGKILL)
        held.wait()


def _furnished(machine: Machine) -> None:
    machine.run("sh", "-c", "rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/apt/preferences.d/* "
                "/var/lib/apt/lists/* /etc/seawall /var/lib/seawall; mkdir -p /var/lib/seawall/ledger "
                "/var/lib/seawall/state /etc/seawall/credentials; : >/var/log/dpkg.log")  # fmt: skip
    machine.write("/etc/apt/sources.list", "deb [trusted=yes] file:/srv/mirror ./\n")
    shutil.copytree(CHECKOUT / "ops", machine.mirror / "ops", ignore=shutil.ignore_patterns(*ONLY_CONTROL))
    machine.run("rm", "-rf", "/usr/share/seawall")
    machine.run("mkdir", "/usr/share/seawall")
    machine.run("mv", "/srv/mirror/ops", "/usr/share/seawall")
    machine.policy({})
    key = "/etc/seawall/credentials/ledger.key"
    machine.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
    machine.publish(package(machine.mirror, "1"))
    machine.update()
    seen = (machine.version(), machine.read(CONFIGURATION))
    assert seen == ("1 installed", GOOD), seen
