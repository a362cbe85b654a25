"""Whether another system answers at its interface: a TCP port, with TLS, a page by HTTP, or a query in SQL."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ops.core.errors import Unavailable
from ops.core.limits import demand_between, demand_port
from ops.core.names import AbsolutePath
from ops.core.quantity import Duration
from ops.core.schema import Plain
from ops.core.verdict import Finding, Verdict
from ops.health import _sql
from ops.health._notes import number
from ops.interfaces.check import Check, CheckContext

LONGEST = Duration(20)
MOST_READ = 1 << 20  # bytes of a page in which a text is looked for
MOST_FAILURES = 1000


@dataclass(frozen=True)
class Options:
    """Which interface, and what a good answer is.

    host: the machine that is asked.
    port: its TCP port.
    tls: speak TLS; whether the certificate is trusted is not judged, nor how long it is valid.
    get: a page that is requested by HTTP, such as /health; by default, to be connected is enough.
    status: the HTTP status of a good answer.
    query: a query that is asked in SQL instead, such as select count(*) from wards; it can only read.
    speaks: the database that answers it, postgresql or mariadb; its client must be on this machine.
    user: the account as which it is asked.
    database: the database in which it is asked.
    secret_file: a file with its password in the client's own form, which the account seawall alone may read.
    contains: a text that the page, or the answer to the query, must have.
    slow_after: time after which an answer is slow, and the check warns.
    timeout: time after which there is none.
    warn_after_failures: how many rounds running must have failed before the check warns.
    fail_after_failures: how many must have failed before it fails.
    critical: whether care stops without it: it fails as soon as it would warn.
    """

    host: str = "127.0.0.1"
    port: int = 80
    tls: bool = False
    get: str | None = None
    status: int = 200
    query: str = ""
    speaks: Literal["", "postgresql", "mariadb"] = ""
    user: str = "seawall"
    database: str = ""
    secret_file: AbsolutePath | None = None
    contains: str = ""
    slow_after: Duration = Duration(2)
    timeout: Duration = Duration(5)
    warn_after_failures: int = 3
    fail_after_failures: int = 5
    critical: bool = False

    def __post_init__(self) -> None:
        demand_port("port", self.port)
        demand_between("timeout", self.timeout, Duration(1), LONGEST)
        demand_between("slow_after", self.slow_after, Duration(1), self.timeout)
        demand_between("fail_after_failures", self.fail_after_failures, 1, MOST_FAILURES)
        demand_between("warn_after_failures", self.warn_after_failures, 1, self.fail_after_failures)
        if self.contains and self.get is None and not self.query:
            raise ValueError("contains needs something to look in; set get, or query")
        if bool(self.query) != bool(self.speaks) or (self.query and self.get is not None):
            raise ValueError("a query needs speaks, postgresql or mariadb, and no get")
        if not all(word.isprintable() and not word.startswith("-") for word in (self.query, self.user, self.database)):
            raise ValueError("query, user and database are one line each, and begin with no dash")
        if self.get is not None and not (self.get.startswith("/") and self.get.isascii() and self.get.isprintable()):
            raise ValueError(f"get is {self.get!r}; expected a path such as /health")


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Ask once, and count how many rounds running had no good answer."""
    if options.speaks:
        _sql.demand_client(options.speaks)
    began = time.monotonic()
    try:
        _ask(options, began + options.timeout.seconds)
    except Unavailable as error:
        yield judge_failure(options, failures(context.notes) + 1, error.message)
        context.notes["failures"] = failures(context.notes) + 1
    else:
        context.notes["failures"] = 0
        yield judge_answer(options, time.monotonic() - began)


def failures(notes: dict[str, Plain]) -> int:
    """Return how many rounds running failed before this one."""
    return int(min(max(number(notes.get("failures")) or 0.0, 0.0), MOST_FAILURES))


def judge_failure(options: Options, count: int, why: str) -> Finding:
    """Judge an answer that did not come, or is not good; so few times running, it may be a restart."""
    least = options.warn_after_failures if options.critical else options.fail_after_failures
    figures = {"failures": float(count)}
    if count >= least:
        return Finding(Verdict.FAIL, f"{why}; {count} times running", figures)
    if count >= options.warn_after_failures:
        return Finding(Verdict.WARN, f"{why}; {count} times running", figures)
    return Finding(Verdict.UNKNOWN, f"{why}; once may be a restart" if count == 1 else f"{why}; twice running", figures)


def judge_answer(options: Options, seconds: float) -> Finding:
    """Judge a good answer by how long it took."""
    where = f"{options.host}:{options.port}"
    verdict = Verdict.WARN if seconds > options.slow_after.seconds else Verdict.PASS
    message = f"{where} answers {'slowly, ' if verdict is Verdict.WARN else ''}in {seconds:.2f} s"
    return Finding(verdict, message, {"answer_seconds": round(seconds, 3), "failures": 0.0})


def _ask(options: Options, deadline: float) -> None:
    """Raise Unavailable unless a good answer comes before a deadline of the monotonic clock."""
    if options.query:
        _query(options, deadline)
        return
    where = f"{options.host}:{options.port}"
    try:
        with _connected(options, deadline) as connection:
            if options.get is not None:
                _request(options, connection, deadline)
    except TimeoutError as error:
        raise Unavailable(f"{where} does not answer within {options.timeout}") from error
    except ssl.SSLError as error:
        raise Unavailable(f"{where} does not speak TLS: {error.reason or error}") from error
    except OSError as error:
        raise Unavailable(f"{where} cannot be reached: {error.strerror or error}") from error
    except (http.client.HTTPException, ValueError) as error:
        raise Unavailable(f"{where} does not speak HTTP") from error


def _connected(options: Options, deadline: float) -> socket.socket:
    connection = socket.create_connection((options.host, options.port), timeout=_left(deadline))
    if not options.tls:
        return connection
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        return context.wrap_socket(connection, server_hostname=options.host)
    except BaseException:
        connection.close()
        raise


def _request(options: Options, connection: socket.socket, deadline: float) -> None:
    """Request the page; raise Unavailable for another status, or without the text."""
    asked = http.client.HTTPConnection(options.host, options.port)
    asked.sock = connection
    connection.settimeout(_left(deadline))
    asked.request("GET", options.get or "/", headers={"Connection": "close", "User-Agent": "seawall"})
    answer = asked.getresponse()
    if answer.status != options.status:
        raise Unavailable(f"{options.get} answers {answer.status}, not {options.status}")
    if not options.contains:
        return
    page = b""
    while len(page) < MOST_READ and options.contains.encode() not in page:
        connection.settimeout(_left(deadline))
        piece = answer.read1(MOST_READ)
        if not piece:
            raise Unavailable(f"{options.get} lacks the text that it is to have")
        page += piece
    if options.contains.encode() not in page:
        raise Unavailable(f"{options.get} lacks the text that it is to have, in its first MiB")


def _query(options: Options, deadline: float) -> None:
    """Ask in SQL; raise Unavailable without an answer, or without the text."""
    secret = str(options.secret_file or "")
    told = (options.tls, options.query, options.user, options.database, secret)
    answer = _sql.ask(_sql.Question(options.speaks, options.host, options.port, *told), _left(deadline))
    if options.contains not in answer or not answer.strip():
        why = (
            "the answer to the query lacks the text that it is to have" if answer.strip() else "the query has no answer"
        )
        raise Unavailable(why)


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.01)


KIND = Check(
    Options,
    probe,
    synonyms=("tcp", "http", "port", "url", "website", "hl7", "dicom", "sql"),
    why="Orders and results travel between systems; if one no longer listens, both sides look healthy, and wards "
    "wait. A restart takes a round or two, so it counts only when several rounds running had no answer.",
    remedy="Look whether the service runs on its machine, then at the network and the firewall between. Tell those "
    "who wait for its messages, and look whether they are sent again afterwards.",
)
