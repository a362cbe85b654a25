"""Debian packages of another release for the servers: fetched once, signatures checked, kept with their digests.

restic 0.18 comes with Debian 13; its package installs on Debian 12 too, because it needs only the C library.
A server never gets a package source of another release: this machine fetches the file into `.cache/packages/`
through an apt of its own (own lists, own state), and a role copies and installs it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import ops
from ops.core.errors import Damaged, Unavailable
from ops.core.files import digest, write_atomically
from ops.core.run import run
from ops.fleet.packaging.mirror import KEYRING, mirror

CACHE = Path(ops.__file__).resolve().parents[1] / ".cache"
RELEASE = "trixie"
PACKAGES = ("restic",)
# A backup host with Debian 13 has its server from its own sources, and a site its Prometheus, if it wants one.
FOR_TESTS = ("restic-rest-server", "prometheus", "prometheus-alertmanager", "prometheus-node-exporter", "promtool")
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


def fetch(cache: Path = CACHE, names: Sequence[str] = PACKAGES) -> list[Path]:
    """Return the package files, whole as on the day they were fetched; fetch them when they are not there."""
    folder = cache / ("packages" if names == PACKAGES else "packages-for-tests")
    kept = _kept(folder, names)
    if kept is None:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".apt-", dir=folder) as scratch:
            kept = _download(Path(scratch), folder, names)
        sums = "".join(f"{digest(path)}  {path.name}\n" for path in kept)
        write_atomically(folder / SUMS, sums, 0o644)
    return kept


def unpack_restic(cache: Path = CACHE) -> Path:
    """Return a restic for this machine's own use, taken from the package and not installed."""
    return _unpacked(cache, "restic", fetch(cache))


def unpack_rest_server(cache: Path = CACHE) -> Path:
    """Return a rest-server for the tests, taken from the package and not installed."""
    return _unpacked(cache, "restic-rest-server", fetch(cache, FOR_TESTS))


def _unpacked(cache: Path, name: str, packages: Sequence[Path]) -> Path:
    binary = cache / "bin" / name
    package = next(path for path in packages if path.name.startswith(f"{name}_"))
    if binary.exists() and binary.stat().st_mtime >= package.stat().st_mtime:
        return binary
    binary.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=binary.parent) as scratch:
        run(["dpkg-deb", "--extract", package, scratch], timeout=60)
        unpacked = Path(scratch, "usr/bin", name)
        unpacked.touch()
        unpacked.replace(binary)
    return binary


def _kept(folder: Path, names: Sequence[str]) -> list[Path] | None:
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
            raise Damaged(f"{path} is not the file that was downloaded", f"delete {folder} to download it again")
        kept.append(path)
    return kept if {path.name.split("_")[0] for path in kept} >= set(names) else None


def _download(root: Path, folder: Path, names: Sequence[str]) -> list[Path]:
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
    run(["apt-get", "-qq", "download", *names], timeout=300, env=env, cwd=fetched)
    found = sorted(fetched.glob("*.deb"))
    if len(found) != len(names):
        raise Unavailable(f"{RELEASE} offered {len(found)} of {len(names)} packages")
    for old in [path for name in names for path in folder.glob(f"{name}_*.deb")]:
        old.unlink()
    return [Path(shutil.move(path, folder / path.name)) for path in found]


def _proxies() -> str:
    """Return this machine's own apt settings on proxies and certificates, to fetch as it does."""
    dump = run(["apt-config", "dump"], timeout=60).stdout
    wanted = ("Acquire::http::", "Acquire::https::")
    return "".join(f"{line}\n" for line in dump.splitlines() if line.startswith(wanted))
