"""Mail by SMTP, to the mail addresses of the contacts who are called; all messages of one incident are one thread."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal

from ops.core import clock
from ops.core.errors import Unavailable
from ops.core.limits import demand_port
from ops.interfaces.channel import Channel, Message

TIMEOUT = 20.0  # seconds for each answer of the server
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")


@dataclass(frozen=True)
class Options:
    """The mail server of the site.

    server: its name or address.
    sender: the address that messages come from.
    port: its port: mostly 25, 587 with `starttls`, 465 with `tls`.
    tls: how the connection is encrypted; `none` only for a server on this machine.
    user: the account; its password is the channel's secret. By default, none.
    """

    server: str
    sender: str
    port: int = 25
    tls: Literal["none", "starttls", "tls"] = "starttls"
    user: str | None = None

    def __post_init__(self) -> None:
        demand_port("port", self.port)


def send(options: Options, message: Message, secret: str) -> None:
    """Hand a message to the server; raise Unavailable where it does not take it for anybody.

    It counts as told once the server took it for one of the recipients: the others' addresses are wrong, and to send it
    again would tell that one twice.
    """
    reached = [person.mail for person in message.to if person.mail]
    if not reached:
        raise Unavailable(
            f"none of {', '.join(person.contact for person in message.to) or 'nobody'} has a mail address"
        )
    deliver(options, _letter(options, message, reached), reached, secret)


def deliver(options: Options, letter: EmailMessage, reached: list[str], secret: str) -> None:
    """Hand a letter to the server for some addresses; raise Unavailable where it does not take it for anybody."""
    try:
        with _connected(options) as link:
            if options.user:
                link.login(options.user, secret)
            link.send_message(letter, options.sender, reached)
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable(f"{options.server} did not take it: {_said(error)}") from None


def _connected(options: Options) -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    if options.tls == "tls":
        return smtplib.SMTP_SSL(options.server, options.port, timeout=TIMEOUT, context=trusted)
    link = smtplib.SMTP(options.server, options.port, timeout=TIMEOUT)
    try:
        if options.tls == "starttls":
            link.starttls(context=trusted)
    except BaseException:
        link.close()
        raise
    return link


def _letter(options: Options, message: Message, reached: list[str]) -> EmailMessage:
    letter = EmailMessage(SMTP)
    domain = options.sender.rpartition("@")[2]
    letter["Subject"] = message.subject
    letter["From"] = options.sender
    letter["To"] = ", ".join(reached)
    letter["Date"] = format_datetime(clock.parse(message.moment))
    letter["Message-ID"] = f"<seawall.{message.identity}@{domain}>"
    if message.identity != message.thread:
        letter["In-Reply-To"] = letter["References"] = f"<seawall.{message.thread}@{domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Seawall-State"] = message.state
    letter.set_content(message.text)
    return letter


def _said(error: Exception) -> str:
    """Return what a server said in one line; of a refused account nothing that it may repeat."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"it refused the account ({error.smtp_code})"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "it refused every recipient: " + ", ".join(str(code) for code, _ in error.recipients.values())
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def refused(options: Options) -> Iterator[str]:
    """Yield what is wrong with the addresses, and a password that would go in the clear."""
    if not _ADDRESS.fullmatch(options.sender) or not options.sender.isascii():
        yield f"sender {options.sender[:80]!r} is not a mail address; expected one such as seawall@hospital.example"
    if not options.server.strip() or any(letter.isspace() for letter in options.server):
        yield f"server {options.server[:80]!r} is not the name of a machine"
    if options.user and options.tls == "none":
        yield "user with tls: none sends the password in the clear; use starttls or tls"


KIND = Channel(
    Options, send=send, needs_secret=lambda options: bool(options.user), refused=refused, synonyms=("smtp", "email")
)
