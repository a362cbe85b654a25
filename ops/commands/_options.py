"""Options that several commands share, so that they have one name and one help."""

from __future__ import annotations

import argparse
import sys
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path

from ops.core import clock
from ops.core.errors import UsageError
from ops.evidence.ledger import Head
from ops.reports import languages
from ops.reports.catalogue import speaking


def add_signers(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the list of who may sign."""
    parser.add_argument(
        "--signers",
        type=Path,
        metavar="FILE",
        help="file with the keys that may sign, in the format of ssh-keygen's allowed_signers",
    )


def add_language(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the language of a page."""
    known = ", ".join(languages.known())
    parser.add_argument(
        "--language",
        type=_language,
        metavar="LANGUAGE",
        help=f"language of the page: {known} (default: site.language of the policy)",
    )


def _language(text: str) -> str:
    if wrong := languages.refusal(text):
        raise argparse.ArgumentTypeError(f"{text!r} {wrong}")
    return text


def spoken(options: argparse.Namespace, of_the_site: str = "") -> AbstractContextManager[None]:
    """Return what makes a page in the language that was asked for, otherwise in the site's, otherwise in English.

    Raise UsageError for a language that there is not, and Unavailable where its catalogue was not made.
    """
    return speaking(languages.catalogue(options.language or of_the_site or languages.ENGLISH))


def add_period(parser: argparse.ArgumentParser) -> None:
    """Add the options that name the first and the last day of a period."""
    parser.add_argument("--since", type=_day, metavar="DATE", help="first day or time (default: 31 days ago)")
    parser.add_argument("--until", type=_day, metavar="DATE", help="last day or time (default: now)")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-11-22") from error


def noted_head(text: str) -> Head:
    """Return the head that a person noted elsewhere; raise ArgumentTypeError."""
    try:
        return Head.read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a head; expected the number of a record and its SHA-256"
        ) from error


def moment(text: str) -> datetime:
    """Return a moment that a person or the control machine noted; raise ArgumentTypeError."""
    try:
        return clock.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a moment such as 2026-11-22T01:00:00Z") from error


def paths_in(file: str | None) -> list[str]:
    """Return the first word of each line of a file, or of standard input for `-`: paths below a repository.

    None where no file is named; raise UsageError for one that can't be read or names nothing.
    """
    if not file:
        return []
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} can't be read: {error}") from error
    paths = [line.split()[0] for line in text.splitlines() if line.strip()]
    if not paths:
        raise UsageError(f"{file} names no files")
    return paths
