"""Pages as PDFs: the HTML of the screen, printed by WeasyPrint. Only the control machine does this; servers keep HTML.

Nothing is fetched: a page contains everything it needs. The same page gives the same bytes as long as WeasyPrint, Pango
and the fonts stay the same.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Any, NoReturn

from ops.core.announce import to_errors
from ops.core.errors import Damaged, Unavailable

# What templates/print.css names, with the package that each comes from: 3 MiB for the letters of Europe; 5 MiB for
# Chinese ones, simplified and traditional, where Noto's take 90.
FONTS = {
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"): "fonts-dejavu-core",
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"): "fonts-wqy-microhei",
}


def printed(page: str) -> bytes:
    """Given a page of HTML, return it as a PDF; raise Unavailable where WeasyPrint, Pango or a font is missing.

    Raise Damaged for a page that refers to anything outside itself. Letters that no font has are told on stderr.
    """
    _demand_fonts()
    weasyprint = _weasyprint()
    if lacking := letters_lacking(page):
        to_errors(f"warn: the fonts of the PDF lack these letters (the HTML shows them): {lacking}")
    identifier = hashlib.sha256(page.encode()).digest()[:16]
    try:
        document = weasyprint.HTML(string=page, url_fetcher=_refused)
        return bytes(document.write_pdf(pdf_identifier=identifier))
    except weasyprint.urls.FatalURLFetchingError as error:
        raise Damaged(str(error)) from error


def letters_lacking(page: str) -> str:
    """Return the letters of a page that none of the fonts has, each once: they are boxes in the PDF."""
    from fontTools.ttLib import TTFont

    known: set[int] = set()
    for path in FONTS:
        with TTFont(path, fontNumber=0, lazy=True) as font:
            known |= set(font.getBestCmap())
    return "".join(sorted(letter for letter in set(page) if letter.isprintable() and ord(letter) not in known))


def _demand_fonts() -> None:
    missing = [package for path, package in FONTS.items() if not path.exists()]
    if missing:
        raise Unavailable(f"a PDF needs the fonts of {', '.join(missing)}", f"apt install {' '.join(missing)}")


def _weasyprint() -> Any:
    try:
        import weasyprint
    except (ImportError, OSError) as error:  # OSError: it is there, and Pango is not
        raise Unavailable(f"WeasyPrint cannot be loaded: {error}", "make setup") from error
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it tells each word of CSS that is for screens only
    return weasyprint


def _refused(url: str) -> NoReturn:
    from weasyprint.urls import FatalURLFetchingError

    raise FatalURLFetchingError(f"the page refers to {url[:200]}; nothing is fetched for a PDF")
