"""How long a certificate is still valid, as a server shows it, or as it lies in a file."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ops.core.document import read_file
from ops.core.errors import Damaged, SeawallError, Unavailable
from ops.core.limits import demand_between, demand_port, demand_warning_first
from ops.core.names import AbsolutePath
from ops.core.quantity import Duration, Percent, span
from ops.core.verdict import Finding, Verdict
from ops.health._notes import number
from ops.health._x509 import Validity, in_file, validity
from ops.interfaces.check import Check, CheckContext

TIMEOUT = 10.0
LARGEST = 1 << 20  # bytes of a file
DAY = 86_400
LONGEST = Duration(366 * DAY)


@dataclass(frozen=True)
class Options:
    """Which certificate, and how much of its life must be left.

    host: the server that shows it.
    port: its TCP port; TLS begins at once there.
    server_name: the name to ask for, where the server has several certificates; by default, the host.
    path: a PEM file that has it, in place of a server; of several certificates in it, the first to expire counts.
    warn_below: time left below which the check warns, if little of its life is left, too.
    fail_below: likewise, below which it fails.
    warn_below_share: share of its life that is little, for a warning; certificates of a few days have few days left.
    fail_below_share: likewise, for a failure.
    """

    host: str = "127.0.0.1"
    port: int = 443
    server_name: str = ""
    path: AbsolutePath | None = None
    warn_below: Duration = Duration(21 * DAY)
    fail_below: Duration = Duration(7 * DAY)
    warn_below_share: Percent = Percent(33)
    fail_below_share: Percent = Percent(15)

    def __post_init__(self) -> None:
        demand_port("port", self.port)
        demand_between("warn_below", self.warn_below, Duration(3600), LONGEST)
        demand_warning_first(("warn_below", self.warn_below), ("fail_below", self.fail_below))
        demand_warning_first(("warn_below_share", self.warn_below_share), ("fail_below_share", self.fail_below_share))


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Read the dates; of a server that can't be reached, those of the last time still count."""
    try:
        seen = _first_to_end(options)
    except (SeawallError, OSError):
        if (known := _noted(context)) and (finding := judge(options, known, context.now)).verdict is not Verdict.PASS:
            yield Finding(finding.verdict, f"when last seen, it {finding.message}", finding.figures)
        raise
    context.notes.update(begins=seen.begins.timestamp(), ends=seen.ends.timestamp())
    finding = judge(options, seen, context.now)
    yield Finding(finding.verdict, f"it {finding.message}", finding.figures)


def judge(options: Options, seen: Validity, now: datetime) -> Finding:
    """Judge what is left of a certificate's life."""
    left = (seen.ends - now).total_seconds()
    share = 100 * left / max((seen.ends - seen.begins).total_seconds(), 1.0)
    figures = {"left_seconds": float(round(left)), "left_percent": round(share, 1)}
    day = f"{seen.ends:%Y-%m-%d}"
    if left <= 0:
        return Finding(Verdict.FAIL, f"expired on {day}", figures)
    if seen.begins > now + timedelta(hours=1):
        return Finding(Verdict.FAIL, f"is not valid before {seen.begins:%Y-%m-%d}; compare the clocks", figures)
    message = f"expires in {span(left)}, on {day}"
    if left < options.fail_below.seconds and share < options.fail_below_share.value:
        return Finding(Verdict.FAIL, message, figures)
    late = left < options.warn_below.seconds and share < options.warn_below_share.value
    return Finding(Verdict.WARN if late else Verdict.PASS, message, figures)


def _first_to_end(options: Options) -> Validity:
    if options.path is None:
        return validity(_shown(options))
    content = read_file(Path(options.path), LARGEST, str(options.path))
    found = [validity(one) for one in in_file(content.decode("ascii", "replace"))]
    if not found:
        raise Damaged(f"{options.path} has no certificate in PEM form")
    return min(found, key=lambda one: one.ends)


def _shown(options: Options) -> bytes:
    """Return the certificate that a server shows; whether anybody trusts it is not asked."""
    where = f"{options.host}:{options.port}"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((options.host, options.port), timeout=TIMEOUT) as connection,
            context.wrap_socket(connection, server_hostname=options.server_name or options.host) as secured,
        ):
            return secured.getpeercert(binary_form=True) or b""
    except TimeoutError as error:
        raise Unavailable(f"{where} does not answer within {TIMEOUT:.0f} s") from error
    except ssl.SSLError as error:
        raise Unavailable(f"{where} does not speak TLS: {error.reason or error}") from error
    except OSError as error:
        raise Unavailable(f"{where} cannot be reached: {error.strerror or error}") from error


def _noted(context: CheckContext) -> Validity | None:
    begins, ends = number(context.notes.get("begins")), number(context.notes.get("ends"))
    if begins is None or ends is None:
        return None
    try:
        return Validity(datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC))
    except (ValueError, OverflowError, OSError):
        return None


KIND = Check(
    Options,
    probe,
    synonyms=("tls", "ssl", "x509", "https"),
    why="An expired certificate stops every client in the same second, on a night or a holiday as well. Days alone "
    "warn for ever of certificates that live for a week, so the share of its life counts, too.",
    remedy="Renew it, and reload the service that shows it: a new file that nobody loaded is the usual mistake. "
    "`openssl s_client -connect HOST:PORT </dev/null | openssl x509 -noout -dates` shows what clients get.",
)
