"""The languages in which pages can be made: English, which the source is written in, and each that has a catalogue.

A further language is one more folder: `locale/LANGUAGE/LC_MESSAGES/seawall.po`, which `make setup` turns into what is
read here.
"""

from __future__ import annotations

import functools
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from ops.core.errors import Unavailable, UsageError
from ops.core.kinds import nearest

ENGLISH = "en"
MADE = "LC_MESSAGES/seawall.mo"
PACKAGE = Path(__file__).parent.parent


def folder() -> Path:
    """Return the folder of the catalogues: inside the package as it is shipped, beside it in the checkout."""
    shipped = PACKAGE / "_locale"
    return shipped if shipped.is_dir() else PACKAGE.parent / "locale"


def known() -> tuple[str, ...]:
    """Return the names of all languages that there are, English first: as locales are named, `pt_BR`."""
    return (ENGLISH, *sorted(path.parent.name for path in folder().glob("*/LC_MESSAGES")))


def refusal(language: str) -> str:
    """Return what is wrong with the name of a language, which is to follow it; empty where nothing is."""
    if language in known():
        return ""
    return f"is not a language of Seawall{nearest(language, list(known()))}; there are {', '.join(known())}"


def catalogue(language: str) -> NullTranslations:
    """Return what a language says for each message, for `ops.reports.catalogue.speaking`.

    Raise UsageError for one that there is not, and Unavailable where its catalogue was not made.
    """
    if wrong := refusal(language):
        raise UsageError(f"{language!r} {wrong}")
    return NullTranslations() if language == ENGLISH else _read(folder() / language / MADE)


@functools.cache
def _read(path: Path) -> GNUTranslations:
    try:
        with path.open("rb") as file:
            return GNUTranslations(file)
    except OSError as error:
        raise Unavailable(f"the catalogue {path} can't be read: {error.strerror}", "make setup") from error
