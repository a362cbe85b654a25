"""What rebuilding a machine needs to know of it, asked while it still runs; and the key of its ledger, to be listed.

Kept in the control machine's own folder beside the inventory. A machine that does not answer keeps what is known of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ops.core import clock
from ops.core.files import read_json, write_json
from ops.core.schema import Plain
from ops.core.verdict import Finding, Verdict
from ops.fleet.ledgers import signers

if TYPE_CHECKING:
    from ops.fleet.ssh.ask import Answer

VERSION = 1
NAME = "machines.json"
BROUGHT = {"seawall", "restic"}  # by the playbooks
MOST_NAMES = 20_000  # packages or sources of a machine
MOST_CHARACTERS = 400  # of one name
MOST_KIB = 1 << 50
MOST_CPUS = 1 << 16
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]*(?<!-)(?::[a-z0-9]+)?", re.ASCII)  # apt removes what has a `-` behind it
_RELEASE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,39}", re.ASCII)
# Each line begins with what it tells. Packages that no source offers are told apart: somebody brought them by hand.
QUESTION = r"""
. /etc/os-release
echo "release $VERSION_CODENAME"
echo "cpus $(nproc)"
sed -n 's/^MemTotal: *\([0-9]*\) kB/memory_kib \1/p' /proc/meminfo
df -P -k -x tmpfs -x devtmpfs | sed -n '2,$s/^[^ ]* *\([0-9]*\) .* \(\/.*\)$/disk \2 \1/p'
apt list --installed 2>/dev/null | sed -n 's/^\([^/]*\)\/.*\[.*local.*/local \1/p'
apt-mark showmanual | sed 's/^/package /'
apt-get indextargets --format 'source $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' | sort -u
if [ -e /etc/seawall/ledger.pub ]; then cut -d ' ' -f 1,2 /etc/seawall/ledger.pub | sed 's/^/signer /'; fi
"""


@dataclass(frozen=True)
class Facts:
    """One machine. packages: those that a person asked for. brought: of these, what no source offers. disks: KiB.

    They are printed, and typed by a person who rebuilds the machine: a ValueError says that they can't be.
    """

    release: str
    cpus: int
    memory_kib: int
    disks: Mapping[str, int]
    packages: tuple[str, ...]
    brought: tuple[str, ...]
    sources: tuple[str, ...]
    looked: str

    def __post_init__(self) -> None:
        """Demand what can be printed and typed."""
        names = (*self.packages, *self.brought)
        texts = (*self.sources, *self.disks)
        fine = (
            _RELEASE.fullmatch(self.release)
            and max(len(names), len(texts)) <= MOST_NAMES
            and all(_PACKAGE.fullmatch(name) for name in names)
            and all(text.isprintable() and 0 < len(text) <= MOST_CHARACTERS for text in (*names, *texts))
            and 0 < self.cpus <= MOST_CPUS
            and all(0 <= size <= MOST_KIB for size in (self.memory_kib, *self.disks.values()))
        )
        if not fine:
            raise ValueError("facts of a machine that can't be those of one")


def read(home: Path) -> dict[str, Facts]:
    """Return what is known of each machine."""
    try:
        told = read_json(home / NAME)["machines"]
    except FileNotFoundError:
        return {}
    lists = ("packages", "brought", "sources")
    return {host: Facts(**(one | {name: tuple(one[name]) for name in lists})) for host, one in told.items()}


def note(inventory: Path, home: Path, answers: Mapping[str, Answer[tuple[Facts, str] | None]]) -> dict[str, Finding]:
    """Keep what machines answered, and list the first key of each ledger; return how it went with each."""
    known, keys = read(home), {}
    found = {}
    for host, answer in answers.items():
        if answer.fact is None:
            found[host] = Finding(Verdict.UNKNOWN, answer.trouble)
            continue
        facts, key = answer.fact
        known[host] = facts
        keys[host] = key
        found[host] = _signed(signers.place(inventory), host, key)
    fresh = signers.note(signers.place(inventory), keys)
    write_json(home / NAME, {"version": VERSION, "machines": {host: asdict(facts) for host, facts in known.items()}})
    return {host: signers.as_told(one, fresh.get(host)) for host, one in found.items()}


def _signed(place: Path, host: str, key: str) -> Finding:
    wrong = signers.judged(place, host, key)
    if wrong is None and not key:
        return Finding(Verdict.WARN, "has no ledger key yet; playbooks/site.yml creates one")
    return wrong or Finding(Verdict.PASS, "known")


def understood(text: str) -> tuple[Facts | None, str]:
    """Given what a machine answered, return its facts, none when a part is missing, and the key of its ledger."""
    told: dict[str, list[str]] = {}
    for line in text.split("\n"):
        word, _, rest = line.partition(" ")
        told.setdefault(word, []).append(rest.strip())
    try:
        local = set(told.get("local", ()))
        packages = tuple(sorted(set(told["package"]) - BROUGHT))
        facts = Facts(
            release=told["release"][0],
            cpus=int(told["cpus"][0]),
            memory_kib=int(told["memory_kib"][0]),
            disks={_disk(one)[0]: _disk(one)[1] for one in told.get("disk", ())},
            packages=packages,
            brought=tuple(name for name in packages if name in local),
            sources=tuple(told.get("source", ())),
            looked=clock.iso(clock.now()),
        )
    except (KeyError, ValueError):
        return None, ""
    return facts, told.get("signer", [""])[0]


def _disk(text: str) -> tuple[str, int]:
    place, _, size = text.rpartition(" ")
    return place, int(size)


def plain(found: Mapping[str, Finding]) -> dict[str, Plain]:
    """Return findings as plain data."""
    return {host: {"verdict": one.verdict.value, "message": one.message} for host, one in found.items()}
