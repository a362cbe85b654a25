"""Debian packages of another release for the servers: fetched once, signatures checked, kept with their digests.

restic 0.18 comes with Debian 13; its package installs on Debian 12 too, because it needs only the C library.
A server never gets a package source of another release: this machine fetches the file into `.cache/packages/`
through an apt of its own (own lists, own state), and a role copies and installs it.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import ops
from ops.core.errors import Damaged, Unavailable
from ops.core.files import digest, write_atomically
from ops.core.run import run
from ops.fleet.packaging.mirror import KEYRING, mirror

CACHE = Path(ops.__file__).resolve().parents[1] / ".cache"
RELEASE = "trixie"
PACKAGES = ("restic",)
SUMS = "SHA256SUMS"

CONFIGURATION = """\
Dir "{root}/";
Dir::State::status "{root}/status";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::sourcelist "{root}/sources.list";
Dir::Etc::trusted "/dev/null";
Dir::Etc::trustedparts "/dev/null";
APT::Sandbox::User "root";
APT::Update::Post-Invoke-Success "";
Acquire::Languages "none";
"""


def fetch(cache: Path = CACHE) -> list[Path]:
    """Return the package files, whole as on the day they were fetched; fetch them when they are not there."""
    folder = cache / "packages"
    kept = _kept(folder)
    if kept is None:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".apt-", dir=folder) as scratch:
            kept = _download(Path(scratch), folder)
        sums = "".join(f"{digest(path)}  {path.name}\n" for path in kept)
        write_atomically(folder / SUMS, sums, 0o644)
    return kept


def unpack_restic(cache: Path = CACHE) -> Path:
    """Return a restic for this machine's own use, taken from the package and not installed."""
    binary = cache / "bin/restic"
    package = next(path for path in fetch(cache) if path.name.startswith("restic_"))
    if binary.exists() and binary.stat().st_mtime >= package.stat().st_mtime:
        return binary
    binary.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restic-", dir=binary.parent) as scratch:
        run(["dpkg-deb", "--extract", package, scratch], timeout=60)
        unpacked = Path(scratch, "usr/bin/restic")
        unpacked.touch()
        unpacked.replace(binary)
    return binary


def _kept(folder: Path) -> list[Path] | None:
    """Return the kept files, None when one is missing; raise Damaged when one is not what it was."""
    sums = folder / SUMS
    if not sums.exists():
        return None
    kept = []
    for line in sums.read_text(encoding="ascii").splitlines():
        wanted, name = line.split(maxsplit=1)
        path = folder / name
        if not path.exists():
            return None
        if digest(path) != wanted:
            raise Damaged(f"{path} is not the file that was fetched", f"remove {folder} to fetch it anew")
        kept.append(path)
    return kept if {path.name.split("_")[0] for path in kept} >= set(PACKAGES) else None


def _download(root: Path, folder: Path) -> list[Path]:
    """Fetch the packages with an apt that knows only the other release; apt checks signature and digests."""
    for part in ("var/lib/apt/lists/partial", "var/cache/apt/archives/partial"):
        (root / part).mkdir(parents=True)
    (root / "status").touch()
    (root / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror()} {RELEASE} main\n")
    configuration = root / "apt.conf"
    configuration.write_text(CONFIGURATION.format(root=root) + _proxies())
    env = {"APT_CONFIG": str(configuration)}
    run(["apt-get", "-qq", "update"], timeout=300, env=env)
    fetched = root / "fetched"
    fetched.mkdir()
    run(["apt-get", "-qq", "download", *PACKAGES], timeout=300, env=env, cwd=fetched)
    found = sorted(fetched.glob("*.deb"))
    if len(found) != len(PACKAGES):
        raise Unavailable(f"{RELEASE} offered {len(found)} of {len(PACKAGES)} packages")
    for old in folder.glob("restic_*.deb"):
        old.unlink()
    return [Path(shutil.move(path, folder / path.name)) for path in found]


def _proxies() -> str:
    """Return this machine's own apt settings on proxies and certificates, to fetch as it does."""
    dump = run(["apt-config", "dump"], timeout=60).stdout
    wanted = ("Acquire::http::", "Acquire::https::")
    return "".join(f"{line}\n" for line in dump.splitlines() if line.startswith(wanted))
