"""Bare root trees of Debian releases, made by mmdebstrap.

The drill host runs throwaway database servers in them, each with the major version of its source: Debian 13
has no PostgreSQL 15, Debian 12 has. `seawall package tree bookworm` makes the file that the role `drill_host`
ships. The lab builds the trees of its machines the same way.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from ops.core.errors import UsageError
from ops.core.files import write_atomically
from ops.core.kinds import nearest
from ops.core.run import run
from ops.fleet.packaging.mirror import mirror
from ops.fleet.packaging.restic_deb import CACHE

MINUTES = 60.0
# Nobody reads manuals in these trees, and nobody needs them on the disk in a power cut. Of the compiler of queries, a
# third of a database server's bytes, nothing is kept: a server without its module does without it.
DPKG = (
    "force-unsafe-io",
    "force-confold",
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/doc/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/lib/*/libLLVM*",
    "path-exclude=/usr/lib/*/libz3*",
    "path-exclude=/usr/lib/llvm-*",
    "path-exclude=/usr/lib/postgresql/*/lib/llvmjit*",
    "path-exclude=/usr/lib/postgresql/*/lib/bitcode/*",
)
NO_CLUSTER = (
    'mkdir -p "$1/etc/postgresql-common" && '
    'echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"'
)
# Lists that only apt reads, and the empty server that its package made. What locales are made from stays: a cluster
# that is restored by its files lets nobody connect to a database whose locale is missing.
NOT_PACKED = ("./var/lib/apt/lists/*", "./var/cache/apt/*", "./var/lib/mysql/*")


@dataclass(frozen=True)
class Recipe:
    """What a tree is made of: a release, packages, and shell lines before and after they are installed."""

    release: str
    packages: tuple[str, ...]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """A short name for exactly this recipe."""
        text = json.dumps([asdict(self), DPKG], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Source:
    """Where packages come from: the archive's address, and a caching proxy where there is one."""

    archive: str
    proxy: str = ""


# Each release has one version of these; what only their own administration needs is left out.
ENGINES = ("mariadb-server", "mariadb-client", "sqlite3")
DRILL_TREES = {
    "bookworm": Recipe("bookworm", ("postgresql-15", *ENGINES), before=(NO_CLUSTER,)),
    "trixie": Recipe("trixie", ("postgresql-17", *ENGINES), before=(NO_CLUSTER,)),
}


def build(recipe: Recipe, target: Path, source: Source) -> Path:
    """Make the tree at `target`, whole or not at all, and return it; one that is there is taken as it is."""
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    clear(part)
    proxy = [f'--aptopt=Acquire::http::Proxy "{source.proxy}"'] if source.proxy else []
    run(
        [
            "mmdebstrap",
            "--quiet",
            "--mode=root",
            "--variant=minbase",
            "--skip=cleanup/apt/lists",
            f"--include={','.join(recipe.packages)}",
            '--aptopt=Acquire::Languages "none"',
            *proxy,
            *(f"--dpkgopt={option}" for option in DPKG),
            *(f"--essential-hook={line}" for line in recipe.before),
            *(f"--customize-hook={line}" for line in recipe.after),
            '--customize-hook=rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap"',
            recipe.release,
            part,
            f"deb {source.archive} {recipe.release} main",
        ],
        timeout=20 * MINUTES,
        env={"TMPDIR": "/var/tmp"},  # noqa: S108 -- mmdebstrap makes a private folder of its own there
    )
    part.replace(target)
    return target


def pack(tree: Path, recipe: Recipe, archive: Path) -> Path:
    """Pack a drill tree as a gzipped tar file, without apt's lists; one of the same recipe is left alone."""
    if _packed(recipe, archive):
        return archive
    archive.parent.mkdir(parents=True, exist_ok=True)
    part = archive.with_name(f".{archive.name}.part")
    exclude = [f"--exclude={pattern}" for pattern in NOT_PACKED]
    words: list[str | Path] = [
        "--create",
        "--file",
        part,
        "--use-compress-program=gzip -3",
        "--numeric-owner",
        "--sort=name",
    ]
    run(["tar", *words, *exclude, "--directory", tree, "."], timeout=10 * MINUTES)
    part.replace(archive)
    write_atomically(_note(archive), f"{_label(recipe)}\n", 0o644)
    return archive


def make(release: str, cache: Path = CACHE, proxy: str = "") -> Path:
    """Return the packed drill tree of a release, made now when there is none of its recipe yet."""
    recipe = DRILL_TREES.get(release)
    if recipe is None:
        raise UsageError(f"there is no drill tree for {release!r}{nearest(release, list(DRILL_TREES))}")
    archive = cache / f"trees/{release}.tar.gz"
    if _packed(recipe, archive):
        return archive
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{release}-", dir=archive.parent) as scratch:
        tree = build(recipe, Path(scratch, "tree"), Source(mirror(), proxy))
        return pack(tree, recipe, archive)


def clear(place: Path) -> None:
    """Remove a folder for good; what an interrupted run left mounted in it is taken away first, never emptied."""
    for line in reversed(Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()):
        mounted = Path(line.split()[4].replace("\\040", " "))
        if mounted.is_relative_to(place):
            run(["umount", "--lazy", mounted], timeout=30)
    shutil.rmtree(place, ignore_errors=True)


def _packed(recipe: Recipe, archive: Path) -> bool:
    note = _note(archive)
    return archive.exists() and note.exists() and note.read_text(encoding="ascii").strip() == _label(recipe)


def _label(recipe: Recipe) -> str:
    return hashlib.sha256(json.dumps([recipe.digest, NOT_PACKED]).encode()).hexdigest()[:12]


def _note(archive: Path) -> Path:
    return archive.with_name(f"{archive.name}.recipe")
