"""Reports: one file per form, all made from the same status of the fleet."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from ops.core.errors import Unavailable
from ops.core.terminal import plain
from ops.reports.catalogue import tag, tr, trn

if TYPE_CHECKING:
    from jinja2 import Environment

PACKAGE = Path(__file__).parent.parent


def templates() -> Path:
    """Return the folder of the templates: inside the package as it is shipped, beside it in the checkout."""
    for folder in (PACKAGE / "_templates", PACKAGE.parent / "templates"):
        if folder.is_dir():
            return folder
    raise Unavailable("the templates of the reports are missing", "install Seawall again")


def _shown(value: object) -> object:
    """Return what a template puts into a page; text that somebody else wrote has no control characters there."""
    return plain(value) if type(value) is str else value  # what is markup was made so by the template


@functools.cache
def environment() -> Environment:
    """Return what fills in every template: all is escaped, nothing may be missing, `_` is the catalogue's function."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(templates()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.globals.update({"_": tr, "ngettext": trn, "language": tag})
    return made
