"""Asking a store one thing in the manner of S3: each request is signed, and each answer has limits.

Only what the standard library has: a server needs nothing beyond it. The key of the account is read from a file, in the
form in which restic and other programs read it, and stands in no address and no argument.
"""

from __future__ import annotations

import configparser
import hashlib
import hmac
import http.client
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from ops.core import clock
from ops.core.errors import Unavailable

SECTION = "default"
STEP_SECONDS = 60.0
EMPTY = hashlib.sha256(b"").hexdigest()
_HINT = "check that the store is up, the network works, and the policy names its endpoint"
_ACCOUNT = "compare seawall_store_accounts in the inventory with what the store's operator gave, then run site.yml"


@dataclass(frozen=True)
class Store:
    """A folder of a bucket, and the account that opens it. folder: without `/` at its ends; may be empty."""

    host: str
    port: int
    bucket: str
    folder: str
    region: str
    account: str
    key: str = field(repr=False)

    @classmethod
    def read(cls, url: Path) -> Store:
        """Take an address as restic reads it apart, s3:https://HOST:PORT/BUCKET/FOLDER, and the account beside it."""
        parts = urlsplit(url.read_text(encoding="utf-8").strip().removeprefix("s3:"))
        bucket, _, folder = parts.path.strip("/").partition("/")
        said = account(url)
        return cls(
            host=parts.hostname or "",
            port=parts.port or 443,
            bucket=bucket,
            folder=folder,
            region=said.get("region", ""),
            account=said.get("aws_access_key_id", ""),
            key=said.get("aws_secret_access_key", ""),
        )

    def named(self, path: str) -> str:
        """Return the name in the bucket of a file of the folder."""
        return "/".join(filter(None, [self.folder, path]))


def account_file(url: Path) -> Path:
    """Return the file with the account, which lies beside that with the address."""
    return url.with_suffix(".store")


def account(url: Path) -> Mapping[str, str]:
    """Return what the file with the account says; raise Unavailable for one that can't be read."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(account_file(url).read_text(encoding="utf-8"))
        return dict(parser[SECTION])
    except (OSError, KeyError, configparser.Error) as error:
        raise Unavailable(f"the account of the store {url.stem} can't be read", _ACCOUNT) from error


def written(name: str, key: str, region: str) -> str:
    """Return the content of such a file."""
    return f"[{SECTION}]\naws_access_key_id = {name}\naws_secret_access_key = {key}\nregion = {region}"


@contextmanager
def asked(
    store: Store,
    authority: Path,
    path: str,
    query: Mapping[str, str] | None = None,
    method: str = "GET",
    body: bytes = b"",
    more: Mapping[str, str] | None = None,
) -> Iterator[http.client.HTTPResponse]:
    """Ask for a file of the bucket, by its whole name, for a block that reads the answer.

    query: such as versionId. more: further headers, in lower case; they are signed, too. Raise Unavailable.
    """
    where = f"{store.host}:{store.port}"
    target = quote(f"/{store.bucket}/{path}" if path else f"/{store.bucket}", safe="/-_.~")
    words = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted((query or {}).items()))
    headers = _signed(store, method, target, words, hashlib.sha256(body).hexdigest(), dict(more or {}))
    try:
        context = ssl.create_default_context(cafile=str(authority))
        connection = http.client.HTTPSConnection(store.host, store.port, timeout=STEP_SECONDS, context=context)
    except OSError as error:
        raise Unavailable(f"the certificates in {authority} can't be read: {error}", _HINT) from error
    try:
        connection.request(method, f"{target}?{words}" if words else target, body, headers)
        yield connection.getresponse()
    except ssl.SSLCertVerificationError as error:
        raise Unavailable(
            f"{where} presents a certificate that none of {authority} vouches for: {error.verify_message}",
            "do not continue before you know why: another machine may be answering",
        ) from error
    except TimeoutError as error:
        raise Unavailable(f"{where} does not answer within {STEP_SECONDS:.0f} s", _HINT) from error
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"{where} can't be reached: {error}", _HINT) from error
    finally:
        connection.close()


def refused(store: Store, answer: http.client.HTTPResponse) -> Unavailable:
    """Return the error for an answer that says no."""
    where = f"{store.host}:{store.port}"
    if answer.status in (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN):
        return Unavailable(f"{where} rejects this account (HTTP {answer.status})", _ACCOUNT)
    if answer.status == http.HTTPStatus.NOT_FOUND:
        return Unavailable(f"{where} has no bucket {store.bucket}", "make it; Seawall's page s3.md says how")
    return Unavailable(f"{where} answers HTTP {answer.status} {answer.reason}", _HINT)


def _signed(store: Store, method: str, target: str, words: str, digest: str, more: dict[str, str]) -> dict[str, str]:
    """Return the headers of a request, signed by version 4 of the way of S3."""
    now = clock.now()
    headers = {
        **more,
        "host": store.host if store.port == 443 else f"{store.host}:{store.port}",  # noqa: PLR2004 -- as clients say it
        "x-amz-content-sha256": digest,
        "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
    }
    names = ";".join(sorted(headers))
    said = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    request = "\n".join([method, target, words, said, names, digest])
    scope = f"{now:%Y%m%d}/{store.region}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(request.encode()).hexdigest()])
    seal = hmac.new(_day_key(store, now), text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={store.account}/{scope}, SignedHeaders={names}, Signature={seal}"
    )
    return headers


def _day_key(store: Store, now: datetime) -> bytes:
    key = f"AWS4{store.key}".encode()
    for word in (f"{now:%Y%m%d}", store.region, "s3", "aws4_request"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return key
