"""Asking rest-server one thing, with limits that hold for a whole answer, and errors that say what to do."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ops.core.errors import Unavailable
from ops.targets._rest import MEDIA_TYPE, Place

READ_SECONDS = 120.0  # for each step of an answer; a client's server counts the repository first, every six hours
_OTHER_NAME = 62  # X509_V_ERR_HOSTNAME_MISMATCH
_NAME = "the name may lead to the wrong address: compare DNS and /etc/hosts here with the inventory"
_NETWORK = (
    "check that the backup host is up, its units seawall-writer* and seawall-reader* are running, and the network works"
)


@contextmanager
def asked(
    place: Place,
    authority: Path,
    path: str,
    most: float,
    method: str = "GET",
    connected: float = READ_SECONDS,
    body: bytes | None = None,
) -> Iterator[http.client.HTTPResponse]:
    """Ask for a path, for a block that reads the answer.

    most, connected: in how many seconds all of it must have ended, and the connection be there. body: what is sent.
    """
    where, step = f"{place.host}:{place.port}", connected
    connection = place.connection(authority, step)
    try:
        with _ended_after(connection, most) as late:
            step = READ_SECONDS
            connection.sock.settimeout(step)
            try:
                connection.request(method, f"{place.path}{path}", body, {**place.headers, "Accept": MEDIA_TYPE})
                yield connection.getresponse()
            finally:
                if late():  # what was cut off may look whole, and what it seems to be is not why
                    raise Unavailable(f"{where} did not answer whole within {most:.0f} s", _NETWORK)
    except ssl.SSLCertVerificationError as error:
        raise _stranger(where, error) from error
    except TimeoutError as error:
        raise Unavailable(f"{where} does not answer within {step:.0f} s", _NETWORK) from error
    except socket.gaierror as error:
        raise Unavailable(f"can't resolve the name {place.host}", "check DNS or /etc/hosts") from error
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"{where} can't be reached: {error}", _NETWORK) from error
    finally:
        connection.close()


def _stranger(where: str, error: ssl.SSLCertVerificationError) -> Unavailable:
    """Return the error for a certificate that is not the one of the host that was asked for."""
    if error.verify_code == _OTHER_NAME:
        return Unavailable(f"{where} presents another machine's certificate: {error.verify_message}", _NAME)
    return Unavailable(
        f"{where} presents a certificate that was not issued by this site's authority: {error.verify_message}",
        "do not continue before you know why: another machine may be answering",
    )


@contextmanager
def _ended_after(connection: http.client.HTTPConnection, seconds: float) -> Iterator[Callable[[], bool]]:
    """Connect, and end the connection when it is still there after so long, for a block; yield whether that was done.

    The time limit of a socket holds for each piece, and who sends a byte now and then keeps it for ever.
    """
    over, late = threading.Event(), threading.Event()
    held: list[socket.socket] = []  # an answer takes the socket from its connection

    def watch() -> None:
        wait = seconds
        while not over.wait(wait):
            late.set()
            wait = 1.0  # it may only just be about to connect
            for line in held or filter(None, [connection.sock]):
                with suppress(OSError):
                    socket.socket.shutdown(line, socket.SHUT_RDWR)  # TLS's own would say goodbye first

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        connection.connect()
        held.append(connection.sock)
        yield late.is_set
    finally:
        over.set()
        watcher.join()


def demand_ok(place: Place, answer: http.client.HTTPResponse) -> None:
    """Raise Unavailable for an answer that says no."""
    if answer.status != http.HTTPStatus.OK:
        raise refused(place, answer)


def refused(place: Place, answer: http.client.HTTPResponse) -> Unavailable:
    """Return the error for an answer that says no."""
    return Unavailable(f"{place.host}:{place.port} answers HTTP {answer.status} {answer.reason}", _NETWORK)


def demand_whole(place: Place, promised: int | None, read: int) -> None:
    """Raise Unavailable for an answer that was cut short: what is missing of it is no damage of what is stored."""
    if promised is not None and read < promised:
        raise Unavailable(f"{place.host}:{place.port} ended after {read} of {promised} bytes", _NETWORK)
