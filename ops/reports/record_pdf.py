"""The record of a drill as a PDF of one page, the same as the HTML form."""

from __future__ import annotations

from ops.core.errors import Damaged
from ops.reports._paper import BOLD, HEIGHT, MONO, REGULAR, WIDTH, Page, plain, wrapped
from ops.reports.drill_record import LONGEST, Block, Evidence, Names, Sheet, page_of

LEFT, RIGHT, TOP, BOTTOM = 40.0, WIDTH - 40.0, 36.0, HEIGHT - 30.0
LABELS = 86.0  # points for the labels of pairs
SIZES = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0)
LEADING = 1.28
ROW = 18.0  # height of a row that a hand writes in
REPLACED = "Letters missing from this font are printed without accents, or as ?; the HTML form has them."


def render(evidence: Evidence, names: Names) -> bytes:
    """Given a record and what vouches for it, return the PDF."""
    shown, size = fitted(evidence, names)
    drawing = _Drawing(size)
    drawing.draw(shown)
    return drawing.page.document(shown.title)


def fitted(evidence: Evidence, names: Names, bottom: float = BOTTOM) -> tuple[Sheet, float]:
    """Return the fullest page that ends above the bottom, and the largest letters in which it does."""
    for longest in LONGEST:
        shown = page_of(evidence, names, longest)
        for size in SIZES:
            drawing = _Drawing(size)
            drawing.draw(shown)
            if drawing.y <= bottom:
                return shown, size
    raise Damaged("this record does not fit on one page", "its JSON form has all of it")


class _Drawing:
    """A page on its way, from top to bottom; y is where the next line's top is."""

    def __init__(self, size: float) -> None:
        self.page = Page()
        self.size = size
        self.y = TOP

    def draw(self, shown: Sheet) -> None:
        self._lines(LEFT, shown.site, self.size)
        self._lines(LEFT, f"{shown.title}: {shown.verdict.value}", self.size * 1.55, BOLD)
        self._lines(LEFT, shown.message, self.size)
        self.page.line(LEFT, self.y + 2, RIGHT, self.y + 2, 1.2)
        self.y += 4
        for block in shown.blocks:
            self._block(block)
        said = [
            shown.site,
            shown.title,
            shown.message,
            *(cell for block in shown.blocks for row in block.rows for cell in row),
        ]
        if any(plain(text) != text for text in said):
            self.y += 3
            self._lines(LEFT, REPLACED, self.size * 0.85)

    def _block(self, block: Block) -> None:
        self.y += self.size * 0.55
        self._lines(LEFT, block.heading, self.size, BOLD)
        self.page.line(LEFT, self.y + 0.5, RIGHT, self.y + 0.5)
        self.y += 2
        if block.form == "blanks":
            self._blanks(block)
            return
        for row in block.rows:
            if block.form == "pairs":
                above = self.y
                self._lines(LEFT, row[0], self.size)
                self.y = above
                self._lines(LEFT + LABELS, row[1], self.size)
            elif block.form == "commands":
                self._lines(LEFT, row[0], self.size * 0.78, MONO)
            else:
                self._lines(LEFT, row[0], self.size)

    def _blanks(self, block: Block) -> None:
        """A form: its first column is twice as wide where an action is written into it."""
        titles = block.rows[0]
        shares = [2.0 if len(titles) == 3 and place == 0 else 1.0 for place in range(len(titles))]  # noqa: PLR2004
        edges = [LEFT]
        for share in shares:
            edges.append(edges[-1] + (RIGHT - LEFT) * share / sum(shares))
        above = self.y
        for edge, title in zip(edges, titles, strict=False):
            self.y = above
            self._lines(edge + 2, title, self.size * 0.85)
        top = self.y
        for place in range(block.empty + 1):
            self.page.line(LEFT, top + place * ROW, RIGHT, top + place * ROW)
        for edge in edges:
            self.page.line(edge, top, edge, top + block.empty * ROW)
        self.y = top + block.empty * ROW

    def _lines(self, x: float, text: str, size: float, font: str = REGULAR) -> None:
        for line in wrapped(text, RIGHT - x, size, font):
            self.page.text(x, self.y + size, line, size, font)
            self.y += size * LEADING
