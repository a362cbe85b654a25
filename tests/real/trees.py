"""Root trees of Debian releases with both database servers, in which the tests of real databases run.

A tree is made once, and stays as it is: what runs in it writes to a layer that is thrown away.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ops.fleet.packaging.mirror import mirror
from ops.fleet.packaging.restic_deb import CACHE
from ops.fleet.packaging.root_trees import DRILL_TREES, Recipe, Source, build

CHECKOUT = CACHE.parent
PLACE = CACHE / "real"
# pytest, what `ops` and the tests import, what they start, a compiler for PostgreSQL's own functions, and an
# application that makes its database itself.
PROGRAMS = (
    *("python3-pytest", "python3-psutil", "python3-jinja2", "python3-yaml", "python3-cryptography"),
    *("openssl", "openssh-client", "systemd-container", "bzip2", "gcc", "libc6-dev", "orthanc", "orthanc-postgresql"),
)
MAJORS = {"bookworm": 15, "trixie": 17}
RECIPES = {
    release: Recipe(
        release,
        (*DRILL_TREES[release].packages, f"postgresql-server-dev-{major}", *PROGRAMS),
        before=DRILL_TREES[release].before,
    )
    for release, major in MAJORS.items()
}
INSIDE = "/srv/tree"  # where the tree is seen once more without what is mounted in it: drills run in that
SIZE = "6g"  # what is written there is thrown away, so none of it need reach a disk; both releases use about half
# Mounts end with the block, for they are in a namespace of their own; so do all processes.
ENTER = rf"""
set -eu
tree=$1 layer=$2 checkout=$3
shift 3
mount --make-rprivate /
mount -t tmpfs -o "size={SIZE}" tmpfs "$layer"
mkdir "$layer/upper" "$layer/work" "$layer/root" "$layer/tmp"
chmod 1777 "$layer/tmp"
root=$layer/root
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$layer/upper,workdir=$layer/work,index=off,metacopy=off" "$root"
cp /etc/hosts /etc/resolv.conf "$root/etc/"
mount -t tmpfs tmpfs "$root/srv"
mkdir "$root{INSIDE}"
mount --bind "$root" "$root{INSIDE}"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mkdir "$root/run/lock"
mount --bind "$layer/tmp" "$root/tmp"
mkdir -p "$root$checkout"
mount --rbind "$checkout" "$root$checkout"
exec chroot "$root" env --chdir="$checkout" "$@"
"""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def made(release: str) -> Path:
    """Return the tree of a release, made now where there is none of its recipe."""
    recipe = RECIPES[release]
    return build(recipe, PLACE / f"tree-{release}-{recipe.digest}", Source(mirror()))


def entered(tree: Path, argv: Sequence[str | Path], env: Mapping[str, str], seconds: float) -> int:
    """Run a program in a tree, in the checkout, with the machine's network; return its exit code, 1 when it is late."""
    with TemporaryDirectory(prefix="layer-", dir=PLACE) as layer:
        words = [
            "unshare",
            "--mount",
            "--propagation=slave",
            "--pid",
            "--fork",
            "--kill-child",
            "sh",
            "-c",
            ENTER,
            "sh",
            tree,
            layer,
            CHECKOUT,
        ]
        inside = {"HOME": "/root", "PATH": PATH, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **env}
        inside["SYSTEMD_NSPAWN_UNIFIED_HIERARCHY"] = "1"
        given = ["-i", *(f"{name}={value}" for name, value in inside.items())]
        try:
            every = [*map(os.fspath, words), *given, *map(os.fspath, argv)]
            return subprocess.run(every, timeout=seconds, check=False).returncode
        except subprocess.TimeoutExpired:
            print(f"{argv[0]} was ended after {seconds / 60:.0f} minutes", flush=True)
            return 1
