"""Reports: one file per form, all made from the same status of the fleet."""

from __future__ import annotations

from pathlib import Path

from ops.core.errors import Unavailable

PACKAGE = Path(__file__).parent.parent


def templates() -> Path:
    """Return the folder of the templates: inside the package as it is shipped, beside it in the checkout."""
    for folder in (PACKAGE / "_templates", PACKAGE.parent / "templates"):
        if folder.is_dir():
            return folder
    raise Unavailable("the templates of the reports are missing", "install Seawall again")
