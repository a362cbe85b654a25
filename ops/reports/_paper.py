"""One page of A4 as a PDF, with the fonts that every reader of PDF has; so a server needs no program to make one.

These fonts have the letters of Western Europe. Others are written without their marks, or as `?`; `plain` says so.
"""

from __future__ import annotations

import unicodedata
import zlib
from functools import cache

WIDTH, HEIGHT = 595.28, 841.89  # A4 in points
CODE = "cp1252"
REGULAR, BOLD, MONO = "F1", "F2", "F3"
FONTS = {REGULAR: "Helvetica", BOLD: "Helvetica-Bold", MONO: "Courier"}
# Advance widths of Helvetica from the space to the tilde, in thousandths of the size, as its maker publishes them.
WIDTHS = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *((556,) * 10),
    *(278, 278, 584, 584, 584, 556, 1015),
    *(667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833),
    *(722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611),
    *(278, 278, 278, 469, 556, 333),
    *(556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833),
    *(556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500),
    *(334, 260, 334, 584),
)
WIDER = 1.26  # no letter of the bold font is wider than its regular one by more
WIDEST = 1000


def plain(text: str) -> str:
    """Return a text in the letters that these fonts have."""
    whole = []
    for letter in unicodedata.normalize("NFC", text):
        if _has(letter):
            whole.append(letter)
        else:
            bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
            whole.append(bare if bare and all(map(_has, bare)) else "?")
    return "".join(whole)


@cache
def _has(letter: str) -> bool:
    return letter.isprintable() and letter.encode(CODE, "ignore") != b""


def width(text: str, size: float, font: str = REGULAR) -> float:
    """Return how many points a text takes."""
    if font == MONO:
        return 0.6 * size * len(text)
    total = sum(_advance(letter) for letter in text)
    return total * size / 1000 * (WIDER if font == BOLD else 1)


@cache
def _advance(letter: str) -> int:
    base = unicodedata.normalize("NFD", letter)[0]
    place = ord(base) - ord(" ")
    return WIDTHS[place] if 0 <= place < len(WIDTHS) else WIDEST


def wrapped(text: str, room: float, size: float, font: str = REGULAR) -> list[str]:
    """Break a text into lines that are no wider than the room; a word too long for any line is broken, too."""
    lines = [""]
    for word in plain(text).split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if width(longer, size, font) <= room:
            lines[-1] = longer
            continue
        rest = word
        if lines[-1]:
            lines.append("")
        while width(rest, size, font) > room:
            most = next(n for n in range(len(rest), 0, -1) if n == 1 or width(rest[:n], size, font) <= room)
            lines[-1], rest = rest[:most], rest[most:]
            lines.append("")
        lines[-1] = rest
    return lines


class Page:
    """A page that texts and lines are put on; places are points from its upper left corner."""

    def __init__(self) -> None:
        self._drawn: list[str] = []

    def text(self, x: float, y: float, text: str, size: float, font: str = REGULAR) -> None:
        """Put one line of text with its foot at y."""
        said = plain(text).replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        self._drawn.append(f"BT /{font} {size:.2f} Tf {x:.2f} {HEIGHT - y:.2f} Td ({said}) Tj ET")

    def line(self, x: float, y: float, to_x: float, to_y: float, thick: float = 0.4) -> None:
        """Draw a straight line."""
        self._drawn.append(f"{thick:.2f} w {x:.2f} {HEIGHT - y:.2f} m {to_x:.2f} {HEIGHT - to_y:.2f} l S")

    def document(self, title: str) -> bytes:
        """Return the PDF; the same page gives the same bytes."""
        content = zlib.compress("\n".join(self._drawn).encode(CODE))
        fonts = " ".join(f"/{name} {number} 0 R" for number, name in enumerate(FONTS, 6))
        objects = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents 4 0 R "
            f"/Resources << /Font << {fonts} >> >> >>".encode(),
            f"<< /Length {len(content)} /Filter /FlateDecode >>\nstream\n".encode() + content + b"\nendstream",
            b"<< /Title <" + ("\ufeff" + title).encode("utf-16-be").hex().encode() + b"> >>",
            *(
                f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode()
                for name in FONTS.values()
            ),
        ]
        return _assembled(objects)


def _assembled(objects: list[bytes]) -> bytes:
    """Number the objects from 1, and add the table that says where each begins."""
    whole, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, said in enumerate(objects, 1):
        places.append(len(whole))
        whole += b"%d 0 obj\n" % number + said + b"\nendobj\n"
    count = len(objects) + 1
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    ending = b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(whole))
    return whole + b"xref\n0 %d\n" % count + table + ending
