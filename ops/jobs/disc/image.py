"""An image of a disc: made by xorriso, with data for the correction of errors by dvdisaster, and read back.

The repository's folder belongs to the account that adds to it, so that anything may take a file's name while xorriso
reads it. What is in the image is compared with the digests afterwards: an image with anything else is thrown away.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ops.core.errors import CommandError, Damaged, Unavailable
from ops.core.files import CHUNK
from ops.core.quantity import Percent, Size
from ops.core.run import run
from ops.interfaces.disc import SECTOR
from ops.jobs.disc.contents import File

Places = Mapping[str, tuple[int, ...]]  # by path the first sector and the bytes
_DAY = 86_400.0
_MARGIN = 1024  # sectors: what is corrected comes in layers of 255
_LINE = re.compile(r"File data lba: +0 , +(\d+) , +\d+ , +(\d+) , '/(.*)'")
_PACKAGES = "apt install --no-install-recommends xorriso dvdisaster"


def make(image: Path, label: str, files: Sequence[File], sectors: int, correction: Percent) -> Places:
    """Write an image, and return where in it each file lies; raise Damaged when it does not hold what it should."""
    _file_system(image, label, files)
    places = _places(image)
    _correctable(image, sectors, correction)
    wanted = {one.path: one for one in files}
    if wrong := [*damaged(image, places, {path: one.sha256 for path, one in wanted.items()})]:
        raise Damaged(f"the image {label} does not hold {wrong[0]} as it should", "look for damage: seawall copy")
    if places.keys() != wanted.keys():
        raise Damaged(f"the image {label} holds what it should not: {min(places.keys() - wanted.keys())}")
    _run(["dvdisaster", "-i", str(image), "-t"], image)
    return places


def damaged(path: Path, places: Places, digests: Mapping[str, str]) -> Iterator[str]:
    """Yield the paths of what an image or a disc does not hold as it was stored, by where it must be there."""
    with path.open("rb") as file:
        for name, sha256 in sorted(digests.items(), key=lambda one: places.get(one[0], (0,))):
            start, size = places.get(name, (0, -1))
            try:
                good = size >= 0 and _digest(file, start * SECTOR, size) == sha256
            except OSError:
                good = False
            if not good:
                yield name


def whole(path: Path, size: int) -> str:
    """Return the SHA-256 of the first bytes of an image or a disc; raise OSError where they can't be read."""
    with path.open("rb") as file:
        return _digest(file, 0, size)


def content(path: Path, start: int, size: int) -> bytes:
    """Return so many bytes of an image or a disc from a sector on; raise OSError where they can't be read."""
    with path.open("rb") as file:
        file.seek(start * SECTOR)
        return file.read(size)


def label_of(path: Path) -> str:
    """Return what the file system of an image or a disc is called; raise Damaged where there is none."""
    with path.open("rb") as file:
        file.seek(16 * SECTOR)
        begin = file.read(SECTOR)
    if begin[1:6] != b"CD001":
        raise Damaged(f"{path} has no file system of a disc", "is the right disc in the drive?")
    return begin[40:72].decode("ascii", "replace").strip()


def _digest(file: object, start: int, size: int) -> str:
    total, left = hashlib.sha256(), size
    file.seek(start)  # type: ignore[attr-defined]
    while left and (piece := file.read(min(CHUNK, left))):  # type: ignore[attr-defined]
        total.update(piece)
        left -= len(piece)
    return total.hexdigest()


def _file_system(image: Path, label: str, files: Sequence[File]) -> None:
    """Write the files into a new file system; other systems read its long names, too."""
    listed = image.with_name("files")
    lines = (
        f"/{one.path}={str(one.source).replace(chr(92), chr(92) * 2).replace('=', chr(92) + '=')}" for one in files
    )
    listed.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    words = ["-quiet", "-V", label, "-r", "-J", "-joliet-long", "-iso-level", "3", "-graft-points"]
    _run(["xorriso", "-no_rc", "-as", "mkisofs", *words, "-path-list", str(listed), "-o", str(image)], image)


def _places(image: Path) -> Places:
    words = ["-indev", str(image), "-find", "/", "-type", "f", "-exec", "report_lba", "--"]
    found = map(_LINE.fullmatch, map(str.strip, _run(["xorriso", "-no_rc", *words], image).splitlines()))
    return {one[3]: (int(one[1]), int(one[2])) for one in found if one}


def _correctable(image: Path, sectors: int, correction: Percent) -> None:
    """Add the data with which a disc of which a part is lost comes back; a disc that is not full is not filled."""
    data = image.stat().st_size // SECTOR
    wanted = min(sectors, math.ceil(data / (1 - correction.value / 100)) + _MARGIN)
    # RS03 describes itself in one place: an image of another size than the usual ones is lost with those few sectors.
    _run(["dvdisaster", "-mRS02", "-n", str(wanted), "-i", str(image), "-c"], image)
    size = image.stat().st_size
    if size > sectors * SECTOR or size <= data * SECTOR:
        raise Damaged(f"the image became {Size(size)} large; a disc takes {Size(sectors * SECTOR)}")


def _run(argv: list[str], image: Path) -> str:
    try:
        return run(argv, timeout=_DAY, env={"HOME": str(image.parent)}).stdout
    except Unavailable as error:
        raise Unavailable(error.message, _PACKAGES) from error
    except CommandError as error:
        raise Unavailable(f"{argv[0]} could not make the image: {error.message}", "look for free space") from error
