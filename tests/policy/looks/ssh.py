"""How sshd lets people in: what it is set to, what it offers to a stranger, and by which means one may try."""

import re
import socket
import subprocess

FIELDS = ("kex", "keys", "ciphers", "ciphers back", "macs", "macs back")
SECONDS = 10


def look(wanted: dict) -> dict:
    if not wanted["ssh"]:
        return {}
    settings = told(["/usr/sbin/sshd", "-T"])
    port = int(settings["port"])
    host = settings["listenaddress"].rpartition(":")[0].strip("[]")
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return {
        "settings": settings,
        "offered": offered(address, port),
        "means": {account: means(account, address, port) for account in ("root", "nobody")},
    }


def told(argv: list) -> dict:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=SECONDS, check=True)
    found: dict = {}
    for word, _, value in (line.partition(" ") for line in done.stdout.splitlines()):
        found.setdefault(word, value)
    return found


def offered(address: str, port: int) -> dict:
    """What a stranger is offered before anything is encrypted (RFC 4253, 7.1)."""
    with socket.create_connection((address, port), timeout=SECONDS) as line, line.makefile("rb") as heard:
        line.sendall(b"SSH-2.0-look\r\n")
        while not heard.readline(256).startswith(b"SSH-"):
            pass
        length, padding = int.from_bytes(heard.read(4), "big"), heard.read(1)[0]
        packet = heard.read(min(length, 35_000) - 1 - padding)
    rest, found = packet[17:], {}  # the kind of message, and a cookie
    for name in FIELDS:
        size = int.from_bytes(rest[:4], "big")
        found[name] = rest[4 : 4 + size].decode("ascii").split(",")
        rest = rest[4 + size :]
    return found


def means(account: str, address: str, port: int) -> list:
    """The means by which an account may try to come in, as sshd tells who tries none."""
    options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "PreferredAuthentications=none")
    words = [word for option in (*options, "BatchMode=yes") for word in ("-o", option)]
    argv = ["ssh", "-F", "none", *words, "-p", str(port), "-l", account, address, "true"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=SECONDS, check=False)
    found = re.search(r"Permission denied \(([a-z,-]*)\)", done.stderr)
    if not found:
        raise RuntimeError(f"sshd told no means for {account}: {done.stderr.strip()[-200:]}")
    return found[1].split(",")
