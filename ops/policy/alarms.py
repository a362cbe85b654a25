"""The types of the policy's alarms: who is called by which channel, and when a finding is worth it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from ops.core import kinds
from ops.core.calendar import Calendar
from ops.core.limits import demand_between
from ops.core.quantity import Day, Duration
from ops.core.schema import decode
from ops.core.stricter import Order
from ops.core.week import WeekHours
from ops.interfaces.channel import Channel

MOST_SAMPLES = 20  # that are remembered of a check
_LEAST_WAIT, _DAY, _WEEK = Duration(60), Duration(86_400), Duration(7 * 86_400)


@dataclass(frozen=True)
class OnCall:
    """A contact who is called, and when.

    who: the contact.
    hours: at which hours, in the site's time zone, such as `Mon-Fri 07:00-17:00`; by default, always.
    """

    who: str
    hours: WeekHours = WeekHours()


@dataclass(frozen=True)
class ChannelSpec:
    """A way by which alarms go to people.

    kind: mail, webhook, command or ping; a module in ops/alarms/channels.
    options: options of the kind.
    """

    kind: str
    options: Any = field(default_factory=dict)


@dataclass(frozen=True)
class Limit:
    """What is to be done when a fault lasts so long.

    after: how long after it was discovered.
    what: what is done then, in one sentence.
    """

    after: Duration
    what: str


def _no_later(own: tuple[Limit, ...], demanded: tuple[Limit, ...], _: str) -> bool:
    """Whether there is a limit for each one that is demanded, and none of them comes later."""
    return len(own) >= len(demanded) and all(
        one.after <= other.after for one, other in zip(own, demanded, strict=False)
    )


@dataclass(frozen=True)
class FaultClass:
    """A class of faults, as the site's procedure has them.

    limits: what is to be done after how long; each message names the next one and the time left.
    quiet: hours in which nothing is told of it; what came and went meanwhile is told after them.
    """

    limits: Annotated[tuple[Limit, ...], Order("the one whose limits come no later is stricter", _no_later)] = ()
    quiet: WeekHours | None = None

    def __post_init__(self) -> None:
        spans = [limit.after for limit in self.limits]
        if spans != sorted(set(spans)):
            raise ValueError("the limits must follow each other in time; write the earliest first")


@dataclass(frozen=True)
class AlarmRule:
    """When certain checks raise an alarm, and when it is over.

    checks: names or kinds of checks, `*` at the end matches everything that begins like that; the first rule that names
        a check holds for it.
    raise_count: how many bad rounds of the last `raise_of` raise it.
    raise_of: of how many rounds these are.
    hold: not before it has been bad for so long.
    clear_count: how many good rounds of the last `clear_of` clear it.
    clear_of: of how many rounds these are; more than half of them must be good.
    clear_hold: not before it has been good for so long.
    fault_class: the class of what fails, or can't be looked at.
    warning_class: the class of what only warns; by default the same.
    vendor: the contact who helps with it.
    meanwhile: what people do meanwhile; by default what `without` says of the asset.
    """

    checks: tuple[str, ...]
    raise_count: int = 2
    raise_of: int = 3
    hold: Duration = Duration(300)
    clear_count: int = 3
    clear_of: int = 3
    clear_hold: Duration = Duration(600)
    fault_class: str | None = None
    warning_class: str | None = None
    vendor: str | None = None
    meanwhile: str = ""

    def __post_init__(self) -> None:
        for count, of in (("raise_count", "raise_of"), ("clear_count", "clear_of")):
            demand_between(of, getattr(self, of), 1, MOST_SAMPLES)
            demand_between(count, getattr(self, count), 1, getattr(self, of))
        if 2 * self.clear_count <= self.clear_of:
            raise ValueError("clear_count must be more than half of clear_of, or what is bad is called over")
        for span in ("hold", "clear_hold"):
            demand_between(span, getattr(self, span), Duration(0), _DAY)


@dataclass(frozen=True)
class Maintenance:
    """Hours in which checks may be bad because people work there; what is still bad afterwards is told then.

    checks: names or kinds of checks, as in a rule.
    hours: such as `Sun 02:00-04:00`, in the site's time zone.
    first: the first day on which this holds.
    last: the last day on which this holds.
    """

    checks: tuple[str, ...]
    hours: WeekHours
    first: Day | None = None
    last: Day | None = None

    def __post_init__(self) -> None:
        if self.first and self.last and self.last < self.first:
            raise ValueError(f"ends on {self.last}, before it begins on {self.first}")


@dataclass(frozen=True)
class AlarmDrill:
    """A fault that is made on purpose, to see whether somebody is told of it and answers; see docs/alarm-drill.md.

    calendar: when it begins by itself; without a time of day, at 10:00.
    every: the maximum age of the last good one of each kind.
    kinds: which faults are made, the one whose last drill is oldest first: timer (a timer is dead), rounds (nobody
        looks at the checks any more), quota (a repository takes nothing more), ups (a UPS is on battery; needs the
        group ups_hosts), copy (a copy is late), host (a machine is silent).
    told_within: within what time each channel must have taken the message.
    answered_within: within what time after that somebody must say `seawall ack`.
    """

    calendar: Calendar
    every: Duration = Duration(100 * 86_400)
    kinds: tuple[Literal["timer", "rounds", "quota", "ups", "copy", "host"], ...] = ("timer",)
    told_within: Duration = Duration(2700)
    answered_within: Duration = Duration(1800)

    def __post_init__(self) -> None:
        if not self.kinds or len(set(self.kinds)) != len(self.kinds):
            raise ValueError("kinds names none, or one twice; write [timer]")
        demand_between("every", self.every, _DAY, Duration(400 * 86_400))
        demand_between("told_within", self.told_within, _LEAST_WAIT, _DAY)
        demand_between("answered_within", self.answered_within, _LEAST_WAIT, _DAY)


@dataclass(frozen=True)
class Alarms:
    """Whom bad findings call, and how. Without this, nobody is told of anything.

    on_call: who is called, in this order; whoever stands in for them (`deputy` of a contact) comes after them.
    channels: how messages go out, by name.
    next_after: how long without an answer until the next one is called.
    remind: how long until the first reminder; each comes after twice the time of the one before.
    remind_most: the longest time between two reminders.
    paper: where the printed list of telephone numbers is, which is named when nobody answers.
    fault_classes: classes of faults, by name.
    rules: when which checks raise an alarm; of checks that no rule names, the defaults of a rule hold.
    maintenance: hours in which nothing is raised, by name.
    drill: when the alarms themselves are tried, on this machine.
    """

    on_call: tuple[OnCall, ...]
    channels: Mapping[str, ChannelSpec]
    next_after: Duration = Duration(900)
    remind: Duration = Duration(3600)
    remind_most: Duration = _DAY
    paper: str = ""
    fault_classes: Mapping[str, FaultClass] = field(default_factory=dict)
    rules: tuple[AlarmRule, ...] = ()
    maintenance: Mapping[str, Maintenance] = field(default_factory=dict)
    drill: AlarmDrill | None = None

    def __post_init__(self) -> None:
        if not self.on_call:
            raise ValueError("on_call names nobody; an alarm that nobody gets is none")
        if not self.channels:
            raise ValueError("channels names none; an alarm that goes nowhere is none")
        demand_between("next_after", self.next_after, _LEAST_WAIT, _DAY)
        demand_between("remind", self.remind, _LEAST_WAIT, _WEEK)
        demand_between("remind_most", self.remind_most, self.remind, _WEEK)


def channel(spec: ChannelSpec) -> Channel[Any]:
    """Return a kind of channel; raise UnknownKind."""
    loaded: Channel[Any] = kinds.load("ops.alarms.channels", spec.kind)
    return loaded


def secret_channels(alarms: Alarms) -> list[str]:
    """Return the names of the channels that need a secret, whether their options are typed already or not."""
    found = []
    for name, spec in alarms.channels.items():
        kind, options = channel(spec), spec.options
        typed = options if isinstance(options, kind.options) else decode(kind.options, options or {}, "options")
        found += [name] if kind.needs_secret(typed) else []
    return found


def matches(patterns: tuple[str, ...], name: str, kind: str) -> bool:
    """Whether one of the patterns of a rule names a check, or its kind."""
    return any(word in {name, kind} or (word.endswith("*") and name.startswith(word[:-1])) for word in patterns)
