"""The part `antivirus` of hardening: ClamAV, its signatures from the site's mirror, and scans by a calendar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ops.core.calendar import Calendar
from ops.core.names import AbsolutePath

_MIRROR = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]{0,252}(:[1-9][0-9]{0,4})?(/[A-Za-z0-9._~-]+)*/?")
_FOLDERS = ("/home", "/root", "/srv", "/tmp", "/var/tmp")  # noqa: S108 -- they are read
# In a unit's file, and in ClamAV's regular expressions, they would be something else.
_REFUSED = set(" '\"\\%$;{}[]()^|")


@dataclass(frozen=True)
class Antivirus:
    """ClamAV, with scans by a calendar. What a scan finds is told and left where it is: nothing is deleted or moved.

    mirror: the address of the site's mirror of ClamAV's signatures, such as http://mirror.hospital.example/clamav;
        without it, they come from the internet.
    at: when the folders are scanned, in the machine's own time.
    folders: what is scanned, with all that is below.
    left_out: folders below them that are not.
    """

    mirror: str | None = None
    at: Calendar = Calendar.parse("Sun 02:00")
    folders: tuple[AbsolutePath, ...] = tuple(map(AbsolutePath, _FOLDERS))
    left_out: tuple[AbsolutePath, ...] = ()

    def __post_init__(self) -> None:
        """Demand an address, and paths that stand in a unit as one word."""
        if self.mirror is not None and not _MIRROR.fullmatch(self.mirror):
            raise ValueError(
                f"mirror is {self.mirror[:80]!r}; expected an address such as http://mirror.hospital.example/clamav"
            )
        if not self.folders:
            raise ValueError("folders names none; leave the part out to scan nothing")
        for name, paths in (("folders", self.folders), ("left_out", self.left_out)):
            for path in map(str, paths):
                if set(path) & _REFUSED:
                    raise ValueError(
                        f"{name}: {path[:80]!r}: expected a path without blanks, quotes, brackets, `\\%$;^|`"
                    )
        for path in map(str, self.left_out):
            if not any(path.startswith(f"{str(folder).rstrip('/')}/") for folder in self.folders):
                raise ValueError(f"left_out: {path} is below none of the folders")

    def given(self) -> dict[str, Any]:
        """Return what the role `antivirus` is given; `left_out` as regular expressions for the whole path."""
        return {
            "mirror": (self.mirror or "").rstrip("/"),
            "at": [item.expression for item in self.at.items],
            "folders": sorted({*map(str, self.folders)}),
            "left_out": [f"^{_literal(path)}/?$" for path in sorted({*map(str, self.left_out)})],
        }


def _literal(path: str) -> str:
    """Return the regular expression that is this path; of what has a meaning there, paths here may have these two."""
    return path.replace(".", "[.]").replace("+", "[+]")
