"""The root trees of the lab's machines, made once and kept: what a hospital's servers look like before Seawall."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ops.core.files import lock
from ops.core.run import run
from ops.fleet import trees
from ops.fleet.packages import CACHE
from ops.fleet.trees import Recipe, Source
from ops.lab import hospital
from ops.lab.groups import Group
from ops.lab.identity import short_digest

# What every ordinary Debian server has, and Ansible counts on.
SERVER = (
    "systemd", "systemd-sysv", "dbus", "openssh-server", "python3", "python3-apt", "sudo",
    "ca-certificates", "iproute2", "procps",
)  # fmt: skip
# Host keys are each machine's own; nobody logs in at a console.
TIDY = (
    'rm -f "$1"/etc/ssh/ssh_host_*',
    'rm -f "$1"/etc/systemd/system/getty.target.wants/*',
    'ln -sf /dev/null "$1/etc/systemd/system/console-getty.service"',
    ': >"$1/etc/machine-id"',
)
PLAIN = Recipe("trixie", SERVER, after=TIDY)
DATABASE = trees.DRILL_TREES["bookworm"]
# In the tree, as its root: the rest of an ordinary server, and the hospital's data.
FILL = """\
set -eu
printf 'exit 101\\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive
printf 'Acquire::http::Proxy "%s";\\n' "$1" >/etc/apt/apt.conf.d/10lab
apt-get -qq install --no-install-recommends {packages} >/var/log/lab-fill.log
apt-get clean
sh /var/tmp/hospital/install
rm -rf /var/tmp/hospital /usr/sbin/policy-rc.d
"""
FILLER = "var/tmp/fill"
MINUTES = 60.0

T = TypeVar("T")


@dataclass(frozen=True)
class Trees:
    """The trees of the lab: `plain` (Debian 13) and `his` (Debian 12 with the hospital's data)."""

    plain: Path
    his: Path


def make(store: Path, source: Source, tell: Callable[[str], None]) -> Trees:
    """Return the trees, made now where they are not kept in the store; also pack the drill host's tree."""

    def made(recipe: Recipe, name: str, words: str) -> Path:
        tree = store / f"{name}-{recipe.digest}"
        return tree if tree.exists() else _timed(words, lambda: trees.build(recipe, tree, source), tell)

    def packed() -> Path:
        return trees.pack(below, DATABASE, CACHE / "trees/bookworm.tar.gz")

    with lock(store / "lock", "making the lab's trees"), ThreadPoolExecutor(2) as pool:
        plain = pool.submit(made, PLAIN, "plain", "Debian 13")
        below = made(DATABASE, "database", "Debian 12 with PostgreSQL 15")
        shipped = pool.submit(packed)
        his = _his(store, below, source, tell)
        shipped.result()
        return Trees(plain.result(), his)


def _his(store: Path, below: Path, source: Source, tell: Callable[[str], None]) -> Path:
    data = hospital.Data.found()
    script = FILL.format(packages=" ".join(SERVER))
    tree = store / f"his-{short_digest(DATABASE.digest, script, *TIDY, data.digest)}"
    if not tree.exists():
        _timed("the hospital's server and its data", lambda: _fill(tree, below, data, script, source), tell)
    return tree


def _timed(words: str, work: Callable[[], T], tell: Callable[[str], None]) -> T:
    started = time.monotonic()
    tell(f"making the tree of {words}")
    result = work()
    tell(f"made the tree of {words} in {time.monotonic() - started:.1f} s")
    return result


def _fill(tree: Path, below: Path, data: hospital.Data, script: str, source: Source) -> None:
    """Lay the hospital's server over the bare database tree: a layer that holds only what differs."""
    part = tree.with_name(f"{tree.name}.part")
    mounted = part / "mounted"
    trees.clear(part)
    for folder in ("root", "work", "mounted"):
        (part / folder).mkdir(parents=True)
    (part / "below").symlink_to(below)
    layers = f"lowerdir={below},upperdir={part}/root,workdir={part}/work"
    plain = "index=off,xino=off,metacopy=off,redirect_dir=off"
    run(["mount", "-t", "overlay", "overlay", "-o", f"{layers},{plain}", mounted], timeout=30)
    try:
        data.write(mounted / "var/tmp/hospital")
        (mounted / FILLER).write_text(script, encoding="utf-8")
        nspawn = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--pipe"]
        inside: list[str | Path] = ["--resolv-conf=off", "-D", mounted, "sh", f"/{FILLER}"]
        Group(f"fill-{short_digest(str(tree))}").run([*nspawn, *inside, source.proxy], 10 * MINUTES)
        for line in TIDY:
            run(["sh", "-c", line, "sh", mounted], timeout=10)
        (mounted / FILLER).unlink()
    finally:
        run(["umount", mounted], timeout=30)
    shutil.rmtree(part / "work")
    mounted.rmdir()
    part.replace(tree)
