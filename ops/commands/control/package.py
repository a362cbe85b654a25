"""Build the packages that servers install: `ops` as one Debian package, reproducibly.

  seawall package build                    build .cache/packages/seawall.deb
  seawall package build --output DIR       build DIR/seawall.deb
  seawall package fetch                    download restic's package to .cache/packages/
  seawall package tree bookworm            build .cache/trees/bookworm.tar.gz for the drill hosts

To roll back, install an older file: the version identifies the content, and `dpkg -V seawall` compares it.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from ops.core.files import digest
from ops.fleet.packaging import deb, restic_deb, root_trees


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall package` understands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    build = commands.add_parser("build", help="build the Debian package of this checkout")
    build.add_argument("--output", type=Path, default=deb.OUTPUT, metavar="DIR", help="output folder")
    commands.add_parser("fetch", help="download restic's package and check its signatures")
    tree = commands.add_parser("tree", help="build the root tree for throwaway database servers")
    tree.add_argument("release", help="Debian release: bookworm or trixie")
    tree.add_argument("--proxy", default="", metavar="URL", help="caching proxy for packages")


def execute(options: argparse.Namespace) -> int:
    """Build, fetch or make what was asked for, and say where it is."""
    if options.command == "fetch":
        restic_deb.unpack_restic()
        return _show(restic_deb.fetch(), options)
    if options.command == "tree":
        return _show([root_trees.make(options.release, proxy=options.proxy)], options)
    package = deb.build(options.output)
    if options.json:
        print(json.dumps(asdict(package), default=str))
    else:
        print(f"{package.path}\nversion {package.version}\nsha256 {package.sha256}")
    return 0


def _show(paths: list[Path], options: argparse.Namespace) -> int:
    made = [{"path": str(path), "sha256": digest(path)} for path in paths]
    lines = [f"{one['path']}\nsha256 {one['sha256']}" for one in made]
    print(json.dumps(made) if options.json else "\n".join(lines))
    return 0
