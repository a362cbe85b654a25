"""What this machine's own accounts may do at stores that speak S3: tried for real, with its credentials.

Nothing here can hurt: what is written, written over and deleted is a small file of this look's own, beside the
repository, which the store keeps until its lock ends. Requests are signed here anew, with no line of Seawall's own.
"""

import base64
import configparser
import datetime
import hashlib
import hmac
import http.client
import re
import ssl
from pathlib import Path
from urllib.parse import quote, urlsplit

CREDENTIALS = Path("/etc/seawall/credentials")
SECONDS = 20
TRIAL = "host-check"
SPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
UNTIL = re.compile(rb"<RetainUntilDate>([0-9-]{10})T([0-9:]{8})")


def look(wanted: dict) -> dict:
    return {store["credential"]: try_store(store) for store in wanted["stores"]}


def try_store(store: dict) -> dict:
    """Try one store; one that can't be tried is told, and is not taken for a refusal."""
    try:
        place = Place(store["credential"], store["authority"])
        return {"trouble": "", "address": place.address, **tries(place)}
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        return {"trouble": f"{type(error).__name__}: {error}"}


class Place:
    """An address and the account beside it; its key stays in here."""

    def __init__(self, credential: str, authority: str) -> None:
        self.address = (CREDENTIALS / f"{credential}.url").read_text(encoding="utf-8").strip()
        parts = urlsplit(self.address.removeprefix("s3:"))
        if parts.scheme != "https":
            raise ValueError(f"{self.address} is no address of a store over TLS")
        self.host, self.port = parts.hostname or "", parts.port or 443
        self.bucket, _, self.folder = parts.path.strip("/").partition("/")
        said = configparser.ConfigParser(interpolation=None)
        said.read_string((CREDENTIALS / f"{credential}.store").read_text(encoding="utf-8"))
        self.account, self.key = said["default"]["aws_access_key_id"], said["default"]["aws_secret_access_key"]
        self.region = said["default"]["region"]
        self.context = ssl.create_default_context(cafile=authority)

    def ask(
        self, method: str, path: str = TRIAL, query: dict | None = None, body: bytes = b"", more: dict | None = None
    ) -> tuple:
        """Return status, content and headers; path: below the folder, empty for the bucket."""
        target = quote(f"/{self.bucket}/{self.folder}/{path}" if path else f"/{self.bucket}", safe="/-_.~")
        words = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in sorted((query or {}).items()))
        told = dict(more or {})
        if body:
            told["content-md5"] = base64.b64encode(hashlib.md5(body).digest()).decode()
        line = http.client.HTTPSConnection(self.host, self.port, timeout=SECONDS, context=self.context)
        try:
            signed = self.signed(method, target, words, hashlib.sha256(body).hexdigest(), told)
            line.request(method, f"{target}?{words}" if words else target, body, signed)
            answer = line.getresponse()
            return answer.status, answer.read(1 << 20), {k.lower(): v for k, v in answer.getheaders()}
        finally:
            line.close()

    def signed(self, method: str, target: str, words: str, digest: str, told: dict) -> dict:
        now = datetime.datetime.now(datetime.UTC)
        day, moment = now.strftime("%Y%m%d"), now.strftime("%Y%m%dT%H%M%SZ")
        host = self.host if self.port == 443 else f"{self.host}:{self.port}"
        said = {**told, "host": host, "x-amz-content-sha256": digest, "x-amz-date": moment}
        names = sorted(said)
        lines = [method, target, words, *(f"{name}:{said[name]}" for name in names), "", ";".join(names), digest]
        scope = f"{day}/{self.region}/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256("\n".join(lines).encode()).hexdigest()])
        key = f"AWS4{self.key}".encode()
        for word in (*scope.split("/"), text):
            key = hmac.new(key, word.encode(), hashlib.sha256).digest()
        who = f"Credential={self.account}/{scope}, SignedHeaders={';'.join(names)}, Signature={key.hex()}"
        return {**said, "authorization": f"AWS4-HMAC-SHA256 {who}"}


def tries(place: Place) -> dict:
    written = place.ask("PUT", body=b"first")
    version = written[2].get("x-amz-version-id", "")
    if written[0] != 200 or not version or version == "null":
        names = ("deleted", "deleted_past_lock", "shortened", "shortened_past_lock", "suspended")
        return {
            "written": written[0],
            "version": "",
            "kept": False,
            "ends": "",
            "before": "",
            **dict.fromkeys(names, 0),
        }
    over = place.ask("PUT", body=b"second")
    which = {"versionId": version}
    before = place.ask("GET", query={"retention": "", **which})
    tried = attacks(place, which, shorter(before[1]))
    after = place.ask("GET", query={"retention": "", **which})
    content = place.ask("GET", query=which)
    found = {"written": written[0], "version": version, "over": over[0], **tried}
    return {**found, "kept": content[:2] == (200, b"first"), "ends": ends(after[1]), "before": ends(before[1])}


def shorter(lock: bytes) -> bytes:
    """The words for a lock of the same mode that ends in five minutes."""
    mode = "GOVERNANCE" if b"<Mode>GOVERNANCE" in lock else "COMPLIANCE"
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=5)
    until = f"<RetainUntilDate>{soon:%Y-%m-%dT%H:%M:%SZ}</RetainUntilDate>"
    return f"<Retention {SPACE}><Mode>{mode}</Mode>{until}</Retention>".encode()


def attacks(place: Place, which: dict, lock: bytes) -> dict:
    """How the store answers to each act against a version."""
    bypass = {"x-amz-bypass-governance-retention": "true"}
    off = f"<VersioningConfiguration {SPACE}><Status>Suspended</Status></VersioningConfiguration>".encode()
    return {
        "deleted": place.ask("DELETE", query=which)[0],
        "deleted_past_lock": place.ask("DELETE", query=which, more=bypass)[0],
        "shortened": place.ask("PUT", query={"retention": "", **which}, body=lock)[0],
        "shortened_past_lock": place.ask("PUT", query={"retention": "", **which}, body=lock, more=bypass)[0],
        "suspended": place.ask("PUT", "", {"versioning": ""}, off)[0],
    }


def ends(content: bytes) -> str:
    """When a lock ends, as the store tells it; nothing where it tells none, or may not."""
    found = UNTIL.search(content)
    return f"{found[1].decode()}T{found[2].decode()}+00:00" if found else ""
