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
from ops.fleet.packaging import root_trees
from ops.fleet.packaging.restic_deb import CACHE
from ops.fleet.packaging.root_trees import Recipe, Source
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
# What a server has beside its databases.
OTHERS = {"his": ("orthanc", "orthanc-postgresql"), "lis": ()}
PLAIN = Recipe("trixie", SERVER, after=TIDY)
BARE = Recipe("bookworm", SERVER, after=TIDY)
# In the tree, as its root: the rest of an ordinary server, and the hospital's data.
FILL = """\
set -eu
printf 'exit 101\\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive
printf 'Acquire::http::Proxy "%s";\\n' "$1" >/etc/apt/apt.conf.d/10lab
apt-get -qq install --no-install-recommends {packages} >/var/log/lab-fill.log
apt-get clean
sh /var/tmp/hospital/{server}.sh
rm -rf /var/tmp/hospital /usr/sbin/policy-rc.d
"""
FILLER = "var/tmp/fill"
MINUTES = 60.0

T = TypeVar("T")


@dataclass(frozen=True)
class Trees:
    """The trees of the lab: `plain` (Debian 13), `bare` (Debian 12), and those of the servers with their data."""

    plain: Path
    his: Path
    lis: Path
    bare: Path | None = None


def make(store: Path, source: Source, tell: Callable[[str], None], *, bare: bool = False) -> Trees:
    """Return the trees, made now where they are not kept in the store; also pack the drill host's trees.

    bare: also Debian 12 with nothing on it.
    """
    with lock(store / "lock", "building the lab's trees"), ThreadPoolExecutor(3) as pool:
        his = pool.submit(_server, store, "his", "bookworm", source, tell)
        lis = pool.submit(_server, store, "lis", "trixie", source, tell)
        plain = pool.submit(_bare, store, "plain", PLAIN, source, tell)  # all at once: much of it waits for packages
        clean = _bare(store, "bare", BARE, source, tell) if bare else None
        return Trees(plain.result(), his.result(), lis.result(), clean)


def _bare(store: Path, name: str, recipe: Recipe, source: Source, tell: Callable[[str], None]) -> Path:
    tree = store / f"{name}-{recipe.digest}"
    if not tree.exists():
        _timed(f"{recipe.release} ({name})", lambda: root_trees.build(recipe, tree, source), tell)
    return tree


def _server(store: Path, name: str, release: str, source: Source, tell: Callable[[str], None]) -> Path:
    """Return the tree of a server with databases, laid over the tree that drills of its release run in."""
    recipe = root_trees.DRILL_TREES[release]
    below = _bare(store, f"database-{release}", recipe, source, tell)
    root_trees.pack(below, recipe, CACHE / f"trees/{release}.tar.gz")
    data = hospital.Data.found()
    script = FILL.format(packages=" ".join((*SERVER, *OTHERS[name])), server=name)
    tree = store / f"{name}-{short_digest(recipe.digest, script, *TIDY, data.digest)}"
    if not tree.exists():
        _timed(f"{name}1 and its data", lambda: _fill(tree, below, data, script, source), tell)
    return tree


def _timed(words: str, work: Callable[[], T], tell: Callable[[str], None]) -> T:
    started = time.monotonic()
    tell(f"building the tree {words}")
    result = work()
    tell(f"built the tree {words} in {time.monotonic() - started:.1f} s")
    return result


def _fill(tree: Path, below: Path, data: hospital.Data, script: str, source: Source) -> None:
    """Lay the hospital's server over the bare database tree: a layer that holds only what differs."""
    part = tree.with_name(f"{tree.name}.part")
    mounted = part / "mounted"
    root_trees.clear(part)
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
        name = f"fill-{short_digest(str(tree))}"
        inside: list[str | Path] = ["--resolv-conf=off", f"--machine={name}", "-D", mounted, "sh", f"/{FILLER}"]
        Group(name).run([*nspawn, *inside, source.proxy], 10 * MINUTES)
        for line in TIDY:
            run(["sh", "-c", line, "sh", mounted], timeout=10)
        (mounted / FILLER).unlink()
    finally:
        run(["umount", mounted], timeout=30)
    shutil.rmtree(part / "work")
    mounted.rmdir()
    part.replace(tree)
