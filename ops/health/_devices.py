"""Reading what root's look at the devices left; nothing of it is believed before it was looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ops.core.document import parse, read_file
from ops.core.errors import Damaged, Unavailable
from ops.core.printable import printable
from ops.core.schema import Plain
from ops.health._age import moment, span
from ops.interfaces.devices import FILE, LIMITS, REPORT_LIMITS, DevicesSeen, read

FRESH = 3 * 3600.0  # seconds; the look is made every hour


def seen(now: datetime, file: Path = Path(FILE)) -> DevicesSeen:
    """Return what the last look left; raise Unavailable where there is none of the last hours, Damaged for rubbish."""
    try:
        content = read_file(file, LIMITS.bytes, str(file))
    except Damaged as error:
        raise Unavailable(f"{error.message}; check seawall-devices.timer") from error
    told = read(content, str(file))
    age = now - moment(told.finished, "finished", now)
    if age.total_seconds() > FRESH:
        raise Unavailable(f"the devices were last looked at {span(age)} ago; check seawall-devices.timer")
    return told


def report(text: str, name: str) -> Mapping[str, Plain]:
    """Return the JSON that a program printed about a device; raise Damaged for anything else."""
    data = parse(text.encode("utf-8", "replace"), REPORT_LIMITS, name)
    if not isinstance(data, Mapping):
        raise Damaged(f"{name}: smartctl printed nothing that can be read")
    return data


def at(data: Plain, *path: str) -> Any:
    """Return what stands at a path in plain data; None where nothing does."""
    for step in path:
        data = data.get(step) if isinstance(data, Mapping) else None
    return data


def rows(data: Plain) -> list[Mapping[str, Plain]]:
    """Return the mappings in a list of plain data; what is none is left out."""
    found = data if isinstance(data, Sequence) and not isinstance(data, str) else ()
    return [one for one in found if isinstance(one, Mapping)]


def word(data: Plain, most: int = 60) -> str:
    """Return a text of plain data as a person may see it; nothing where it is none."""
    return " ".join(printable(data)[:most].split()) if isinstance(data, str) else ""
