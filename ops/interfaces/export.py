"""An export: data that leave the site again and again, encrypted to one recipient, and what is kept of each.

The facts outlive releases, as those of `ops.interfaces.outcome` do: a fact that came later has a default.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ops.core.schema import spare
from ops.interfaces.outcome import OutcomeFacts
from ops.interfaces.request import Request

EXPORT, RECEIPT = "export", "export-acknowledged"
MOST_KEPT = 100  # exports of which it is known whether they were acknowledged


@dataclass(frozen=True)
class ExportRequest(Request):
    """What a person asks of an export. resend: the newest one once more, the same bytes. again: one that is not due."""

    resend: bool = False
    again: bool = False


@dataclass(frozen=True, kw_only=True)
class Sent:
    """An export that somebody has to acknowledge.

    file: its name. sha256: of the encrypted bytes. when: it was first delivered.
    """

    file: str
    sha256: str
    when: str


@dataclass(frozen=True, kw_only=True)
class ExportFacts(OutcomeFacts):
    """An export that was delivered. time: of its data. made: when it was encrypted.

    file: its name; sha256, bytes: of what left, which is encrypted. rows, files: how many are in it; one of the two.
    recipient: the fingerprint of the key that opens it; key_sha256: of its text; key_expires: when it ends, if ever.
    where: the way it took.
    resent: whether the same bytes had been delivered before. waiting: all that nobody has acknowledged yet.
    """

    time: str = ""
    file: str = ""
    sha256: str = ""
    bytes: int = 0
    rows: int | None = None
    files: int | None = None
    recipient: str = ""
    key_sha256: str = ""
    key_expires: str | None = None
    where: str = ""
    delivered: str = ""
    resent: bool = False
    waiting: tuple[Sent, ...] = spare(())


@dataclass(frozen=True, kw_only=True)
class ReceiptFacts(OutcomeFacts):
    """That an export arrived. by: the contact who says so. all: the digests of the newest that were acknowledged."""

    time: str = ""
    file: str = ""
    sha256: str = ""
    by: str = ""
    all: tuple[str, ...] = spare(())


OF_EXPORTS: Mapping[str, type[OutcomeFacts]] = {EXPORT: ExportFacts, RECEIPT: ReceiptFacts}


def unacknowledged(waiting: Collection[Sent], receipt: ReceiptFacts | None) -> list[Sent]:
    """Return those exports of which nobody has said that they arrived, given what was acknowledged."""
    known = {*receipt.all} if receipt else set()
    return [one for one in waiting if one.sha256 not in known]
