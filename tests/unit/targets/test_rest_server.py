"""The quick look at a backup host, against real TLS on loopback."""

import hashlib
import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops.core.errors import Damaged, Unavailable
from ops.core.run import run
from ops.interfaces.target import Missing
from ops.targets import rest_server
from ops.targets.rest_server import KIND

PACK = b"content of a pack"
NAME = hashlib.sha256(PACK).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """A folder with one pack; the account is his1:secret."""

    served: bytes = PACK
    said = ""
    listed: bytes | None = None  # in place of the real list of packs
    promised: int | None = None  # in place of the real length
    drips = False  # a byte now and then, without end
    statuses: tuple[int, ...] = ()  # of the first answers to HEAD; all others are 200
    late = 0.0  # seconds

    def do_HEAD(self) -> None:
        self.server.enough.wait(self.late)  # type: ignore[attr-defined]
        status, *rest = *self.statuses, 200
        Handler.statuses = tuple(rest[:-1])
        self.answer(b"", status)

    def do_GET(self) -> None:
        upload = {"name": f"{NAME}.rest-server-temp5895050046234240337", "size": 5}
        listing = self.listed or json.dumps([{"name": NAME, "size": len(PACK)}, upload]).encode()
        if self.path == "/his1/data/":
            self.answer(listing)
        else:
            self.answer(self.served, 200 if self.path == f"/his1/data/{NAME}" else 404)

    def answer(self, body: bytes, status: int = 200) -> None:
        allowed = self.headers.get("Authorization") == "Basic aGlzMTpzZWNyZXQ="
        self.send_response_only(status if allowed else 401)
        self.send_header("Date", self.said or self.date_time_string())
        while self.drips and self.command == "HEAD":
            self.flush_headers()
            self.wfile.write(b"x")
            self.server.enough.wait(0.01)  # type: ignore[attr-defined]
        self.send_header("Content-Length", str(self.promised or len(body)))
        self.end_headers()
        while self.drips:
            self.wfile.write(b"x")
            self.wfile.flush()
            self.server.enough.wait(0.01)  # type: ignore[attr-defined]
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def certificate(folder: Path, name: str) -> Path:
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    argv += ["-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost"]
    run([*argv, "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"], timeout=60)
    return folder / f"{name}.pem"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("site", "stranger"):
        certificate(folder, name)
    return folder


@pytest.fixture
def server(certificates: Path) -> Iterator[http.server.ThreadingHTTPServer]:
    Handler.served, Handler.said, Handler.listed, Handler.promised, Handler.drips = PACK, "", None, None, False
    Handler.statuses, Handler.late = (), 0.0
    server = http.server.ThreadingHTTPServer(("localhost", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "site.pem", certificates / "site.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.enough = threading.Event()  # type: ignore[attr-defined]
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def url(server: http.server.ThreadingHTTPServer, tmp_path: Path) -> Path:
    path = tmp_path / "primary.url"
    path.write_text(f"rest:https://his1:secret@localhost:{server.server_address[1]}/his1/\n")
    return path


def test_a_backup_host_that_answers_is_reached(url: Path, certificates: Path) -> None:
    ahead = KIND.reach(url, certificates / "site.pem").clock_ahead
    assert ahead is not None
    assert abs(ahead) < 60


def test_a_clock_that_is_an_hour_off_is_seen(url: Path, certificates: Path) -> None:
    Handler.said = (datetime.now(UTC) + timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    ahead = KIND.reach(url, certificates / "site.pem").clock_ahead
    assert ahead is not None
    assert 3500 < ahead < 3700


def test_a_certificate_of_another_authority_is_refused(url: Path, certificates: Path) -> None:
    with pytest.raises(Unavailable, match="not issued by this site's authority"):
        KIND.reach(url, certificates / "stranger.pem")


def test_a_wrong_account_is_told(url: Path, certificates: Path) -> None:
    url.write_text(url.read_text().replace("secret", "guess"))
    with pytest.raises(Unavailable, match="rejects this machine's account"):
        KIND.reach(url, certificates / "site.pem")


def test_a_closed_port_is_told_at_once(url: Path, certificates: Path, server: http.server.HTTPServer) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(Unavailable, match="can't be reached"):
        KIND.reach(url, certificates / "site.pem")


def test_a_server_that_counts_its_repository_first_is_waited_for(
    url: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest_server, "REACH_SECONDS", 2.0)
    Handler.late = 2.2
    assert KIND.reach(url, certificates / "site.pem").clock_ahead is not None


@pytest.mark.parametrize("status", [502, 504])
def test_a_door_with_no_server_behind_it_is_told(
    url: Path, certificates: Path, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest_server, "PAUSES", (0.0, 0.0))
    Handler.statuses = (status,) * 3
    with pytest.raises(Unavailable, match=f"answers HTTP {status}") as caught:
        KIND.reach(url, certificates / "site.pem")
    assert "seawall-writer*" in caught.value.hint


def test_a_server_that_is_started_anew_is_waited_for(
    url: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest_server, "PAUSES", (0.0, 0.0))
    Handler.statuses = (502, 502)
    assert KIND.reach(url, certificates / "site.pem").clock_ahead is not None


@pytest.mark.parametrize("status", [404, 429])
def test_a_door_without_a_repository_yet_or_with_many_requests_is_reached(
    url: Path, certificates: Path, status: int
) -> None:
    Handler.statuses = (status,)
    assert KIND.reach(url, certificates / "site.pem").clock_ahead is not None


def test_an_unknown_name_is_told(url: Path, certificates: Path) -> None:
    url.write_text("rest:https://his1:secret@no-such-host.invalid:8000/his1/")
    with pytest.raises(Unavailable, match="can't resolve the name"):
        KIND.reach(url, certificates / "site.pem")


def test_packs_are_listed_and_read_whole(url: Path, certificates: Path) -> None:
    assert KIND.packs(url, certificates / "site.pem") == {NAME: len(PACK)}
    assert KIND.verify(url, certificates / "site.pem", NAME) == len(PACK)


def test_a_pack_that_is_not_there_is_missing(url: Path, certificates: Path) -> None:
    with pytest.raises(Missing, match="pack 0000000000 is not on localhost"):
        KIND.verify(url, certificates / "site.pem", "0" * 64)


def test_a_pack_with_one_flipped_bit_is_found(url: Path, certificates: Path) -> None:
    Handler.served = bytes([PACK[0] ^ 1]) + PACK[1:]
    with pytest.raises(Damaged, match="is not what was written"):
        KIND.verify(url, certificates / "site.pem", NAME)


@pytest.mark.parametrize(
    ("listing", "reason"),
    [
        ('{"a": 1}', "expected a name and a size of each"),
        ('[{"name": 5, "size": 5}]', "expected a name and a size of each"),
        ('[{"name": "x", "size": "5"}]', "expected a name and a size of each"),
        ('[{"name": "x", "size": -5}]', "expected a name and a size of each"),
        ('[{"name": "x"}]', "expected a name and a size of each"),
        ("[5]", "expected a name and a size of each"),
        ("[[[[]]]]", "nested deeper"),
        ("[", "is not valid JSON"),
        ("<html>", "is not valid JSON"),
    ],
)
def test_a_list_of_packs_that_is_none_is_told(url: Path, certificates: Path, listing: str, reason: str) -> None:
    Handler.listed = listing.encode()
    with pytest.raises(Damaged, match=f"localhost: its list of data.*{reason}"):
        KIND.packs(url, certificates / "site.pem")


def test_a_repository_without_packs_has_none(url: Path, certificates: Path) -> None:
    for nothing in (b"null", b"[]"):
        Handler.listed = nothing
        assert KIND.packs(url, certificates / "site.pem") == {}


def test_a_list_is_read_within_a_limit(url: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_server, "LISTING", replace(rest_server.LISTING, bytes=100))
    with pytest.raises(Damaged, match="101 bytes; expected at most 100"):
        KIND.packs(url, certificates / "site.pem")


def test_a_pack_is_read_within_a_limit(url: Path, certificates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_server, "LARGEST_PACK", 10)
    with pytest.raises(Damaged, match="is larger than any pack"):
        KIND.verify(url, certificates / "site.pem", NAME)


def test_an_answer_that_was_cut_short_is_no_damage(url: Path, certificates: Path) -> None:
    Handler.promised = len(PACK) + 1000
    with pytest.raises(Unavailable, match=f"ended after {len(PACK)} of {len(PACK) + 1000} bytes"):
        KIND.verify(url, certificates / "site.pem", NAME)
    with pytest.raises(Unavailable, match="ended after"):
        KIND.packs(url, certificates / "site.pem")


@pytest.mark.parametrize("limit", ["REACHED_SECONDS", "LISTED_SECONDS", "VERIFIED_SECONDS"])
def test_who_sends_a_byte_now_and_then_is_not_waited_for(
    url: Path, certificates: Path, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest_server, limit, 0.3)
    Handler.drips, Handler.promised = True, 1 << 40
    asked = {
        "REACHED_SECONDS": lambda: KIND.reach(url, certificates / "site.pem"),
        "LISTED_SECONDS": lambda: KIND.packs(url, certificates / "site.pem"),
        "VERIFIED_SECONDS": lambda: KIND.verify(url, certificates / "site.pem", NAME),
    }
    with pytest.raises(Unavailable, match=r"did not answer whole within 0 s"):
        asked[limit]()


@pytest.mark.parametrize("said", ["yesterday", "Thu, 26 Nov 2026 10:00:00 -0000", "x" * 1000])
def test_a_host_that_tells_no_time_is_reached_all_the_same(url: Path, certificates: Path, said: str) -> None:
    Handler.said = said
    assert KIND.reach(url, certificates / "site.pem").clock_ahead is None


def test_no_error_tells_the_password(url: Path, certificates: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        KIND.reach(url, certificates / "stranger.pem")
    assert "secret" not in str(caught.value)
