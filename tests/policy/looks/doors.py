"""What this machine's own accounts may do at the backup hosts: tried for real, with its credentials.

Nothing here can hurt: a deletion is tried on a name that isn't there first, on the real thing only when that was
refused, with its bytes in hand to put it back; what is written over something is that thing's own bytes.
"""

import base64
import hashlib
import http.client
import json
import re
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlsplit

CREDENTIALS = Path("/etc/seawall/credentials")
SECONDS = 10
LARGEST = 32 << 20  # nothing larger is fetched to be put back
LISTING = "application/vnd.x.restic.rest.v2"
NOBODY = hashlib.sha256(b"seawall host check: there is no such thing").hexdigest()
NAME = re.compile("[0-9a-f]{64}")
REFUSED = {401, 403, 405}
# A server that refuses a body hangs up before it has read it, and the door may not know yet what it said: asked once
# more, it does.
CUT_OFF, TRIES = 502, 20


def look(wanted: dict) -> dict:
    """Try all doors at once: many may be of one host, and that one may be down."""
    doors = {door["credential"]: door for door in wanted["doors"]}
    with ThreadPoolExecutor(max(len(doors), 1)) as pool:
        found = pool.map(lambda door: try_door(door, wanted["authority"]), doors.values())
    return dict(zip(doors, found, strict=True))


def try_door(door: dict, authority: str) -> dict:
    """Try one door; one that can't be gone through is told, and is not taken for a refusal."""
    met: dict = {}
    try:
        place = Place(door, authority)
        met = {"address": place.address, "certificate": place.certificate(), "plain": place.plain()}
        return {"trouble": "", "met": met, **tries(place, door)}
    except (OSError, http.client.HTTPException, ValueError) as error:
        return {"trouble": f"{type(error).__name__}: {error}", "met": met}


class Place:
    """An address with an account, as it lies in the credentials; its password stays in here."""

    def __init__(self, door: dict, authority: str) -> None:
        text = (CREDENTIALS / f"{door['credential']}.url").read_text(encoding="utf-8").strip()
        parts = urlsplit(text.removeprefix("rest:"))
        self.host, self.port, self.path = parts.hostname or "", parts.port or 443, parts.path.rstrip("/")
        account = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        self.account = "Basic " + base64.b64encode(account.encode()).decode()
        self.address = {
            "scheme": parts.scheme,
            "host": self.host,
            "port": self.port,
            "path": parts.path,
            "user": parts.username,
        }
        self.context = ssl.create_default_context(cadata=authority)

    def ask(self, method: str, path: str, body: bytes | None = None, port: int = 0, account: bool = True) -> tuple:
        """Return status and content."""
        headers = {"Accept": LISTING} | ({"Authorization": self.account} if account else {})
        line = http.client.HTTPSConnection(self.host, port or self.port, timeout=SECONDS, context=self.context)
        try:
            line.request(method, path, body=body, headers=headers)
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()

    def names(self, kind: str) -> dict:
        """Size of each thing of a kind, by name."""
        status, content = self.ask("GET", f"{self.path}/{kind}/")
        return whole(json.loads(content) or []) if status == 200 else {}

    def certificate(self) -> dict:
        """The server's certificate, checked against the site's authority and the name it is reached by."""
        try:
            with socket.create_connection((self.host, self.port), timeout=SECONDS) as line:
                with self.context.wrap_socket(line, server_hostname=self.host) as wrapped:
                    ends = ssl.cert_time_to_seconds(wrapped.getpeercert()["notAfter"])
                    return {"trouble": "", "ends": ends}
        except ssl.SSLError as error:
            return {"trouble": getattr(error, "verify_message", "") or str(error), "ends": 0}

    def plain(self) -> int:
        """Ask without TLS; 0 when there is no answer."""
        line = http.client.HTTPConnection(self.host, self.port, timeout=SECONDS)
        try:
            line.request("GET", f"{self.path}/config", headers={"Authorization": "Basic bm9ib2R5Om5vdGhpbmc="})
            return line.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            line.close()


def whole(listed: list) -> dict:
    """Size by name of what is there; an upload that is under way is listed under a longer name, and can't be read."""
    return {entry["name"]: entry["size"] for entry in listed if NAME.fullmatch(entry["name"])}


def tries(place: Place, door: dict) -> dict:
    status, _ = place.ask("GET", f"{place.path}/snapshots/")
    snapshots = place.names("snapshots")
    return {
        "listing": status,
        "snapshots": len(snapshots),
        "nobody": place.ask("GET", f"{place.path}/config", account=False)[0],
        "foreign": {path: place.ask("GET", path)[0] for path in door["foreign"]},
        "other_ports": {str(port): other(place, port) for port in door["other_ports"]},
        "deleted_snapshot": delete(place, "snapshots", snapshots),
        "deleted_pack": delete(place, "data", place.names("data")),
        "deleted_repository": delete_repository(place),
        "overwritten_snapshot": overwrite(place, f"snapshots/{min(snapshots)}") if snapshots else None,
        "overwritten_config": overwrite(place, "config"),
        "snapshots_after": len(place.names("snapshots")),
    }


def other(place: Place, port: int) -> int:
    """This account at another door of the same host; 0 when nobody answers there."""
    try:
        return place.ask("GET", f"{place.path}/config", port=port)[0]
    except OSError:
        return 0


def delete(place: Place, kind: str, known: dict) -> dict:
    """Try to delete something of a kind."""
    status, _ = place.ask("DELETE", f"{place.path}/{kind}/{NOBODY}")
    if status not in REFUSED:
        return {"refused": False, "status": status, "tried": "a name that isn't there"}
    small = [name for name, size in known.items() if size <= LARGEST]
    if not small:
        return {"refused": True, "status": status, "tried": "a name that isn't there"}
    path = f"{place.path}/{kind}/{min(small, key=lambda name: (known[name], name))}"
    had, content = place.ask("GET", path)
    if had != 200:
        return {"refused": False, "status": had, "tried": "nothing: it can't be read"}
    status, _ = place.ask("DELETE", path)
    there = place.ask("HEAD", path)[0] == 200
    if not there:
        place.ask("POST", path, body=content)
    return {"refused": status in REFUSED and there, "status": status, "tried": path.rsplit("/", 1)[-1][:10]}


def delete_repository(place: Place) -> dict:
    """Try to delete the whole repository, where a name that isn't there was refused."""
    if place.ask("HEAD", f"{place.path}/config")[0] != 200:
        return {"refused": False, "status": 0, "tried": "nothing: there is no repository"}
    if place.ask("DELETE", f"{place.path}/data/{NOBODY}")[0] not in REFUSED:
        return {"refused": False, "status": 0, "tried": "nothing: deletions are not refused"}
    status, _ = place.ask("DELETE", f"{place.path}/")
    there = place.ask("HEAD", f"{place.path}/config")[0] == 200
    return {"refused": not 200 <= status < 400 and there, "status": status, "tried": "the repository"}


def overwrite(place: Place, what: str) -> dict:
    """Try to write something over itself, with its own bytes."""
    had, content = place.ask("GET", f"{place.path}/{what}")
    if had != 200:
        return {"refused": False, "status": had, "tried": f"{what[:20]}, which can't be read"}
    for _ in range(TRIES):
        status, _ = place.ask("POST", f"{place.path}/{what}", body=content)
        if status != CUT_OFF:
            break
    return {"refused": status in REFUSED, "status": status, "tried": what[:20]}
