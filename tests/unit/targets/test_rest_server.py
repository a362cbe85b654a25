"""The quick look at a backup host, against real TLS on loopback."""

import hashlib
import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops.core.errors import Damaged, Unavailable
from ops.core.run import run
from ops.interfaces.target import Missing
from ops.targets.rest_server import KIND

PACK = b"content of a pack"
NAME = hashlib.sha256(PACK).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """A folder with one pack; the account is his1:secret."""

    served: bytes = PACK
    said = ""

    def do_HEAD(self) -> None:
        self.answer(b"")

    def do_GET(self) -> None:
        upload = {"name": f"{NAME}.rest-server-temp5895050046234240337", "size": 5}
        listing = json.dumps([{"name": NAME, "size": len(PACK)}, upload]).encode()
        if self.path == "/his1/data/":
            self.answer(listing)
        else:
            self.answer(self.served, 200 if self.path == f"/his1/data/{NAME}" else 404)

    def answer(self, body: bytes, status: int = 200) -> None:
        allowed = self.headers.get("Authorization") == "Basic aGlzMTpzZWNyZXQ="
        self.send_response_only(status if allowed else 401)
        self.send_header("Date", self.said or self.date_time_string())
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
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
    Handler.served, Handler.said = PACK, ""
    server = http.server.ThreadingHTTPServer(("localhost", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "site.pem", certificates / "site.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
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


def test_no_error_tells_the_password(url: Path, certificates: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        KIND.reach(url, certificates / "stranger.pem")
    assert "secret" not in str(caught.value)
