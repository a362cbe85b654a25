"""The units that look at a machine, tell people, and hand its status over."""

from __future__ import annotations

from collections.abc import Iterator

from ops.core import kinds
from ops.interfaces import joined
from ops.interfaces.devices import DEVICES
from ops.interfaces.metrics import FOLDER as METRICS
from ops.interfaces.pushed import PUSH
from ops.interfaces.state import ALARMS, GAPS, HEALTH
from ops.policy import access, alarm_drill, alarms
from ops.policy.access import AUTHORITY, LEDGER_KEY
from ops.policy.battery import ACT as BATTERY_TEST
from ops.policy.battery import AT
from ops.policy.battery import SECRET as BATTERY_SECRET
from ops.policy.model import HostPolicy
from ops.policy.units.unit import Unit

HEALTH_EVERY = "*:0/5"
ALARMS_EVERY = "*:0/1"  # what is due to be told again, or to somebody else, is due to the minute
DEVICES_EVERY = "*:11"
JOURNAL_GROUP = "systemd-journal"  # may read all of the journal
GAPS_AT = "*-*-* 05:30:00"


def health(policy: HostPolicy) -> Iterator[Unit]:
    """Yield the round of checks, which every machine has."""
    reads = any(kinds.load("ops.health", check.kind).journal for check in policy.checks.values())
    yield Unit(
        name=joined.unit(HEALTH),
        description=f"Check the health of {policy.host}",
        command="health run",
        calendar=(HEALTH_EVERY,),
        random_delay=30,
        user="seawall",
        capabilities=(),
        credentials=(LEDGER_KEY,),
        timeout=120,
        supplementary_groups=(JOURNAL_GROUP,) if reads else (),
        # Also where the policy wants none: what was written before is removed. Without the folder it must start, too.
        writable=(f"-{METRICS}",),
    )


def push(policy: HostPolicy) -> Iterator[Unit]:
    """Yield what hands the status over where there is somebody to take it; it gets no key that opens a repository."""
    names = access.beside(policy) if policy.push else []
    if policy.push and names:
        yield Unit(
            name=joined.unit(PUSH),
            description=f"Hand the status of {policy.host} over to its backup hosts",
            command="status --push",
            calendar=(policy.push.calendar,),
            random_delay=policy.push.delay,
            user="seawall",
            capabilities=(),
            credentials=(*map(joined.address_file, names), AUTHORITY, LEDGER_KEY),
            timeout=600,
            after=(joined.service(HEALTH),),
        )


def telling(policy: HostPolicy) -> Iterator[Unit]:
    """Yield what tells people of bad findings, and the drill of that, where the policy has them."""
    if policy.alarms:
        yield Unit(
            name=joined.unit(ALARMS),
            description=f"Tell people of what is wrong with {policy.host}",
            command="alarms run",
            calendar=(ALARMS_EVERY,),
            random_delay=30,
            user="seawall",
            capabilities=(),
            credentials=tuple(joined.channel_file(name) for name in alarms.secret_channels(policy.alarms)),
            timeout=300,
            after=(joined.service(HEALTH),),
        )
    if drill := alarm_drill.asked(policy):
        yield Unit(
            name=joined.unit(joined.ALARM_DRILL),
            description=f"Make a fault on {policy.host}, and see who answers",
            command=joined.ALARM_DRILL,
            calendar=alarm_drill.calendar(policy, drill).expressions,
            random_delay=0,
            user="root",
            # To stop and start a timer, to look at what the account remembers, and to write where the account does.
            capabilities=("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_DAC_OVERRIDE", "CAP_CHOWN", "CAP_FOWNER"),
            credentials=(LEDGER_KEY,),
            timeout=drill.told_within.seconds + drill.answered_within.seconds + 1800,
        )


def devices(policy: HostPolicy) -> Iterator[Unit]:
    """Yield the look at the devices where a check judges it: what a disk says of itself is told to root alone."""
    if any(kinds.load("ops.health", check.kind).devices for check in policy.checks.values()):
        yield Unit(
            name=joined.unit(DEVICES),
            description=f"Ask the devices of {policy.host} how they are",
            command="devices",
            calendar=(DEVICES_EVERY,),
            random_delay=300,
            user="root",
            # To send a disk a command of its own, and an NVMe one of the administrator's.
            capabilities=("CAP_SYS_RAWIO", "CAP_SYS_ADMIN"),
            credentials=(),
            timeout=900,
        )


def battery(policy: HostPolicy) -> Iterator[Unit]:
    """Yield the test of the UPS's battery, where the policy has one."""
    if test := policy.battery_test:
        yield Unit(
            name=joined.unit(BATTERY_TEST),
            description=f"Let the UPS of {policy.host} test its battery",
            command="ups test",
            calendar=test.calendar.at(AT).zoned(policy.site.timezone).expressions,
            random_delay=0,
            user="seawall",
            capabilities=(),
            credentials=(BATTERY_SECRET, LEDGER_KEY),
            timeout=7 * 3600,
        )


def gaps(policy: HostPolicy) -> Iterator[Unit]:
    """Yield the search for data that no asset covers, which every machine has."""
    yield Unit(
        name=joined.unit(GAPS),
        description=f"Search {policy.host} for data that no asset covers",
        command="gaps",
        calendar=(f"{GAPS_AT} {policy.site.timezone}",),
        random_delay=1800,
        user="seawall",
        # Whose files and which programs hold data is what it is to find out.
        capabilities=("CAP_DAC_READ_SEARCH", "CAP_SYS_PTRACE"),
        credentials=(),
        timeout=1800,
    )
