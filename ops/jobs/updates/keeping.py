"""Keeping the packages that an update is going to replace: from apt's own folder, from the mirror, else rebuilt.

Each is read to its end, and must say that it is the wanted one; where apt's signed lists still have that version, its
SHA-256 must be theirs. What could not be kept is named, with why.
"""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ops.core.announce import announce
from ops.core.errors import Damaged, SeawallError
from ops.core.files import CHUNK, digest
from ops.core.plain_file import FOUND
from ops.core.run import run
from ops.interfaces.update import KeptPackage
from ops.jobs.updates.packages import ENVIRONMENT, LOOK, Installed

ARCHIVES = Path("/var/cache/apt/archives")
FETCH, REBUILD = 1800.0, 300.0  # seconds
_AT_ONCE = 200  # packages in one call, so that no line of words is too long
_DOWNLOADER = "_apt"


@dataclass(frozen=True)
class Listed:
    """A version of a package in apt's lists: its digest and size in bytes."""

    sha256: str
    bytes: int


def listed(wanted: Mapping[str, str]) -> dict[str, Listed]:
    """Return those of the wanted versions, by name and architecture, that apt's lists have."""
    found: dict[str, Listed] = {}
    names = sorted({name.partition(":")[0] for name in wanted})
    for start in range(0, len(names), _AT_ONCE):
        words = ["apt-cache", "show", "--all-versions", "--", *names[start : start + _AT_ONCE]]
        for told in _paragraphs(run(words, timeout=LOOK, env=ENVIRONMENT, ok=(0, 100)).stdout):
            name = f"{told.get('Package')}:{told.get('Architecture')}"
            if wanted.get(name) == told.get("Version") and len(told.get("SHA256", "")) == 64:  # noqa: PLR2004 -- hex
                found[name] = Listed(told["SHA256"], int(told.get("Size", "0")))
    return found


def _paragraphs(text: str) -> Iterator[dict[str, str]]:
    for paragraph in text.split("\n\n"):
        lines = (line.partition(": ") for line in paragraph.splitlines() if not line.startswith(" "))
        yield {key: value.strip() for key, _, value in lines}


def needed(wanted: Mapping[str, str], known: Mapping[str, Listed], here: Mapping[str, Installed]) -> int:
    """Return how many bytes the packages take at most: of a file that nobody lists, what it takes when installed."""
    return sum(known[name].bytes if name in known else here[name].bytes for name in wanted)


def keep(
    wanted: Mapping[str, str], known: Mapping[str, Listed], folder: Path
) -> tuple[dict[str, KeptPackage], dict[str, str]]:
    """Put the packages of some versions into a folder of root's; return what was kept, and why others were not."""
    kept: dict[str, KeptPackage] = {}
    missing: dict[str, str] = {}
    from_mirror = {one: wanted[one] for one, its in known.items() if not _cached(one, wanted[one], its)}
    with _downloaded(from_mirror) as fetched:
        for name, version in wanted.items():
            try:
                kept[name] = _one(name, version, known.get(name), folder, fetched)
            except (SeawallError, OSError) as error:
                missing[name] = error.message if isinstance(error, SeawallError) else str(error)
    return kept, missing


def file_name(name: str, version: str) -> str:
    """Return how apt calls the file of a package."""
    short, _, architecture = name.partition(":")
    return f"{short}_{version.replace(':', '%3a')}_{architecture}.deb"


def _cached(name: str, version: str, known: Listed) -> bool:
    file = ARCHIVES / file_name(name, version)
    return file.is_file() and digest(file) == known.sha256


def _one(name: str, version: str, known: Listed | None, folder: Path, fetched: Path) -> KeptPackage:
    """Keep one package; raise SeawallError or OSError when it can't be had."""
    file = file_name(name, version)
    why = "apt's folder does not have it, and no list of packages"
    for origin, place in (("cache", ARCHIVES / file), ("mirror", fetched / file)):
        if place.is_file():
            try:
                return _taken(name, version, known, origin, place, folder / file)
            except Damaged as error:
                why = error.message
    if shutil.which("dpkg-repack") is None:
        raise Damaged(f"{why}; dpkg-repack, which would rebuild it, is not installed")
    with tempfile.TemporaryDirectory(prefix="seawall-repack-") as rebuilt:
        run(["dpkg-repack", "--", name], timeout=REBUILD, env=ENVIRONMENT, cwd=Path(rebuilt))
        made = next(Path(rebuilt).glob("*.deb"))
        return _taken(name, version, None, "rebuilt", made, folder / file)


def _taken(name: str, version: str, known: Listed | None, origin: str, source: Path, target: Path) -> KeptPackage:
    """Copy a package and look at the copy: somebody else might change what lies elsewhere. Raise Damaged."""
    with os.fdopen(os.open(source, FOUND), "rb") as given, target.open("wb") as file:
        shutil.copyfileobj(given, file, CHUNK)
        file.flush()
        os.fsync(file.fileno())
    try:
        sha256 = digest(target)
        if known and sha256 != known.sha256:
            raise Damaged(f"{target.name} is not the one that apt's lists have")
        said = run(["dpkg-deb", "--show", "--showformat=${Package}:${Architecture} ${Version}", target], timeout=LOOK)
        if said.stdout.strip() != f"{name} {version}":
            raise Damaged(f"{target.name} holds {said.stdout.strip()[:200]}")
        run(["dpkg-deb", "--contents", target], timeout=LOOK, most=1 << 27)  # which reads it to its end
    except SeawallError as error:
        target.unlink()
        raise Damaged(error.message) from error
    return KeptPackage(version=version, file=target.name, sha256=sha256, bytes=target.stat().st_size, origin=origin)


@contextmanager
def _downloaded(wanted: Mapping[str, str]) -> Iterator[Path]:
    """Have apt fetch packages into a folder of its own account for a block; what does not come is simply not there."""
    with tempfile.TemporaryDirectory(prefix="seawall-fetch-", dir="/var/tmp") as folder:
        with suppress(KeyError):  # without that account apt works as root, and says so
            os.chown(folder, pwd.getpwnam(_DOWNLOADER).pw_uid, -1)
        words = [f"{name}={version}" for name, version in sorted(_named(wanted).items())]
        for start in range(0, len(words), _AT_ONCE):
            some = words[start : start + _AT_ONCE]
            announce(f"fetching {len(some)} packages of the versions that are here from the mirror")
            try:
                run(["apt-get", "download", "--quiet", "--", *some], timeout=FETCH, env=ENVIRONMENT, cwd=Path(folder))
            except SeawallError as error:
                announce(f"not all of them came: {error.message}")
        yield Path(folder)


def _named(wanted: Mapping[str, str]) -> dict[str, str]:
    """Return names as apt understands them: a package for all architectures has none."""
    return {name.removesuffix(":all"): version for name, version in wanted.items()}
