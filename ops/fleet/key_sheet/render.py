"""The sheet of keys on paper: as text and as a page, each block with a QR code of its lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ops.core import clock
from ops.fleet.key_sheet.form import Block
from ops.policy.model import Site
from ops.reports import environment
from ops.reports.catalogue import tr
from ops.reports.times import stamp

BY_HAND = (
    'while read -r line; do [ "$(printf %s "${line% *}" | sha256sum | cut -c 1-4)" = "${line##* }" ] ||'
    ' echo "$line"; done < FILE'
)
QUIET = 2  # modules of white around a code, which its readers need
SCALE = 1.6


def text(blocks: Sequence[Block], site: Site, person: str) -> str:
    """Return the sheet as text, for a printer with a fixed font."""
    title = tr("Keys of {site}", site=site.name).upper()
    parts = [title, _printed(site, person), "", *_warning(), "", *_how(), "", f"  {BY_HAND}", ""]
    for block in blocks:
        parts += ["", f"== {block.title} ==", "", *(f"  {line}" for line in block.lines), "", *_drawn(block)]
    return "\n".join(parts) + "\n"


def html(blocks: Sequence[Block], site: Site, person: str) -> str:
    """Return the sheet as one page without anything from elsewhere."""
    from markupsafe import Markup

    codes = {block.title: Markup(_code(block).svg_inline(scale=SCALE, border=QUIET)) for block in blocks}  # noqa: S704 -- drawn here
    return (
        environment()
        .get_template("keys.html.j2")
        .render(
            blocks=blocks,
            codes=codes,
            site=site.name,
            printed=_printed(site, person),
            warning=_warning(),
            how=_how(),
            by_hand=BY_HAND,
        )
    )


def _warning() -> tuple[str, str]:
    return (
        tr(
            "ANYBODY WITH THIS SHEET CAN READ EVERY BACKUP. Keep it sealed in the safe, and a second copy in another "
            "building."
        ),
        tr("Never mail, scan, upload or photograph it. When you print a new one, destroy the old one."),
    )


def _how() -> list[str]:
    return tr(
        "Type the lines into a file exactly as printed, or scan the codes into it. `seawall keys check FILE` reports\n"
        "mistyped lines and whether the keys work. Without Seawall, this command lists the mistyped lines:"
    ).splitlines()


def _printed(site: Site, person: str) -> str:
    return tr("Printed {when} by {who}", when=stamp(clock.iso(clock.now()), site.timezone), who=person)


def _code(block: Block) -> Any:
    import segno

    return segno.make("\n".join(block.lines), error="m", micro=False, boost_error=False)


def _drawn(block: Block) -> list[str]:
    """Return the code in half blocks: two rows of modules in each line of text; dark modules are printed."""
    rows = [list(row) for row in _code(block).matrix_iter(border=QUIET)]
    rows += [[0] * len(rows[0])] * (len(rows) % 2)
    letters = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return ["".join(letters[bool(up), bool(down)] for up, down in zip(*pair, strict=True)) for pair in pairs]
