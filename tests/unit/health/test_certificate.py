from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_server
from typing import Any

import pytest
from certificates import made

from ops.core.errors import Damaged, Unavailable
from ops.core.names import AbsolutePath
from ops.core.verdict import Finding, Verdict
from ops.health._x509 import Validity, in_file, validity
from ops.health.certificate import KIND, Options, judge
from ops.interfaces.check import CheckContext

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def lived(left: float, life: float) -> Validity:
    return Validity(NOW + timedelta(days=left - life), NOW + timedelta(days=left))


@pytest.mark.parametrize(
    ("left", "life", "verdict"),
    [
        (300, 365, Verdict.PASS),
        (22, 365, Verdict.PASS),
        (20, 365, Verdict.WARN),
        (6, 365, Verdict.FAIL),
        (-0.1, 365, Verdict.FAIL),
        (20, 45, Verdict.PASS),  # a certificate of 45 days is renewed at a third
        (14, 45, Verdict.WARN),
        (6, 45, Verdict.FAIL),
        (3, 6, Verdict.PASS),  # one of six days
        (1.5, 6, Verdict.WARN),
        (0.8, 6, Verdict.FAIL),
        (400, 365, Verdict.FAIL),  # not valid yet
    ],
)
def test_days_and_share_of_its_life_are_judged_together(left: float, life: float, verdict: Verdict) -> None:
    assert judge(Options(), lived(left, life), NOW).verdict is verdict


@pytest.mark.parametrize("year", [2027, 2049, 2050, 2199])
def test_the_dates_are_read_of_either_form(year: int) -> None:
    begins, ends = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(year, 6, 7, 8, 9, 10, tzinfo=UTC)
    (der,) = in_file(made(begins, ends)[0].decode())
    assert validity(der) == Validity(begins, ends)


def test_what_is_no_certificate_is_damaged() -> None:
    (der,) = in_file(made(NOW, NOW + timedelta(days=1))[0].decode())
    for place in range(0, len(der), 7):
        with pytest.raises(Damaged):
            validity(der[:place])
    for data in (b"", b"\x30\xff" + der, b"\x30\x84\xff\xff\xff\xff", bytes(300), b"0\x80" * 50):
        with pytest.raises(Damaged):
            validity(data)


def test_of_several_in_a_file_the_first_to_expire_counts(tmp_path: Path) -> None:
    begins = NOW - timedelta(days=360)
    chain = [made(begins, NOW + timedelta(days=days))[0] for days in (900, 5, 300)]
    (tmp_path / "chain.pem").write_bytes(b"".join(chain))
    (finding,) = KIND.probe(Options(path=AbsolutePath(tmp_path / "chain.pem")), CheckContext(NOW, {}))
    assert (finding.verdict, finding.message) == (Verdict.FAIL, "it expires in 5d, on 2026-11-27")
    for text in ("", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----"):
        (tmp_path / "chain.pem").write_text(text)
        with pytest.raises(Damaged):
            list(KIND.probe(Options(path=AbsolutePath(tmp_path / "chain.pem")), CheckContext(NOW, {})))


@contextmanager
def serving(tmp_path: Path, left: timedelta) -> Iterator[int]:
    """Serve one TLS handshake with a certificate that has so much left."""
    certificate, key = made(datetime.now(UTC) - timedelta(days=300), datetime.now(UTC) + left)
    (tmp_path / "server.pem").write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")

    def serve() -> None:
        connection, _ = server.accept()
        with connection, context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)

    with create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


@pytest.mark.parametrize(("days", "verdict"), [(90, Verdict.PASS), (3, Verdict.FAIL), (-1, Verdict.FAIL)])
def test_a_server_is_asked_for_what_it_shows(tmp_path: Path, days: int, verdict: Verdict) -> None:
    context = CheckContext(datetime.now(UTC), {})
    with serving(tmp_path, timedelta(days=days)) as port:
        (finding,) = KIND.probe(Options(port=port), context)
    assert finding.verdict is verdict


def test_what_was_seen_last_still_counts_when_nobody_answers() -> None:
    with create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    notes: dict[str, Any] = {"begins": (NOW - timedelta(days=362)).timestamp()}
    for days, expected in ((3, [Verdict.FAIL]), (200, [])):
        notes["ends"] = (NOW + timedelta(days=days)).timestamp()
        found: list[Finding] = []
        with pytest.raises(Unavailable, match="cannot be reached"):
            found.extend(KIND.probe(Options(port=port), CheckContext(NOW, {}, notes=notes)))
        assert [finding.verdict for finding in found] == expected


def test_a_server_that_speaks_no_tls_is_an_error() -> None:
    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1)
            connection.sendall(b"220 mail.hospital.example ESMTP\r\n" * 9)

    with create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(Unavailable, match="does not speak TLS"):
            list(KIND.probe(Options(port=server.getsockname()[1]), CheckContext(NOW, {})))
