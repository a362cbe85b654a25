"""What is asked at a port of a booted machine, by a real server here: what is right passes, and nothing else does."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from ops.core.errors import PolicyError
from ops.core.schema import decode
from ops.core.verdict import Finding, Verdict
from ops.drills._boot.port_probe import ASK, MOST, Door, answer, serves
from ops.drills._boot.prepare import Options
from ops.drills._qemu.machine import _DOOR

ANSWERS = {
    "/statistics": (200, json.dumps({"CountStudies": 5, "TotalDiskSize": "342822", "Odd": True}).encode()),
    "/broken": (500, b"{}"),
    "/text": (200, b"five studies"),
    "/list": (200, b"[5]"),
    "/deep": (200, b"[" * 100_000),
    "/nan": (200, b'{"CountStudies": NaN}'),
    "/huge": (200, b'{"CountStudies": 1' + b"0" * 400 + b"}"),
    "/long": (200, b" " * (3 * MOST)),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = ANSWERS[self.path]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def by_python(door: Door) -> list[str]:
    return [sys.executable, "-c", ASK, str(door.port), door.says, door.get]


def by_perl(door: Door) -> list[str]:
    return ["perl", "-e", _DOOR, str(door.port), door.says, door.get]


@pytest.mark.parametrize("way", [by_python, by_perl])
def test_the_number_of_studies_is_told(port: int, way) -> None:
    door = Door(port, says="CountStudies", get="/statistics", number="CountStudies", at_least=5)
    assert answer(way(door), door, 1) == Finding(Verdict.PASS, "CountStudies is 5")
    assert serves(way(door), 1)
    assert door.name == f"port {port}/statistics"


@pytest.mark.parametrize(
    ("door", "message"),
    [
        ({"get": "/statistics", "number": "CountStudies", "at_least": 6}, "CountStudies is 5; must be 6 or more"),
        ({"get": "/statistics", "number": "CountSeries", "at_least": 1}, "sends no number CountSeries"),
        ({"get": "/statistics", "number": "TotalDiskSize", "at_least": 1}, "sends no number TotalDiskSize"),
        ({"get": "/statistics", "number": "Odd", "at_least": 1}, "sends no number Odd"),
        ({"get": "/statistics", "says": "patients"}, "does not send 'patients'"),
        ({"get": "/broken"}, "answers 500"),
        *(
            ({"get": path, "number": "CountStudies", "at_least": 1}, "sends no number CountStudies")
            for path in ("/text", "/list", "/deep", "/nan", "/huge", "/long")
        ),
    ],
)
@pytest.mark.parametrize("way", [by_python, by_perl])
def test_what_is_answered_otherwise_fails(port: int, door: dict, message: str, way) -> None:
    asked = Door(port, **door)
    found = answer(way(asked), asked, 1)
    assert found.verdict is Verdict.FAIL
    assert found.message.endswith(message)


@pytest.mark.parametrize("way", [by_python, by_perl])
def test_a_port_that_speaks_something_else_is_no_web_server(way) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            for words in (b"SSH-2.0-here\r\n", b"SSH-2.0-here\r\n", b""):
                with server.accept()[0] as door:
                    door.sendall(words)
                    door.shutdown(socket.SHUT_WR)
                    while door.recv(4096):
                        pass

        speaker = Thread(target=speak, daemon=True)
        speaker.start()
        number = server.getsockname()[1]
        greeted = Door(number, says="SSH-2.0")
        assert answer(way(greeted), greeted, 1).verdict is Verdict.PASS
        asked = Door(number, get="/statistics")
        assert answer(way(asked), asked, 1) == Finding(Verdict.FAIL, f"port {number}/statistics answers in no HTTP")
        assert not serves(way(asked), 1)
        speaker.join(20)
    assert answer(way(greeted), greeted, 1).verdict is Verdict.FAIL


def test_the_probe_asks_nothing_but_what_the_policy_says(port: int) -> None:
    said = subprocess.run(by_python(Door(port)), capture_output=True, check=True, timeout=20)
    assert said.stdout == b""


@pytest.mark.parametrize(
    ("door", "message"),
    [
        ({"get": "statistics"}, "expected a path without spaces such as /statistics"),
        ({"get": "/a HTTP/1.1\r\nX: y"}, "expected a path without spaces"),
        ({"number": "CountStudies", "at_least": 1}, "needs get"),
        ({"get": "/statistics", "number": "CountStudies"}, "belong together"),
        ({"get": "/statistics", "at_least": 1}, "belong together"),
    ],
)
def test_what_can_not_be_asked_is_refused(door: dict, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        decode(Options, {"answers": [{"port": 8042, **door}]}, "options")
    right = {"port": 8042, "get": "/statistics", "number": "CountStudies", "at_least": 1}
    assert decode(Options, {"answers": [right]}, "options").answers[0].at_least == 1
