"""NUT of both releases of Debian, run on this machine side by side: each program by its own release's loader."""

from __future__ import annotations

from pathlib import Path

from drawn_courses import RELEASES

from ops.fleet.packaging.mirror import mirror
from ops.fleet.packaging.restic_deb import CACHE
from ops.fleet.packaging.root_trees import Recipe, Source, build

PLACE = CACHE / "courses"
RECIPES = {release: Recipe(release, ("nut-server", "nut-client")) for release in RELEASES}


def tree(release: str) -> Path:
    """Return where the tree of a release is."""
    return PLACE / f"tree-{release}-{RECIPES[release].digest}"


def made() -> None:
    """Make the trees that are not there yet."""
    for release, recipe in RECIPES.items():
        build(recipe, tree(release), Source(mirror()))


def command(release: str, program: str) -> list[str]:
    """Return what starts one of a release's programs of NUT here, with the libraries that belong to it."""
    root = tree(release)
    (loader,) = root.glob("lib64/ld-linux-*.so.2")
    libraries = ":".join(str(folder) for folder in (*root.glob("usr/lib/*-linux-gnu"), root / "usr/lib"))
    return [str(loader), "--library-path", libraries, str(root / "lib/nut" / program)]
