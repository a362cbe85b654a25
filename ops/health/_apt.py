"""Which security updates a machine lacks, by apt's own lists and what dpkg says, without asking apt to plan them.

To plan an upgrade costs apt seconds and tens of megabytes; the lists of security updates are small. `apt-helper` opens
them, however they are packed. A package that is held back lacks its update all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ops.core.errors import Unavailable
from ops.core.run import run, stream

HELPER = "/usr/lib/apt/apt-helper"
TIMEOUT = 25.0
HEAD = 4096  # characters of a list in which its publisher, and its date, stand
LONGEST_LINE = 1 << 20
MOST_PRINTED = 16 << 20
_SHOWN = "${db:Status-Status}\t${Package}\t${Architecture}\t${Version}\n"
_DEBIAN = re.compile(r"^Label: Debian-Security$", re.MULTILINE)
_UBUNTU = re.compile(r"^Origin: Ubuntu.*$(?=[\s\S]*^Suite: \S+-security$)", re.MULTILINE)
_PARTS = re.compile(r"(\D*)(\d*)")


def releases(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the head of what each publisher says of its lists, after what the names of those lists begin with."""
    for path in sorted(folder.glob("*Release")):
        if path.name.endswith(("_InRelease", "_Release")):
            with path.open(encoding="utf-8", errors="replace") as file:
                yield path.name.removesuffix("InRelease").removesuffix("Release"), file.read(HEAD)


def waiting(folder: Path, status: Path) -> list[str]:
    """Return the packages of which a newer version is published for security, by name; raise Unavailable or OSError."""
    prefixes = [prefix for prefix, head in releases(folder) if _DEBIAN.search(head) or _UBUNTU.search(head)]
    if not prefixes:
        raise Unavailable("apt has no list of security updates; look at /etc/apt/sources.list, then `apt-get update`")
    words = ["dpkg-query", f"--admindir={status.parent}", "--show", f"--showformat={_SHOWN}"]
    here = installed(run(words, timeout=TIMEOUT, most=MOST_PRINTED).stdout)
    found = set()
    for prefix in dict.fromkeys(prefixes):
        for path in sorted(folder.glob(f"{prefix}*_Packages*")):
            with stream([HELPER, "cat-file", str(path)], timeout=TIMEOUT) as program:
                program.most = LONGEST_LINE
                found |= {
                    name
                    for name, architecture, version in packages(program.lines())
                    if any(
                        "all" in {architecture, other} or architecture == other
                        for other, has in here.get(name, {}).items()
                        if order(version) > order(has)
                    )
                }
    return sorted(found)


def packages(lines: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield name, architecture and version of each package in a list."""
    for told in _paragraphs(lines):
        yield told.get("Package", ""), told.get("Architecture", ""), told.get("Version", "")


def installed(told: str) -> dict[str, dict[str, str]]:
    """Given what dpkg-query says, return the version of each installed package, by name and architecture."""
    found: dict[str, dict[str, str]] = {}
    for line in told.splitlines():
        state, name, architecture, version = line.split("\t")
        if state == "installed":
            found.setdefault(name, {})[architecture] = version
    return found


def _paragraphs(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """Yield what each paragraph says of a package in the fields that count here."""
    told: dict[str, str] = {}
    for line in lines:
        if line.startswith(("Package: ", "Architecture: ", "Version: ")):
            name, _, value = line.partition(": ")
            told[name] = value.strip()
        elif told and not line.strip():
            yield told
            told = {}
    if told:
        yield told


def order(version: str) -> tuple[int, list[tuple[tuple[int, ...], int]], list[tuple[tuple[int, ...], int]]]:
    """Return by what a version is compared, as dpkg does: `~` stands before nothing, letters before other signs."""
    epoch, colon, rest = version.partition(":")
    if not colon or not epoch.isdecimal():
        epoch, rest = "0", version
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "0")
    return int(epoch), _keys(upstream), _keys(revision)


def _keys(text: str) -> list[tuple[tuple[int, ...], int]]:
    return [((*map(_sign, signs), 0), int(digits or 0)) for signs, digits in _PARTS.findall(text)]


def _sign(sign: str) -> int:
    return -1 if sign == "~" else ord(sign) if sign.isalpha() else ord(sign) + 256
