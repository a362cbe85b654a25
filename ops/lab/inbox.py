"""The lab's inbox, read: what its alarms told people, in the order in which it came."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_string, policy

READ = "cat /run/lab-inbox/*.eml 2>/dev/null || true"  # on the machine that has it
_BEGIN = "X-Seawall-Inbox: "


@dataclass(frozen=True)
class Letter:
    """A message that the mail server took. people: to whom, as the server was told. state: as the alarms have it."""

    subject: str
    people: tuple[str, ...]
    state: str
    identity: str
    text: str


def letters_in(text: str) -> list[Letter]:
    """Given the inbox's files one behind the other, return the messages."""
    found = []
    for part in text.split(_BEGIN)[1:]:
        letter = message_from_string(_BEGIN + part, policy=policy.default)
        people = tuple(str(one) for one in letter.get_all("X-Envelope-To", []))
        words = [str(letter[name] or "") for name in ("Subject", "X-Seawall-State", "Message-ID")]
        found.append(Letter(words[0], people, words[1], words[2], str(letter.get_payload())))
    return found
