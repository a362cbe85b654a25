"""A throwaway NUT: upsd, dummy-ups and upsmon of this machine's Debian, taken from the packages and not installed."""

import os
import signal
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ONLY_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="NUT's programs change their account, which only root may")
KEPT = Path(__file__).parents[2] / ".cache/nut"
PACKAGES = ("nut-server", "nut-client", "libupsclient6", "libnss3", "libnspr4")  # a bare machine has none of them
LIBRARIES = f"{KEPT}/root/usr/lib/x86_64-linux-gnu:{KEPT}/root/lib/x86_64-linux-gnu"
PASSWORD = "only-for-a-throwaway"


def programs() -> Path:
    """Return the folder of NUT's programs; they are fetched once."""
    folder = KEPT / "root/lib/nut"
    if not (folder.is_dir() and all(any(KEPT.glob(f"{package}_*.deb")) for package in PACKAGES)):
        KEPT.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "-qq", "download", *PACKAGES], cwd=KEPT, check=True, capture_output=True)
        for package in KEPT.glob("*.deb"):
            subprocess.run(["dpkg-deb", "--extract", package, KEPT / "root"], check=True)
    return folder


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Nut:
    """The drivers and the server of some devices. devices: the file that each shows. Ended by `end`.

    addresses: where the server listens.
    """

    folder: Path
    devices: dict[str, Path]
    port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen] = field(default_factory=dict)
    addresses: tuple[str, ...] = ("127.0.0.1",)

    def begin(self) -> None:
        (self.folder / "state").mkdir()
        sections = [
            f"[{name}]\n driver = dummy-ups\n port = {path}\n pollinterval = 1\n" for name, path in self.devices.items()
        ]
        self.write("ups.conf", "maxretry = 1\n" + "".join(sections))
        self.write("upsd.conf", "".join(f"LISTEN {address} {self.port}\n" for address in self.addresses))
        self.write("upsd.users", f"[watcher]\n password = {PASSWORD}\n upsmon primary\n")
        self.serve()

    def serve(self) -> None:
        """Start the drivers and the server."""
        for name in self.devices:
            self.start(f"driver {name}", ["dummy-ups", "-a", name, "-u", "root", "-D"])
        self.start("upsd", ["upsd", "-u", "root", "-F"])

    def watch(self, name: str, settings: str) -> None:
        """Start upsmon for a machine, with the settings that a role would write."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        self.write(f"{name}/upsmon.conf", settings)
        self.start(f"upsmon {name}", ["upsmon", "-D", "-p"], folder)

    def start(self, name: str, words: list[str], conf: Path | None = None) -> None:
        state = f"{self.folder}/state"
        places = {"NUT_STATEPATH": state, "NUT_ALTPIDPATH": state, "NUT_PIDPATH": state}
        call, own = self.call(name, words)
        env = {**os.environ, **places, "NUT_CONFPATH": str(conf or self.folder), **own}
        with (self.folder / f"{name.replace(' ', '-')}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                call, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, start_new_session=True
            )

    def call(self, _name: str, words: list[str]) -> tuple[list[str | Path], dict[str, str]]:
        """Return how a program of NUT is called here, and what its environment needs."""
        return [programs() / words[0], *words[1:]], {"LD_LIBRARY_PATH": LIBRARIES}

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text, "utf-8")
        path.chmod(0o640)

    def stop(self, name: str, by: int = signal.SIGKILL) -> None:
        if process := self.running.pop(name, None):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, by)  # and what it has begun, as a machine that is off would
            process.wait()

    def end_server(self) -> None:
        """Take the power from the drivers and the server; whatever watches them goes on."""
        for name in [one for one in self.running if not one.startswith("upsmon ")]:
            self.stop(name)
        for left in (self.folder / "state").iterdir():
            left.unlink()

    def end(self) -> None:
        for name in list(self.running):
            self.stop(name)
