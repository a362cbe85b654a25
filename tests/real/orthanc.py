"""Orthanc, a DICOM server that makes its database itself: run with its index and its images in PostgreSQL, and fed."""

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

SECONDS = 60.0
PROGRAM = Path("/usr/sbin/Orthanc")
PLUGINS = Path("/usr/share/orthanc/plugins")


def fill(folder: Path, database_socket: str, database: str, images: Sequence[Path]) -> int:
    """Run Orthanc on an empty database until it holds the images; return how many studies it says it has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    at = {"ConnectionUri": f"postgresql://postgres@/{database}?host={database_socket}"}
    told = {"Name": "real", "StorageDirectory": str(folder), "IndexDirectory": str(folder), "HttpPort": port}
    told |= {"DicomServerEnabled": False, "RemoteAccessAllowed": False, "AuthenticationEnabled": False}
    told |= {"Plugins": [str(PLUGINS / f"libOrthancPostgreSQL{name}.so") for name in ("Index", "Storage")]}
    told |= {"PostgreSQL": {"EnableIndex": True, "EnableStorage": True, **at}}
    (folder / "orthanc.json").write_text(json.dumps(told))
    with (folder / "log").open("wb") as log:
        words = [PROGRAM, str(folder / "orthanc.json")]
        with subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT) as server:
            try:
                _ready(server, port, folder / "log")
                for image in images:
                    _asked(port, "/instances", image.read_bytes())
                return len(json.loads(_asked(port, "/studies")))
            finally:
                server.terminate()


def _asked(port: int, path: str, content: bytes | None = None) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", content, timeout=SECONDS) as answer:
        return bytes(answer.read())


def _ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            _asked(port, "/system")
            return
        except (urllib.error.URLError, ConnectionError):
            assert server.poll() is None, log.read_text(errors="replace")[-2000:]
            assert time.monotonic() < deadline, "Orthanc does not answer"
            time.sleep(0.2)
