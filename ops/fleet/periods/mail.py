"""Reports by mail: to the contacts of `reports` in the policy, by the mail channel of its alarms.

A letter is HTML that reads as text, too, with the whole page attached.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from ops.alarms.channels import mail
from ops.core import clock
from ops.core.errors import UsageError
from ops.core.schema import decode
from ops.fleet.inventory import Inventory
from ops.fleet.secrets.unlocked import UnlockedSecrets
from ops.policy import HostPolicy
from ops.policy.alarms import ChannelSpec
from ops.reports.period.mail import Letter

KIND = "mail"


@dataclass(frozen=True, kw_only=True)
class Post:
    """How reports go. channel: the name in the policy. to: mail addresses. secret: the account's password, or empty."""

    channel: str
    options: mail.Options
    to: tuple[str, ...]
    secret: str = ""


def post(inventory: Inventory, password: Path | None) -> Post:
    """Return how the reports of an inventory go. password: the file with the vault's, where the channel needs a secret.

    Raise UsageError where the policy does not say to whom, or has no mail channel.
    """
    policies = inventory.policies()
    policy = next((one for one in policies.values() if one.reports), None)
    if policy is None or policy.reports is None:
        raise UsageError("the policy mails no reports", "write `reports` into policy__all; see docs/reports.md")
    to = tuple(policy.contacts[name].mail for name in policy.reports.to)
    name, spec = next(_channels({policy.host: policy, **policies}), ("", None))
    if spec is None:
        raise UsageError("the policy has no channel of kind mail", "add one to policy.alarms.channels; docs/alarms.md")
    options = spec.options if isinstance(spec.options, mail.Options) else decode(mail.Options, spec.options, name)
    secret = UnlockedSecrets(inventory, password).channel(name) if mail.KIND.needs_secret(options) else ""
    return Post(channel=name, options=options, to=to, secret=secret)


def _channels(policies: Mapping[str, HostPolicy]) -> Iterator[tuple[str, ChannelSpec]]:
    for policy in policies.values():
        for name, spec in policy.alarms.channels.items() if policy.alarms else ():
            if spec.kind == KIND:
                yield name, spec


def send(how: Post, letter: Letter, kind: str, moment: str, page: str) -> None:
    """Send a report; raise Unavailable where the server takes it for nobody.

    kind: of the report. moment: when it was made, in UTC, ISO 8601. page: all of it, which is attached.
    """
    mail.deliver(how.options, made(how, letter, kind, moment, page), list(how.to), how.secret)


def made(how: Post, letter: Letter, kind: str, moment: str, page: str) -> EmailMessage:
    """Return the letter; the same report is the same letter, byte for byte."""
    day, domain = moment[:10], how.options.sender.rpartition("@")[2]
    found = EmailMessage(SMTP)
    found["Subject"] = letter.subject
    found["From"] = how.options.sender
    found["To"] = ", ".join(how.to)
    found["Date"] = format_datetime(clock.parse(moment))
    found["Message-ID"] = f"<seawall.report.{kind}.{moment.replace(':', '').replace('-', '')}@{domain}>"
    found["Auto-Submitted"] = "auto-generated"
    found.set_content(letter.text)
    found.add_alternative(letter.html, subtype="html")
    name = f"report-{kind}-{day}.html"
    # As bytes: whoever signs the report off names this file, and its digest is that of the page.
    found.add_attachment(page.encode(), "text", "html", filename=name, params={"charset": "utf-8"})
    for number, part in enumerate(part for part in found.walk() if part.is_multipart()):
        part.set_boundary(f"seawall-report-{kind}-{day}-{number}")
    return found
