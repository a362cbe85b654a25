"""Run by orthanc.sh, as root in the tree of a machine: start Orthanc, send it the images of a folder, and end it."""

import shutil
import socket
import subprocess  # noqa: TID251 -- it runs where Seawall is not
import sys
import time
import urllib.request
from pathlib import Path

SETTINGS = Path("/etc/orthanc")
AS_ORTHANC = ("setpriv", "--reuid=orthanc", "--regid=orthanc", "--init-groups")
SECONDS = 60.0


def main(images: Path) -> None:
    """Send every image of a folder; fails when one is refused."""
    settings = images.with_name("settings")
    shutil.copytree(SETTINGS, settings)
    shutil.chown(settings / "credentials.json", "orthanc")
    port = _free_port()  # the tree has this computer's network while it is filled
    whole = settings / "orthanc.json"
    text = whole.read_text("utf-8").replace('"HttpPort" : 8042', f'"HttpPort" : {port}')
    whole.write_text(text.replace('"DicomServerEnabled" : true', '"DicomServerEnabled" : false'), "utf-8")
    with subprocess.Popen([*AS_ORTHANC, "Orthanc", str(settings)]) as server:
        try:
            _wait(server, port)
            for image in sorted(images.iterdir()):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/instances", image.read_bytes(), SECONDS).close()
        finally:
            server.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), SECONDS).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("Orthanc did not start")


main(Path(sys.argv[1]))
