"""What somebody tries who broke into a server: with its account at a backup host, and with its key.

Runs alone, with Python's own library: `python3 - URL_FILE CA_FILE PASSWORD_FILE READER_PORT`. Prints one JSON object:
for each act what the backup host answered, and which files it left in the repository.
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
from pathlib import Path
from urllib.parse import unquote, urlsplit

SEALED = "sealed with the machine's own key"


class Door:
    """The writers' port, with the machine's account."""

    def __init__(self, url: str, authority: str) -> None:
        parts = urlsplit(url.strip().removeprefix("rest:"))
        account = f"{unquote(parts.username)}:{unquote(parts.password)}"
        self.host, self.port, self.path = parts.hostname, parts.port, parts.path.rstrip("/")
        self.headers = {"Authorization": "Basic " + base64.b64encode(account.encode()).decode()}
        self.context = ssl.create_default_context(cafile=authority)
        self.connection = http.client.HTTPSConnection(self.host, self.port, timeout=60, context=self.context)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Ask anew where the door had closed: it does so behind an answer for which it did not wait for the body."""
        for _ in range(2):
            try:
                self.connection.request(method, path, body=body, headers=self.headers)
                answer = self.connection.getresponse()
                return answer.status, answer.read()
            except ConnectionError:
                self.connection.close()
        raise ConnectionError(f"{method} {path} is not answered")

    def names(self, folder: str) -> list[str]:
        return json.loads(self.ask("GET", f"{self.path}/{folder}/")[1]) or []

    def add(self, folder: str, content: bytes) -> list[str]:
        """Add a file; return its path below the repository, or nothing where that was refused."""
        name = hashlib.sha256(content).hexdigest()
        status, _ = self.ask("POST", f"{self.path}/{folder}/{name}", content)
        inner = f"{folder}/{name[:2]}/{name}" if folder == "data" else f"{folder}/{name}"
        return [inner] if status == http.HTTPStatus.OK else []


def refusals(door: Door, reader_port: int) -> dict[str, int]:
    """Try what must be refused; return the status of each act."""
    snapshot, pack, index, key = (door.names(folder)[0] for folder in ("snapshots", "data", "index", "keys"))
    own, junk = door.path, b"junk"
    asked = {
        "delete a snapshot": ("DELETE", f"{own}/snapshots/{snapshot}"),
        "delete a pack": ("DELETE", f"{own}/data/{pack}"),
        "delete an index": ("DELETE", f"{own}/index/{index}"),
        "delete a key": ("DELETE", f"{own}/keys/{key}"),
        "delete the config": ("DELETE", f"{own}/config"),
        "delete the whole repository": ("DELETE", f"{own}/"),
        "replace the config": ("POST", f"{own}/config", junk),
        "replace a snapshot": ("POST", f"{own}/snapshots/{snapshot}", junk),
        "replace a pack": ("POST", f"{own}/data/{pack}", junk),
        "write over a pack": ("PUT", f"{own}/data/{pack}", junk),
        "add a file under another name than its digest": ("POST", f"{own}/index/{'ab' * 32}", junk),
        "add a file under a name of its choice": ("POST", f"{own}/index/notes.txt", junk),
        "add a file to a folder of its choice": ("POST", f"{own}/bin/{hashlib.sha256(junk).hexdigest()}", junk),
        "add a file outside, by dots in the path": ("POST", f"{own}/index/..%2f..%2flis1%2fconfig", junk),
        "read another machine's repository": ("GET", "/lis1/config"),
        "add to another machine's repository": ("POST", f"/lis1/index/{hashlib.sha256(junk).hexdigest()}", junk),
        "make a repository beside its own": ("POST", "/evil/?create=true"),
        "make a repository within its own": ("POST", f"{own}/evil/?create=true"),
        "make a config in a folder of its choice": ("POST", f"{own}/evil/config", junk),
        "read what was set aside": ("GET", "/.aside/his1/"),
    }
    found = {}
    for act, words in asked.items():
        found[act] = door.ask(*words)[0]
    if reader_port:
        door.connection = http.client.HTTPSConnection(door.host, reader_port, timeout=60, context=door.context)
        found["enter the readers' port"] = door.ask("GET", f"{own}/config")[0]
        found["delete a snapshot at the readers' port"] = door.ask("DELETE", f"{own}/snapshots/{snapshot}")[0]
        door.connection = http.client.HTTPSConnection(door.host, door.port, timeout=60, context=door.context)
    return found


def sealed(door: Door, password: str) -> dict[str, list[str]]:
    """Add what restic takes for its own: made in a copy of the repository, whose packs stay here."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        for name in ("keys", "index", "snapshots", "locks", "data"):
            (copy / name).mkdir(parents=True)
        (copy / "config").write_bytes(door.ask("GET", f"{door.path}/config")[1])
        for name in door.names("keys"):
            (copy / "keys" / name).write_bytes(door.ask("GET", f"{door.path}/keys/{name}")[1])
        had = {path.name for path in (copy / "keys").iterdir()}
        restic = ["restic", "--no-cache", "--quiet", "-r", str(copy), "--password-file", password]
        Path(folder, "new").write_text("of the intruder\n")
        for words in (["backup", "/etc/hostname"], ["key", "add", "--new-password-file", f"{folder}/new"]):
            subprocess.run([*restic, *words], check=True, stdout=subprocess.DEVNULL)
        (index,), (snapshot,) = ([*(copy / name).iterdir()] for name in ("index", "snapshots"))
        (key,) = (path for path in (copy / "keys").iterdir() if path.name not in had)
        return {
            f"add an index that names packs which are not there, {SEALED}": door.add("index", index.read_bytes()),
            f"add a snapshot of data that are not there, {SEALED}": door.add("snapshots", snapshot.read_bytes()),
            "add a key with a password of its own": door.add("keys", key.read_bytes()),
        }


def additions(door: Door) -> dict[str, list[str]]:
    """Add what restic stumbles over."""
    first = sorted(door.names("keys"))[0]
    key = json.loads(door.ask("GET", f"{door.path}/keys/{first}")[1]) | {"N": 2, "r": 1, "p": 1}

    def keys(count: int, before: str = "g") -> list[str]:
        found: list[str] = []
        while len(found) < count:
            data = base64.b64encode(os.urandom(96)).decode()
            content = json.dumps(key | {"data": data, "username": os.urandom(4).hex()}).encode()
            if hashlib.sha256(content).hexdigest() < before:
                found += door.add("keys", content)
        return found

    short = os.urandom(31)
    return {
        "add 400 keys that open nothing": keys(400),
        "add 25 keys that are listed before the right one": keys(25, first),
        "add a key in the reader's name": door.add(
            "keys", json.dumps(key | {"username": "seawall-reader", "hostname": "drill1", "data": "AAAA"}).encode()
        ),
        "add a key that is no JSON": door.add("keys", os.urandom(300)),
        "add garbage to index/": door.add("index", os.urandom(300)),
        "add 40 files of garbage to index/": [path for _ in range(40) for path in door.add("index", os.urandom(3000))],
        "add an empty index": door.add("index", b""),
        "add an index so short that restic crashes": door.add("index", short),
        "add garbage to snapshots/": door.add("snapshots", os.urandom(300)),
        "add an empty snapshot": door.add("snapshots", b""),
        "add a snapshot so short that restic crashes": door.add("snapshots", short),
        "add a lock that nobody can read": door.add("locks", os.urandom(200)),
        "add an empty lock": door.add("locks", b""),
        "add 300 locks": [path for _ in range(300) for path in door.add("locks", os.urandom(200))],
        "add garbage to data/": door.add("data", os.urandom(5000)),
        "add an empty pack": door.add("data", b""),
    }


def main(url: str, authority: str, password: str, reader_port: str) -> None:
    door = Door(Path(url).read_text(), authority)
    refused = refusals(door, int(reader_port))
    added = {**sealed(door, password), **additions(door)}
    print(json.dumps({"refused": refused, "added": added}))


main(*sys.argv[1:])
