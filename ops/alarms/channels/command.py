"""A program of the site's, which gets each message as JSON on its standard input: an SMS gateway, a printer, a bot.

It runs within the unit's confinement, as the account `seawall`, and has a minute.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from ops.core.run import run
from ops.interfaces.channel import Channel, Message

TIMEOUT = 60.0


@dataclass(frozen=True)
class Options:
    """Which program.

    argv: the program by its path, and its arguments; it succeeded when it exits with 0.
    """

    argv: tuple[str, ...]


def send(options: Options, message: Message, _secret: str) -> None:
    """Run the program; raise CommandError where it fails or takes too long."""
    run([*options.argv], timeout=TIMEOUT, input=json.dumps(asdict(message), ensure_ascii=False))


def refused(options: Options) -> Iterator[str]:
    """Yield why a program can't be run."""
    if not options.argv or not options.argv[0].startswith("/"):
        yield "argv must begin with the path of a program, such as /usr/local/bin/sms"


KIND = Channel(Options, send=send, refused=refused, synonyms=("program", "script", "sms"))
