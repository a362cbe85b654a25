"""A throwaway store that speaks S3, on loopback or for a lab's machines: Ceph's radosgw, a monitor, a disk in memory.

`make setup` fetches Debian's packages; nothing is installed. It keeps versions and locks them as a store of a provider
does. Three accounts: the store's owner, the server `his1`, and the keeper, who may only see and renew locks.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from ops.core.run import run
from ops.targets import _signed

TREE = Path(__file__).parents[1] / ".cache" / "store"
LIBRARIES = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu/ceph")
LOOPBACK = "127.0.0.1"
OWNER, SERVER, KEEPER = "owner", "his1", "keeper"
BUCKET, PREFIX = "hospital", "site"
DEADLINE = 180.0
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
LOCKED = (
    f'<ObjectLockConfiguration xmlns="{NAMESPACE}"><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>'
    "<DefaultRetention><Mode>COMPLIANCE</Mode><Days>2</Days></DefaultRetention></Rule></ObjectLockConfiguration>"
)
CONFIGURATION = """\
[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{port}
mon data = {folder}/mon
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 1073741824
plugin dir = {tree}/usr/lib/x86_64-linux-gnu/ceph
erasure code dir = {tree}/usr/lib/x86_64-linux-gnu/ceph/erasure-code
osd class dir = {tree}/usr/lib/x86_64-linux-gnu/rados-classes
keyring = {folder}/keyring
run dir = {folder}
admin socket =
log file =
log to stderr = true
mon cluster log file =
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 2000
mon data avail crit = 1
mon data avail warn = 2
paxos propose interval = 0.05
paxos min wait = 0.01
rgw data = {folder}/rgw
rgw frontends = beast ssl_endpoint={address}:{https} ssl_certificate={folder}/tls.pem ssl_private_key={folder}/tls.key
rgw thread pool size = 16
rgw dns name = localhost
rgw enable gc threads = false
rgw enable lc threads = false
rgw run sync thread = false
"""
KEYS = {
    "mon.": ("mon",),
    "client.admin": ("mon", "osd", "mgr"),
    "osd.0": ("mon", "osd"),
    "client.rgw": ("mon", "osd"),
}


@dataclass(frozen=True)
class Store:
    """A running one. folder: of its own files, with `tls.pem`, which vouches for it. address: where it answers."""

    folder: Path
    port: int
    address: str = LOOPBACK

    @property
    def endpoint(self) -> str:
        """Its name; on any other network than loopback, its address is."""
        return "localhost" if self.address == LOOPBACK else self.address

    @property
    def authority(self) -> Path:
        return self.folder / "tls.pem"

    def options(self) -> dict[str, object]:
        """What the policy says of it."""
        lock = {"mode": "compliance", "days": 2}
        place = {"endpoint": self.endpoint, "port": self.port, "bucket": BUCKET, "prefix": PREFIX}
        return {**place, "authority": str(self.authority), "lock": lock, "keeper": SERVER}

    def opened(self, who: str = SERVER, machine: str = SERVER) -> Path:
        """Return the file with the address of a machine's folder, with somebody's account beside it."""
        url = self.folder / f"{who}-{machine}.url"
        url.write_text(f"s3:https://{self.endpoint}:{self.port}/{BUCKET}/{PREFIX}/{machine}\n")
        url.with_suffix(".store").write_text(account(who))
        return url

    def ask(
        self,
        who: str,
        path: str,
        query: Mapping[str, str] | None = None,
        method: str = "GET",
        body: bytes = b"",
        more: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """Ask in somebody's name; return status, content and headers."""
        told = dict(more or {})
        if body:
            told["content-md5"] = base64.b64encode(hashlib.md5(body).digest()).decode()
        place = _signed.Store.read(self.opened(who))
        with _signed.asked(place, self.authority, path, query, method, body, told) as answer:
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}


def rights(machine: str = SERVER) -> dict[str, object]:
    """What docs/s3.md tells the store's owner to allow: a server, and the keeper."""
    bucket, folder = f"arn:aws:s3:::{BUCKET}", f"{PREFIX}*/{machine}"  # each test has a prefix of its own
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow(
                machine, ["GetObject", "GetObjectVersion", "GetObjectRetention", "PutObject"], f"{bucket}/{folder}/*"
            ),
            _allow(machine, ["DeleteObject"], f"{bucket}/{folder}/locks/*"),
            _allow(machine, ["ListBucket", "ListBucketVersions"], bucket),
            _allow(KEEPER, ["ListBucket", "ListBucketVersions"], bucket),
            _allow(KEEPER, ["GetObjectRetention", "PutObjectRetention"], f"{bucket}/{PREFIX}*"),
        ],
    }


def _allow(who: str, actions: list[str], what: str) -> dict[str, object]:
    named = [f"s3:{action}" for action in actions]
    return {"Effect": "Allow", "Principal": {"AWS": [f"arn:aws:iam:::user/{who}"]}, "Action": named, "Resource": [what]}


def account(who: str = SERVER) -> str:
    """Return the content of a file with somebody's account."""
    return _signed.written(who, f"key-of-{who}", "us-east-1") + "\n"


def free_port(address: str = LOOPBACK) -> int:
    with closing(socket.create_server((address, 0))) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def running(folder: Path, address: str = LOOPBACK) -> Iterator[Store]:
    """Run one for a block, with its bucket and its accounts, at an address of this computer."""
    if not (TREE / "usr/bin/radosgw").is_file():
        pytest.fail("radosgw is not there; `make setup` fetches it")
    store = Store(folder, free_port(address), address)
    _written(store)
    with ExitStack() as stack:
        _cluster(store, stack)
        _answering(store, stack)
        for who in (OWNER, SERVER, KEEPER):
            words = ["user", "create", "--uid", who, "--display-name", who, "--access-key", who]
            _program(store, "radosgw-admin", "-n", "client.rgw", *words, "--secret-key", f"key-of-{who}")
        _bucket(store)
        yield store


def _written(store: Store) -> None:
    folder = store.folder
    for name in ("mon", "osd", "rgw"):
        (folder / name).mkdir(parents=True)
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    argv += ["-subj", "/CN=store", "-addext", f"subjectAltName=DNS:localhost,IP:{store.address}"]
    run([*argv, "-keyout", folder / "tls.key", "-out", folder / "tls.pem"], timeout=60)
    ports = {"port": free_port(), "https": store.port, "address": store.address}
    text = CONFIGURATION.format(fsid=uuid4(), folder=folder, tree=TREE, **ports)
    (folder / "ceph.conf").write_text(text)
    blocks = []
    for name, caps in KEYS.items():
        key = _program(store, "ceph-authtool", "--gen-print-key").strip()
        blocks.append(f"[{name}]\n\tkey = {key}\n" + "".join(f'\tcaps {cap} = "allow *"\n' for cap in caps))
    (folder / "keyring").write_text("".join(blocks))


def _environment(store: Store) -> dict[str, str]:
    libraries = ":".join(str(TREE / name) for name in LIBRARIES)
    return {**os.environ, "LD_LIBRARY_PATH": libraries, "CEPH_CONF": str(store.folder / "ceph.conf")}


def _program(store: Store, name: str, *words: str | Path) -> str:
    argv = [TREE / "usr/bin" / name, *words]
    done = subprocess.run(argv, check=False, env=_environment(store), capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _started(store: Store, stack: ExitStack, *argv: str) -> subprocess.Popen[bytes]:
    """Start a program of the store, which ends with it."""
    log = stack.enter_context((store.folder / f"{argv[0]}.log").open("ab"))
    words = [TREE / "usr/bin" / argv[0], *argv[1:]]
    program = subprocess.Popen(words, env=_environment(store), stdout=log, stderr=log)

    def end() -> None:
        program.kill()
        program.wait()

    stack.callback(end)
    return program


def _cluster(store: Store, stack: ExitStack) -> None:
    text = (store.folder / "ceph.conf").read_text()
    settings = dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)
    monmap, address = store.folder / "monmap", f"[{settings['mon host']}]"
    _program(store, "monmaptool", "--create", "--fsid", settings["fsid"], "--addv", "a", address, monmap)
    _program(store, "ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", store.folder / "keyring")
    _started(store, stack, "ceph-mon", "-i", "a", "-f")
    _program(store, "ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", str(uuid4()))
    _started(store, stack, "ceph-osd", "-i", "0", "-f")


def _answering(store: Store, stack: ExitStack) -> None:
    """Wait until it answers; where it came up before the disk did, it ends, and is started again."""
    until, program = time.monotonic() + DEADLINE, None
    while time.monotonic() < until:
        if program is None or program.poll() is not None:
            program = _started(store, stack, "radosgw", "-n", "client.rgw", "-f")
        with suppress(OSError), socket.create_connection((store.address, store.port), timeout=1):
            return
        with suppress(subprocess.TimeoutExpired):
            program.wait(0.2)
    pytest.fail(f"the store did not start: {(store.folder / 'radosgw.log').read_text()[-2000:]}")


def _bucket(store: Store) -> None:
    for query, body, more in (
        (None, b"", {"x-amz-bucket-object-lock-enabled": "true"}),
        ({"object-lock": ""}, LOCKED.encode(), None),
        ({"policy": ""}, json.dumps(rights()).encode(), None),
    ):
        status, said, _ = store.ask(OWNER, "", query, "PUT", body, more)
        assert status in (200, 204), said
