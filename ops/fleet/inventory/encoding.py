"""The bytes of an inventory's file as text: UTF-8, or else a problem that names the encoding they probably have."""

from __future__ import annotations

import re
from pathlib import Path

from ops.core.errors import Problem

PATH = "file"
# Letters by which texts of Central and of Western Europe are told apart.
CENTRAL = frozenset("ąćęłńśźżáčďéěíňřšťúůýžőűľĺŕăâîșțţşĄĆĘŁŃŚŹŻÁČĎÉĚÍŇŘŠŤÚŮÝŽŐŰĽĂÂÎŞŢ")
WESTERN = frozenset("äöüßàâçéèêëîïôùûñáíóúãõåæøìòÄÖÜÀÂÇÉÈÊËÎÏÔÙÛÑÁÍÓÚÃÕÅÆØÌÒ€°§")
ENCODINGS = {"WINDOWS-1252": WESTERN, "WINDOWS-1250": CENTRAL, "ISO-8859-1": WESTERN, "ISO-8859-2": CENTRAL}
BEGINNINGS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_ASCII = 0x7F
_SHOWN = 40  # characters of a line


def decoded(path: Path, data: bytes) -> str | Problem:
    """Return the text of a file; where it is not UTF-8, or holds what no text holds, the problem."""
    for beginning, encoding in BEGINNINGS:
        if data.startswith(beginning):
            return _foreign(path, 1, f"is {encoding}, not UTF-8", encoding)
    if b"\0" in data:
        return _with_zeros(path, data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        line = data.split(b"\n")[number - 1]
        readings = {line.decode(name, "replace").strip()[:_SHOWN]: name for name in reversed(_probable(data))}
        shown = " or ".join(f"{name}, in which this line reads `{text}`" for text, name in reversed(readings.items()))
        encoding = list(readings.values())[-1] if len(readings) == 1 else "THE_ONE_THAT_READS_RIGHT"
        return _foreign(path, number, f"is not UTF-8 but probably {shown}", encoding)
    if control := re.search(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]", text):
        number = text.count("\n", 0, control.start()) + 1
        said = f"holds the control character U+{ord(control[0]):04X}, which no text holds; delete it"
        return Problem(PATH, said, f"{path}:{number}")
    return text


def _with_zeros(path: Path, data: bytes) -> Problem:
    """Zero bytes at every second place are UTF-16 without its mark; others are left of a file that was not written."""
    for encoding, zeros in (("UTF-16LE", data[1::2]), ("UTF-16BE", data[::2])):
        if zeros.count(0) * 2 > len(zeros):
            return _foreign(path, 1, f"is {encoding}, not UTF-8", encoding)
    number = data.count(b"\n", 0, data.index(b"\0")) + 1
    said = "holds zero bytes, like a file that was not written to its end; write it anew, or take it from a copy"
    return Problem(PATH, said, f"{path}:{number}")


def _foreign(path: Path, line: int, said: str, encoding: str) -> Problem:
    how = f"iconv -f {encoding} -t UTF-8 {path} > new.yml, then mv new.yml {path}"
    return Problem(PATH, f"{said}; convert it: {how}", f"{path}:{line}")


def _probable(data: bytes) -> list[str]:
    """Return the encodings in which most bytes beyond ASCII are letters that people write; a few bytes fit several."""
    beyond = bytes(byte for byte in data if byte > _ASCII)
    scores = {
        name: sum(letter in letters for letter in beyond.decode(name, "replace")) for name, letters in ENCODINGS.items()
    }
    return [name for name, score in scores.items() if score == max(scores.values())]
