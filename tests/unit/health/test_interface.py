from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from typing import Any

import pytest
from certificates import made
from test_certificate import lived

from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict
from ops.health.interface import KIND, Options, judge_answer, judge_failure
from ops.interfaces.check import CheckContext

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def look(notes: dict[str, Any] | None = None, **options: Any) -> Finding:
    (finding,) = KIND.probe(Options(**options), CheckContext(NOW, {}, notes={} if notes is None else notes))
    return finding


class Page(BaseHTTPRequestHandler):
    """A health page, a broken one, and one that moved."""

    def do_GET(self) -> None:
        status = {"/health": 200, "/broken": 500}.get(self.path, 302)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b"x" * 70_000 + b" database: up")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def web(secured: Path | None = None) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        if secured:
            life = lived(30, 365)
            secured.write_bytes(b"".join(made(life.begins, life.ends)))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(secured)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(5)


def test_a_port_that_listens_passes() -> None:
    with create_server(("127.0.0.1", 0)) as server:
        assert look(port=server.getsockname()[1]).verdict is Verdict.PASS


def test_a_page_is_judged_by_its_status_and_a_text() -> None:
    with web() as port:
        assert look(port=port, get="/health", contains="database: up").verdict is Verdict.PASS
        said = {
            "/broken answers 500, not 200": look(port=port, get="/broken"),
            "/moved answers 302, not 200": look(port=port, get="/moved"),
            "/health lacks the text that it is to have": look(port=port, get="/health", contains="database: down"),
        }
        assert all(finding.message.startswith(words) for words, finding in said.items()), said
        assert look(port=port, get="/moved", status=302).verdict is Verdict.PASS


def test_a_page_behind_tls_is_requested(tmp_path: Path) -> None:
    with web(tmp_path / "server.pem") as port:
        assert look(port=port, tls=True, get="/health").verdict is Verdict.PASS
        assert look(port=port, tls=False, get="/health").verdict is Verdict.UNKNOWN
    with web() as port:
        assert "does not speak TLS" in look(port=port, tls=True).message


def test_failures_count_when_they_run_on() -> None:
    with create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    notes: dict[str, Any] = {}
    assert [look(notes, port=port).verdict.value for _ in range(6)] == [
        *("unknown", "unknown", "warn", "warn", "fail", "fail"),
    ]
    notes = {}
    assert [look(notes, port=port, critical=True).verdict.value for _ in range(4)] == [
        "unknown",
        "unknown",
        "fail",
        "fail",
    ]
    with create_server(("127.0.0.1", port)):
        assert look(notes, port=port).verdict is Verdict.PASS
    assert look(notes, port=port).verdict is Verdict.UNKNOWN, "one answer ends the row"


def test_a_port_that_says_nothing_ends_in_time() -> None:
    with create_server(("127.0.0.1", 0)) as server:
        finding = look(port=server.getsockname()[1], get="/", timeout=Duration(1), slow_after=Duration(1))
    assert finding.message.startswith("127.0.0.1:")
    assert "does not answer within 1s" in finding.message


@pytest.mark.parametrize(("seconds", "verdict"), [(0.2, Verdict.PASS), (1.9, Verdict.PASS), (2.1, Verdict.WARN)])
def test_a_slow_answer_warns(seconds: float, verdict: Verdict) -> None:
    assert judge_answer(Options(), seconds).verdict is verdict


def test_notes_of_another_form_count_as_none() -> None:
    for damaged in ("x", -4, None, [], float("inf")):
        finding = look({"failures": damaged}, port=1)
        assert finding.figures == {"failures": 1.0}


def test_the_number_of_failures_is_the_policys() -> None:
    options = Options(warn_after_failures=1, fail_after_failures=2)
    assert [judge_failure(options, count, "no").verdict for count in (1, 2)] == [Verdict.WARN, Verdict.FAIL]


@pytest.mark.parametrize("wrong", [{"contains": "x"}, {"get": "health"}, {"get": "/a\r\nHost: b"}, {"port": 0}])
def test_options_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"get|port"):
        Options(**wrong)
