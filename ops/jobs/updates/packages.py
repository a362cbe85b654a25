"""Which packages this machine has, what an update would replace, and bringing packages back from files that were kept.

apt and dpkg do the work. What they are asked for by a person is a name, a name with a version, or a package's file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import SeawallError, Unavailable, UsageError
from ops.core.run import run

LOOK, CHANGE = 120.0, 3600.0  # seconds
ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C", "APT_LISTCHANGES_FRONTEND": "none"}
_JOURNAL = Path("/var/lib/dpkg/updates")
HERE = {"installed", "triggers-pending", "triggers-awaited", "half-configured", "half-installed", "unpacked"}
_SHOWN = "${db:Status-Status}\t${Package}:${Architecture}\t${Version}\t${Installed-Size}\n"
_PLANNED = re.compile(r"(?:Inst|Remv) (\S+) \[(\S+)\]")
_GOES = re.compile(r"Remv (\S+)")
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?(=[A-Za-z0-9.+:~-]+)?")
_ONLY_FILES = (
    *("-o", "Dir::Etc::sourcelist=/dev/null", "-o", "Dir::Etc::sourceparts=/dev/null"),
    *("-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="),
)


@dataclass(frozen=True)
class Installed:
    """A package that is installed. whole: whether nothing of its installation is missing. bytes: that it takes."""

    version: str
    whole: bool
    bytes: int


def installed() -> dict[str, Installed]:
    """Return every package that is here, by name and architecture; raise SeawallError when dpkg can't tell."""
    found: dict[str, Installed] = {}
    for line in run(["dpkg-query", "--show", f"--showformat={_SHOWN}"], timeout=LOOK).stdout.splitlines():
        state, name, version, size = line.split("\t")
        if state in HERE:
            whole = state in {"installed", "triggers-pending", "triggers-awaited"}
            found[name] = Installed(version, whole, (int(size) if size.isdecimal() else 0) << 10)
    return found


def marked(word: str, here: Mapping[str, Installed]) -> tuple[str, ...]:
    """Return the packages that apt has marked: `showauto`, `showhold`; by name and architecture."""
    told = run(["apt-mark", word], timeout=LOOK, env=ENVIRONMENT).stdout.split()
    return tuple(sorted(filter(None, (full(name, here) for name in told))))


def full(name: str, here: Mapping[str, Installed]) -> str:
    """Return a name as apt writes it with its architecture; empty where no such package is here."""
    if name in here:
        return name
    return next((one for one in here if one.partition(":")[0] == name), "") if ":" not in name else ""


def demand_names(names: Iterable[str]) -> None:
    """Raise UsageError for a word that is neither a package nor the file of one: apt would take it for something else.

    So no word can be an option, and none a removal.
    """
    for name in names:
        file = name.startswith("/") and name.endswith(".deb") and Path(name).is_file()
        if not file and (not _NAME.fullmatch(name) or name[-1] in "+-"):
            raise UsageError(f"{name!r} is no package, nor the file of one", "/root/his_2.4_amd64.deb needs its path")


def replaced_by(names: Sequence[str], here: Mapping[str, Installed]) -> dict[str, str]:
    """Return what an update would replace or remove, with its version of now; without names, one of everything.

    Raise Unavailable when apt can't plan it.
    """
    demand_names(names)
    words = ["install", "--", *names] if names else ["dist-upgrade"]
    argv = ["apt-get", "--simulate", "--quiet", "-o", "Debug::NoLocking=true", *words]
    try:
        told = run(argv, timeout=LOOK, env=ENVIRONMENT).stdout
    except SeawallError as error:
        hint = "apt-get update, then look what `apt-get --simulate dist-upgrade` says; or name the packages"
        raise Unavailable(f"apt can't plan this update: {error.message}", hint) from error
    found = {}
    for line in told.splitlines():
        if (planned := _PLANNED.match(line)) and (name := full(planned[1], here)):
            found[name] = here[name].version
    return found


def bring_back(files: Sequence[Path], lists: Path, then: Collection[str]) -> None:
    """Install packages from files alone, also older ones than those that are here; lists: an empty folder.

    Raise UsageError when that would remove a package of then; SeawallError when apt fails.
    """
    if any(_JOURNAL.iterdir()):  # dpkg was killed; without that, the scripts of a bad version need not run once more
        run(["dpkg", "--configure", "--pending"], timeout=CHANGE, env=ENVIRONMENT, ok=range(256))
    words = ["install", "--reinstall", "--yes", "--quiet", "--allow-downgrades", "--allow-change-held-packages"]
    words += [
        *_ONLY_FILES,
        "-o",
        f"Dir::State::lists={lists}",
        "-o",
        "DPkg::Lock::Timeout=120",
        "-o",
        "Dpkg::Use-Pty=0",
    ]
    words += ["-o", "Dpkg::Options::=--force-confold", "-o", "Dpkg::Options::=--force-confdef"]
    argv = ["apt-get", *words, "--", *(str(file) for file in files)]
    here = installed()
    told = run([*argv[:1], "--simulate", *argv[1:]], timeout=LOOK, env=ENVIRONMENT).stdout
    goes = {full(found[1], here) for line in told.splitlines() if (found := _GOES.match(line))}
    if lost := sorted(goes & set(then)):
        raise UsageError(
            f"apt would remove {', '.join(lost)}, which was there before the update; nothing was changed",
            f"keep the packages of both: {' '.join(argv)}",
        )
    run(argv, timeout=CHANGE, env=ENVIRONMENT)


def mark(word: str, names: Sequence[str]) -> None:
    """Have apt mark packages: `auto`, `hold`, `unhold`."""
    if names:
        run(["apt-mark", word, "--", *names], timeout=LOOK, env=ENVIRONMENT)
