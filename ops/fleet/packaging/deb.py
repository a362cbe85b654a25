"""The package of servers: `ops` as one Debian package, the same bytes from the same source.

The version names the content, so that rolling back is installing an older file, and `dpkg -V seawall` compares it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import ops
from ops.core.files import digest, sync_directory
from ops.core.run import run

CHECKOUT = Path(ops.__file__).resolve().parents[1]
OUTPUT = CHECKOUT / ".cache/packages"
LEFT_OUT = ("fleet", "lab", "commands/control")  # they belong to the control machine
MOMENT = 1_767_225_600  # 2026-01-01: the time of every packed file

LAUNCHER = """\
#!/usr/bin/python3 -I
import sys

sys.path.insert(0, "/usr/share/seawall")

from ops.cli import run

sys.exit(run(sys.argv[1:]))
"""
CONTROL = """\
Package: seawall
Version: {version}
Architecture: all
Section: admin
Priority: optional
Maintainer: The authors of Seawall <root@localhost>
Depends: python3 (>= 3.11), python3-psutil, python3-jinja2, openssh-client, tzdata
Installed-Size: {size}
Description: backups, copies, drills, checks and evidence by a written policy
 The command seawall does on each server of a hospital what its continuity policy says: it backs up,
 copies, watches, proves restores and keeps a signed record of every act.
"""
# As Debian's dh_python3 writes them: bytecode is made at installation and goes with the package.
SCRIPTS = {
    "postinst": """\
#!/bin/sh
set -e
if [ "$1" = configure ] && command -v py3compile >/dev/null; then
    py3compile -p seawall /usr/share/seawall
fi
""",
    "prerm": """\
#!/bin/sh
set -e
if command -v py3clean >/dev/null; then
    py3clean -p seawall /usr/share/seawall
else
    find /usr/share/seawall -type d -name __pycache__ -prune -exec rm -rf {} +
fi
""",
}
COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Seawall

Files: *
Copyright: the authors of Seawall
License: GPL-3+
 On Debian systems the text of the licence is in /usr/share/common-licenses/GPL-3.
"""


@dataclass(frozen=True)
class Package:
    """A built package: where it lies, its version, and the digest of its bytes."""

    path: Path
    version: str
    sha256: str


def build(output: Path, checkout: Path = CHECKOUT) -> Package:
    """Given a folder and a checkout, write the package there as `seawall.deb`."""
    content = _content(checkout)
    version = f"{ops.__version__}+{_identity(content)}"
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".seawall-", dir=output) as scratch:
        tree = Path(scratch, "tree")
        _lay_out(tree, content, version)
        made = Path(scratch, "seawall.deb")
        run(
            ["dpkg-deb", "--root-owner-group", "-Zgzip", "--build", tree, made],
            timeout=120,
            env={"SOURCE_DATE_EPOCH": str(MOMENT)},
        )
        path = output / "seawall.deb"
        made.replace(path)
    sync_directory(output)
    return Package(path, version, digest(path))


def _content(checkout: Path) -> dict[str, bytes]:
    """Return every file of the package by its place on a server, in a fixed order."""
    content = {
        "usr/bin/seawall": LAUNCHER.encode(),
        "usr/share/doc/seawall/copyright": COPYRIGHT.encode(),
    }
    modules = "usr/share/seawall/ops"
    for start, place in (("ops", modules), ("templates", f"{modules}/_templates")):
        for path in _files(checkout / start):
            content[f"{place}/{path.relative_to(checkout / start).as_posix()}"] = path.read_bytes()
    from ops.fleet.packaging import catalogues  # brings Babel, which no other command needs

    for source in catalogues.sources(checkout):
        made = source.relative_to(checkout / "locale").with_suffix(".mo")
        content[f"{modules}/_locale/{made.as_posix()}"] = catalogues.compiled(source)
    return dict(sorted(content.items()))


def _files(folder: Path) -> list[Path]:
    """Return the files to pack: nothing hidden, no bytecode, nothing of the control machine."""
    return [path for path in folder.rglob("*") if path.is_file() and _packed(path.relative_to(folder))]


def _packed(path: Path) -> bool:
    hidden = any(part == "__pycache__" or part.startswith(".") for part in path.parts)
    left_out = any(path.is_relative_to(folder) for folder in LEFT_OUT)
    return not hidden and not left_out and not path.name.endswith("~")


def _identity(content: dict[str, bytes]) -> str:
    """Return a short digest of all that is packed, so that a changed source is a new version."""
    total = hashlib.sha256()
    scripts = {f"DEBIAN/{name}": text.encode() for name, text in SCRIPTS.items()}
    for name, data in (content | scripts | {"DEBIAN/control": CONTROL.encode()}).items():
        total.update(f"{name}\0{len(data)}\0".encode() + data)
    return total.hexdigest()[:8]


def _lay_out(tree: Path, content: dict[str, bytes], version: str) -> None:
    """Write the tree that dpkg-deb packs, with the same modes and times everywhere."""
    size = sum(len(data) for data in content.values()) // 1024 + 1
    sums = [f"{hashlib.md5(data).hexdigest()}  {name}\n" for name, data in content.items()]  # noqa: S324 -- dpkg's own format
    control = {"control": CONTROL.format(version=version, size=size), "md5sums": "".join(sums)}
    control |= SCRIPTS
    written = content | {f"DEBIAN/{name}": text.encode() for name, text in control.items()}
    for name, data in written.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o755 if path.name in {"seawall", *SCRIPTS} else 0o644)
    for path in (tree, *tree.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
        os.utime(path, (MOMENT, MOMENT))
