"""Contacts: people who are responsible, and who stands in for them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ops.core.errors import Problem
from ops.policy.model import Written
from ops.policy.rules import names

_MAIL = re.compile(r"[^@\s]+@[^@\s]+")


def judge(written: Written) -> Iterator[Problem]:
    """Yield what is wrong with the contacts; one without phone and mail is marked in the runbook, and no problem."""
    for key, contact in written.contacts.items():
        path = f"policy.contacts.{key}"
        yield from names.shown(path, key)
        if not contact.name.strip():
            yield Problem(f"{path}.name", "is empty; write the name of a person or a position")
        for field in ("name", "phone"):
            yield from names.one_line(f"{path}.{field}", getattr(contact, field))
        if contact.mail and not _MAIL.fullmatch(contact.mail):
            yield Problem(
                f"{path}.mail", f"{contact.mail!r} is not a mail address; expected one such as it@hospital.example"
            )
        if contact.deputy == key:
            yield Problem(f"{path}.deputy", f"{key} can't stand in for themselves; name another contact, or nobody")
        elif contact.deputy is not None:
            yield from names.known(f"{path}.deputy", "contact", contact.deputy, written.contacts)
