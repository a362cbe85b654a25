"""An address that is asked as long as somebody looks, as healthchecks and others offer: silence is what alarms there.

It tells nobody what is wrong: it says that the machine is on, looks at its checks, and can tell of what it sees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ops.alarms.channels import _http
from ops.interfaces.channel import Channel


@dataclass(frozen=True)
class Options:
    """What is asked every minute.

    url: the address; `{secret}` in it stands for the channel's secret. What can't be looked at or told asks it with
        `/fail` behind it.
    secret: whether the address has a secret.
    """

    url: str
    secret: bool = False


def beat(options: Options, well: bool, secret: str) -> None:
    """Ask the address; raise Unavailable where nobody answers well."""
    url = options.url.replace("{secret}", secret)
    _http.asked("GET", url if well else f"{url.rstrip('/')}/fail")


def refused(options: Options) -> Iterator[str]:
    """Yield why an address can't be asked."""
    if why := _http.refused(options.url.replace("{secret}", "x")):
        yield f"url {why}"
    if options.secret != ("{secret}" in options.url):
        yield "secret: true and {secret} in the url belong together"


KIND = Channel(
    Options,
    beat=beat,
    needs_secret=lambda options: options.secret,
    refused=refused,
    synonyms=("healthchecks", "heartbeat"),
)
