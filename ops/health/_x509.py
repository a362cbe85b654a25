"""From when until when a certificate is valid, read from its DER; nothing else of it is looked at.

The standard library tells the dates only of a certificate that it trusts, and one that has expired it trusts no more.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime

from ops.core.errors import Damaged

SEQUENCE, VERSION, UTC_TIME, GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
LONG_FORM = 0x80
MOST_LENGTH_BYTES = 4
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


@dataclass(frozen=True)
class Validity:
    """From when until when a certificate is valid."""

    begins: datetime
    ends: datetime


def validity(certificate: bytes) -> Validity:
    """Return the validity of a certificate in DER; raise Damaged for what is none."""
    body = _part(_part(certificate, SEQUENCE)[0], SEQUENCE)[0]
    if body[:1] == bytes([VERSION]):
        body = _part(body, VERSION)[1]
    for _ in ("serial number", "algorithm", "issuer"):
        body = _part(body)[1]
    times = _part(body, SEQUENCE)[0]
    begins, rest = _time(times)
    return Validity(begins, _time(rest)[0])


def in_file(text: str) -> list[bytes]:
    """Return the certificates in a PEM file as DER; raise Damaged for one that is not whole."""
    parts = [part.partition(END)[0] for part in text.split(BEGIN)[1:]]
    try:
        return [ssl.PEM_cert_to_DER_cert(f"{BEGIN}{part}{END}") for part in parts]
    except ValueError as error:
        raise Damaged("a certificate in it is not whole") from error


def _part(data: bytes, kind: int | None = None) -> tuple[bytes, bytes]:
    """Return the content of the first element, of a kind, and what stands behind it."""
    if len(data) < 2 or (kind is not None and data[0] != kind):  # noqa: PLR2004 -- tag and length
        raise Damaged("this is not a certificate")
    size, begin = data[1], 2
    if size & LONG_FORM:
        count = size & ~LONG_FORM
        if not 0 < count <= MOST_LENGTH_BYTES:
            raise Damaged("this is not a certificate")
        size, begin = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    if len(data) < begin + size:
        raise Damaged("this certificate is not whole")
    return data[begin : begin + size], data[begin + size :]


def _time(data: bytes) -> tuple[datetime, bytes]:
    content, rest = _part(data)
    form = {UTC_TIME: "%y%m%d%H%M%SZ", GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}.get(data[0], "")
    try:
        when = datetime.strptime(content.decode("ascii"), form).replace(tzinfo=UTC)
    except ValueError as error:
        raise Damaged("this certificate has no dates") from error
    return when, rest
