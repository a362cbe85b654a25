"""What somebody on a server may try while the second door is open. Run as: ACT URL AUTHORITY PASSWORD.

It comes as the server would, does what it was told, and says that it is done.
"""

import base64
import hashlib
import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from ops.interfaces.retention_run import Order, Word, read_order
from ops.targets.rest_server import KIND

SORTS = ("snapshots", "index", "data", "keys")


class Door:
    """The open door, by plain HTTP as any program speaks it."""

    def __init__(self, url: Path, authority: Path) -> None:
        self._url, self._authority = url, authority
        parts = urlsplit(url.read_text().strip().removeprefix("rest:"))
        self._host, self._port, self._path = parts.hostname or "", parts.port or 443, parts.path
        self._account = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()

    def ask(self, method: str, path: str, content: bytes | None = None, prefix: str = "/.leaving") -> bytes:
        """Ask for something, whatever is answered; return that."""
        context = ssl.create_default_context(cafile=str(self._authority))
        line = http.client.HTTPSConnection(self._host, self._port, timeout=60, context=context)
        headers = {"Authorization": f"Basic {self._account}", "Accept": "application/vnd.x.restic.rest.v2"}
        line.request(method, f"{prefix}{self._path}{path}", content, headers)
        answer = line.getresponse()
        if method == "GET" and answer.status != http.HTTPStatus.OK:
            raise OSError(f"{path}: HTTP {answer.status}")
        return answer.read()

    def names(self, sort: str) -> list[str]:
        """Return the names of all files of one sort."""
        return [one["name"] for one in json.loads(self.ask("GET", f"{sort}/")) or []]

    def add(self, sort: str, content: bytes) -> None:
        """Add a file under the name that is asked for."""
        self.ask("POST", f"{sort}/{hashlib.sha256(content).hexdigest()}", content)

    def remove(self, sort: str, *but: str) -> None:
        """Delete all files of one sort but some."""
        for name in self.names(sort):
            if name not in but:
                self.ask("DELETE", f"{sort}/{name}")


def restic(door: Door, password: Path, *words: str) -> None:
    """Run restic behind the door."""
    assert KIND.leaving
    with tempfile.TemporaryDirectory() as folder:
        url = Path(folder, "url")
        url.write_text(KIND.leaving.address(door._url))
        base = [
            "restic",
            "--no-cache",
            "--repository-file",
            url,
            "--password-file",
            password,
            "--cacert",
            door._authority,
        ]
        subprocess.run([*base, *words], check=True, stdout=subprocess.DEVNULL)


def everything(door: Door, _order: Order, _password: Path) -> None:
    for sort in SORTS:
        door.remove(sort)
    door.ask("DELETE", "config")


def another_snapshot(door: Door, order: Order, password: Path) -> None:
    other = next(name for name in door.names("snapshots") if name not in order.snapshots)
    restic(door, password, "forget", "--prune", *order.snapshots, other)


def all_packs(door: Door, order: Order, password: Path) -> None:
    restic(door, password, "forget", "--prune", *order.snapshots)
    door.remove("data")


def all_packs_for_others(door: Door, order: Order, password: Path) -> None:
    restic(door, password, "forget", "--prune", *order.snapshots)
    door.remove("data")
    door.add("data", os.urandom(40_000))


def all_indexes(door: Door, order: Order, password: Path) -> None:
    restic(door, password, "forget", "--prune", *order.snapshots)
    door.remove("index")


def a_pack_put_anew(door: Door, order: Order, password: Path) -> None:
    restic(door, password, "forget", *order.snapshots)
    name = door.names("data")[0]
    content = door.ask("GET", f"data/{name}")
    door.ask("DELETE", f"data/{name}")
    door.add("data", content)


def much_garbage(door: Door, order: Order, password: Path) -> None:
    restic(door, password, "forget", "--prune", *order.snapshots)
    for _ in range(4):
        door.add("data", os.urandom(1 << 20))


def a_small_index(door: Door, order: Order, password: Path) -> None:
    restic(door, password, "forget", "--prune", *order.snapshots)
    door.add("index", b"x")


def a_key(door: Door, order: Order, password: Path) -> None:
    restic(door, password, "forget", "--prune", *order.snapshots)
    door.add("keys", json.dumps({"data": "x" * 200}).encode())


def no_keys(door: Door, order: Order, password: Path) -> None:
    restic(door, password, "forget", "--prune", *order.snapshots)
    door.remove("keys")


def a_snapshot(door: Door, order: Order, password: Path) -> None:
    restic(door, password, "forget", "--prune", *order.snapshots)
    restic(door, password, "backup", __file__)


def another_config(door: Door, order: Order, password: Path) -> None:
    restic(door, password, "forget", "--prune", *order.snapshots)
    door.ask("DELETE", "config")
    door.ask("POST", "config", b"x" * 155)


def nothing(_door: Door, _order: Order, _password: Path) -> None:
    """Only say that it is done."""


def a_repository_within(door: Door, order: Order, password: Path) -> None:
    restic(door, password, "forget", "--prune", *order.snapshots)
    door.ask("POST", "more/?create=true")


def the_repository_itself(door: Door, order: Order, password: Path) -> None:
    """It is append-only, whatever is open beside it."""
    for sort in SORTS:
        for name in json.loads(door.ask("GET", f"{sort}/", prefix="")) or []:
            door.ask("DELETE", f"{sort}/{name['name']}", prefix="")
    everything(door, order, password)


def its_order(door: Door, order: Order, password: Path) -> None:
    """Name other snapshots to itself: the host does not read there."""
    door.ask("DELETE", "said/config")
    door.ask("POST", "said/config", json.dumps({"version": 1, "snapshots": door.names("snapshots")}).encode())
    restic(door, password, "forget", "--prune", "--unsafe-allow-remove-all", "--tag", "")
    door.remove("snapshots")


ACTS: dict[str, Callable[[Door, Order, Path], None]] = {
    act.__name__: act
    for act in (
        everything, another_snapshot, all_packs, all_packs_for_others, all_indexes, a_pack_put_anew, much_garbage,
        a_small_index, a_key, no_keys, a_snapshot, another_config, nothing, a_repository_within, the_repository_itself,
        its_order,
    )
}  # fmt: skip


def main(act: str, url: Path, authority: Path, password: Path) -> None:
    """Come, do it, and say so."""
    assert KIND.leaving
    door = Door(url, authority)
    until = time.monotonic() + 100
    said = False
    while time.monotonic() < until:
        content = KIND.leaving.asked(url, authority)
        order = read_order(content, "the order") if content else None
        if order and not said:
            KIND.leaving.say(url, authority, Word.READY.file(order.run), Word.READY.content(order.run))
            said = True
        if order and order.is_open:
            ACTS[act](door, order, password)
            KIND.leaving.say(url, authority, Word.DONE.file(order.run), Word.DONE.content(order.run))
            return
        time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
