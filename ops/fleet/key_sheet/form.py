"""The sheet of keys for the safe: what its lines say, how a typing error is found, and how it is read back.

A line is a name, a value in groups of letters, and four hex digits: the first of the SHA-256 of all before them. So
each line can be checked by itself, with `sha256sum` alone. A long value stands on several lines, numbered from 1.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ops.core.errors import UsageError
from ops.fleet.secrets.unlocked import RepositoryAccess
from ops.reports.catalogue import tr

GROUP = 5
ON_A_LINE = 20
CHECK = 4
_LINE = re.compile(r"(?P<name>[^\s/]+(?:/[^\s/]+)+) (?P<value>\S.*?) (?P<check>[0-9a-f]{4})")
_NUMBERED = re.compile(r"(\d+)of(\d+)")
_BEGUN = re.compile(r"^([^\s/]+/[^\s]+) ")
_TYPED = re.compile(r"[!-~]+(?: [!-~]+)*")
VERBATIM = ("address", "account", "host", "phrase")  # values that are short, or in which a blank is a blank
DOOR = ("address", "account", "account-password", "password")
ON_A_DISK = ("address", "password")  # of a repository whose address is a path


@dataclass(frozen=True)
class Block:
    """Lines that belong together: typed together, and together in one QR code."""

    title: str
    lines: tuple[str, ...]


@dataclass
class Reading:
    """What a typed sheet says: values by name, and in words the lines that are not as they were printed."""

    values: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def doors(self, kinds: Mapping[str, str]) -> Iterator[RepositoryAccess]:
        """Yield every repository of which all lines are there.

        kinds: the kind of each place by its name, which is not printed; empty in what is yielded where it lacks one.
        """
        for start in sorted({name.rpartition("/")[0] for name in self.values if name.endswith("/password")}):
            said = {name: self.values.get(f"{start}/{name}", "") for name in DOOR}
            if start.count("/") == 1 and all(said[name] for name in _wanted(said["address"])):
                place, machine = start.split("/")
                none = on_a_disk(said["address"]) or said["address"].startswith("s3:")
                keeper = "" if none else said["address"].partition(":")[0]
                yield RepositoryAccess(
                    machine=machine,
                    place=place,
                    kind=kinds.get(place, ""),
                    keeper=keeper,
                    address=said["address"],
                    account=said["account"],
                    account_password=said["account-password"],
                    password=said["password"],
                    key=self.values.get(f"{start}/key", ""),
                )

    def lacks(self) -> list[str]:
        """Return the lines that are missing of a repository of which some are there."""
        starts = {name.rpartition("/")[0] for name in self.values if name.count("/") == 2}  # noqa: PLR2004
        wanted = (
            f"{start}/{name}" for start in sorted(starts) for name in _wanted(self.values.get(f"{start}/address", ""))
        )
        return [name for name in wanted if name not in self.values]


def blocks(
    doors: Iterable[RepositoryAccess], fingerprint: str, hosts: Mapping[str, str], vault: str | None
) -> list[Block]:
    """Return the sheet.

    doors: the repositories. fingerprint: of the authority's certificate, hex. hosts: numeric addresses of those that
    keep the repositories, as far as they are known. vault: the password of the inventory's secrets, where it is given.
    """
    ways = [
        *lines("authority/sha256", fingerprint),
        *(line for n, a in hosts.items() for line in lines(f"{n}/host", a)),
    ]
    found = [Block(tr("The way in"), tuple(ways))]
    if vault is not None:
        found.append(Block(tr("The inventory's secrets"), tuple(lines(*_vault(vault)))))
    return [*found, *map(_door, doors)]


def on_a_disk(address: str) -> bool:
    """Return whether a printed address is that of a repository on a disk: it is served by nobody."""
    return address.startswith("/")


def _wanted(address: str) -> tuple[str, ...]:
    return ON_A_DISK if on_a_disk(address) else DOOR


def _door(door: RepositoryAccess) -> Block:
    start = f"{door.place}/{door.machine}"
    said = {
        "address": door.address,
        **({"account": door.account, "account-password": door.account_password} if door.account else {}),
        "password": door.password,
        **({"key": door.key} if door.key else {}),
    }
    return Block(
        tr("Repository of {machine} in {repository}", machine=door.machine, repository=door.place),
        tuple(line for name, value in said.items() for line in lines(f"{start}/{name}", value)),
    )


def _vault(password: str) -> tuple[str, str]:
    if not _TYPED.fullmatch(password):
        raise UsageError(
            "the vault password can't be typed from paper", "use letters, digits, punctuation and single spaces only"
        )
    return ("vault/phrase" if " " in password else "vault/password"), password


def lines(name: str, value: str) -> Iterator[str]:
    """Yield the lines for a value."""
    if name.rpartition("/")[2] in VERBATIM:
        yield checked(f"{name} {value}")
        return
    pieces = [value[start : start + ON_A_LINE] for start in range(0, len(value), ON_A_LINE)]
    for number, piece in enumerate(pieces, 1):
        groups = " ".join(piece[start : start + GROUP] for start in range(0, len(piece), GROUP))
        yield checked(f"{name}/{number}of{len(pieces)} {groups}")


def checked(text: str) -> str:
    """Return a line with its check behind it."""
    return f"{text} {_check(text)}"


def _check(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:CHECK]


def read(text: str) -> Reading:
    """Given a typed or scanned sheet, return what it says; what is no line of a sheet is passed over."""
    found = Reading()
    pieces: dict[str, dict[str, str]] = {}
    for raw in text.splitlines():
        line = " ".join(raw.split())
        match = _LINE.fullmatch(line)
        if match is None:
            found.wrong += [f"{begun[1]}: is not a complete line" for begun in _BEGUN.finditer(line)]
            continue
        start, _, last = match["name"].rpartition("/")
        if _check(line[: -CHECK - 1]) != match["check"]:
            found.wrong.append(f"{match['name']}: differs from the printed line; compare it letter by letter")
        elif _NUMBERED.fullmatch(last):
            pieces.setdefault(start, {})[last] = match["value"].replace(" ", "")
        else:
            found.values[match["name"]] = match["value"]
    for name, numbered in pieces.items():
        count = int(next(iter(numbered)).partition("of")[2])
        wanted = [f"{number}of{count}" for number in range(1, count + 1)]
        lacking = [one for one in wanted if one not in numbered]
        found.wrong += [f"{name}/{one}: is missing" for one in lacking]
        if not lacking:
            found.values[name] = "".join(numbered[one] for one in wanted)
    return found
