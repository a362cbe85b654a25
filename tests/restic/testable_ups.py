"""A UPS that tests its battery when told to: the device behind the real upsd, as its drivers speak to it."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path

COMMAND = "test.battery.start.quick"


@dataclass
class TestableUps:
    """A device at a driver's socket. result: how its test will end. told: the commands that it was given.

    shown: its variables. holds: whether a test goes on until `ends` is called.
    """

    __test__ = False
    path: Path
    result: str = "Done and passed"
    commands: tuple[str, ...] = (COMMAND, "test.battery.start.deep", "load.off", "shutdown.return")
    shown: dict[str, str] = field(
        default_factory=lambda: {
            "ups.status": "OL", "battery.charge": "100", "battery.runtime": "1800", "ups.test.result": "Done and passed"
        }
    )  # fmt: skip
    told: list[str] = field(default_factory=list)
    links: list[socket.socket] = field(default_factory=list)

    def begin(self) -> None:
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def end(self) -> None:
        for link in (self.listener, *self.links):
            link.close()

    def shows(self, **variables: str) -> None:
        """Change variables; two underlines stand for a dot."""
        changed = {name.replace("__", "."): value for name, value in variables.items()}
        self.shown |= changed
        for link in self.links:
            link.sendall("".join(f'SETINFO {name} "{value}"\n' for name, value in changed.items()).encode())

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            self.links.append(link)
            threading.Thread(target=self._speak, args=[link], daemon=True).start()

    def _speak(self, link: socket.socket) -> None:
        with link, link.makefile(encoding="ascii", errors="replace") as lines:
            try:
                for line in lines:
                    self._answer(link, line.split())
            except OSError:
                return

    def _answer(self, link: socket.socket, words: list[str]) -> None:
        if words[:1] == ["PING"]:
            link.sendall(b"PONG\n")
        elif words[:1] == ["DUMPALL"]:
            known = [f'SETINFO {name} "{value}"' for name, value in self.shown.items()]
            dump = [*known, *(f"ADDCMD {name}" for name in self.commands), "DATAOK", "DUMPDONE"]
            link.sendall("".join(f"{line}\n" for line in dump).encode())
        elif words[:1] == ["INSTCMD"]:
            self.told.append(words[1])
            self.shows(ups__status="OL DISCHRG", ups__test__result="In progress")
            threading.Timer(0.5, self._tested).start()

    def _tested(self) -> None:
        self.shows(ups__status="OL", ups__test__result=self.result)
