"""The units of a host that keeps repositories, or renews the locks at a store."""

from __future__ import annotations

from collections.abc import Iterator

from ops.interfaces import joined
from ops.interfaces.planned import RETENTION
from ops.interfaces.state import ARRIVALS, SCRUB
from ops.policy import access
from ops.policy.access import LEDGER_KEY
from ops.policy.model import HostPolicy
from ops.policy.units.unit import Unit

ARRIVALS_AT = "*-*-* 05:00:00"
RETENTION_AT = "*-*-* 06:00:00"
SCRUB_AT = "*-*-* 06:30:00"
RENEW_AT, RENEW_SELDOM = "*-*-* 07:00:00", "Mon *-*-* 07:00:00"
SELDOM = 28  # days from which on once a week is often enough


def mornings(policy: HostPolicy) -> Iterator[Unit]:
    """Yield what a backup host does each morning, over all repositories; without a key nothing in them can be read."""
    if not policy.clients:
        return
    host, longest = policy.host, policy.checks[SCRUB].options.longest.seconds
    yield _kept(policy, ARRIVALS, f"Search the repositories on {host} for foreign files", ARRIVALS_AT, 7200)
    plan = f"Plan which sets leave the repositories on {host}"
    yield _kept(policy, RETENTION, plan, RETENTION_AT, 7200, "retention plan", (LEDGER_KEY,))
    scrub = f"Read the repositories on {host} again, and name what is damaged"
    yield _kept(policy, SCRUB, scrub, SCRUB_AT, longest + 3600)  # it ends by itself; one file may be large


def renewals(policy: HostPolicy) -> Iterator[Unit]:
    """Yield what renews locks at a store: often enough that one missed run, or a week of them, ends none."""
    for name, days in access.renewed(policy).items():
        here = joined.locks_of(name)
        yield Unit(
            name=joined.unit(joined.renewal(name)),
            description=f"Renew the locks in {name}",
            command=f"store renew {name}",
            calendar=(f"{RENEW_AT if days < SELDOM else RENEW_SELDOM} {policy.site.timezone}",),
            random_delay=900,
            user="seawall",
            capabilities=(),
            credentials=(access.address_file(here), access.account_file(here), LEDGER_KEY),
            timeout=86_400,
        )


def _kept(
    policy: HostPolicy,
    name: str,
    description: str,
    at: str,
    timeout: int,
    command: str = "",
    credentials: tuple[str, ...] = (),
) -> Unit:
    return Unit(
        name=joined.unit(name),
        description=description,
        command=command or f"repository {name}",
        calendar=(f"{at} {policy.site.timezone}",),
        random_delay=900,
        user="seawall",
        capabilities=("CAP_DAC_READ_SEARCH",),  # the repositories are their server's
        credentials=credentials,
        timeout=timeout,
    )
