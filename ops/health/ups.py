"""A UPS as reported by the UPS server (NUT's upsd): mains, battery, load and its own alarms.

upsd is asked over TCP with `LIST VAR`, which needs no account. Charge and runtime are judged beside the
status, for some devices never report a low battery, and some say that they are on mains while their battery empties.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ops.core import nut
from ops.core.errors import Unavailable
from ops.core.limits import demand_between, demand_port, demand_warning_first
from ops.core.nut import number
from ops.core.quantity import Duration, Percent
from ops.core.schema import Plain
from ops.core.verdict import Finding, Verdict, worst
from ops.health import _self_test
from ops.health._notes import mapping
from ops.health._notes import number as noted
from ops.interfaces.check import Check, CheckContext

LOWEST_LIMIT, HIGHEST_LIMIT = 5.0, 50.0  # per cent; some devices report 0 or 100 as their limit

# What is judged, its variable, and the most that can be true: some drivers report a load of 1e254 per cent.
FIGURES = (
    ("charge_percent", "battery.charge", 150.0),
    ("runtime_seconds", "battery.runtime", 30 * 86_400.0),
    ("load_percent", "ups.load", 200.0),
)
TROUBLES = {
    "LB": "battery low",
    "RB": "battery must be replaced",
    "OVER": "overloaded",
    "BYPASS": "on bypass: the load is not protected",
    "ALARM": "alarm",
    "OFF": "the output is off",
}
LOST = {"NOCOMM", "COMMBAD", "COMMLOST"}  # what drivers say in place of, or beside, the last status that they saw
NO_ALARM = {"", "0", "no", "none"}
INPUT = re.compile(r"input(\.L[123](-N)?)?\.voltage")
VOLTS = (3.0, 1000.0)  # an output in between is believed; who reports none, or millions, measures nothing
DOUBTFUL = ("LB", "RB")  # some devices say so for seconds, while they are on mains
ROUNDS = 3
ON_BATTERY_LEFT = 300.0  # seconds: who has less, and empties its battery, is nearly out
SPARE_TIME = 300  # seconds beside the time that a shutdown takes
DAY = 86_400
WHOLE = 100.0  # per cent


@dataclass(frozen=True)
class Options:
    """Which UPS, where its server is, and the limits of its battery.

    ups: name of the UPS in ups.conf; by default, every UPS of the server.
    host: the machine whose upsd is queried.
    port: the port of upsd.
    charge_warn_below: battery charge below which the check warns.
    charge_fail_below: battery charge below which the check fails on battery; by default, the UPS's own limit, or 10%.
    shutdown_time: how long this machine takes to shut down, as it was measured.
    runtime_warn_below: remaining runtime below which the check warns; by default, the time to shut down and 5 min.
    runtime_fail_below: remaining runtime below which it fails on battery; by default half of that, and 5 min at least.
    load_warn_above: load above which the check warns.
    load_fail_above: load above which the check fails.
    tested_every: age of the last self-test above which the check warns, where the UPS tells its day.
    """

    ups: str | None = None
    host: str = "127.0.0.1"
    port: int = 3493
    charge_warn_below: Percent = Percent(30)
    charge_fail_below: Percent | None = None
    shutdown_time: Duration = Duration(60)
    runtime_warn_below: Duration | None = None
    runtime_fail_below: Duration | None = None
    load_warn_above: Percent = Percent(80)
    load_fail_above: Percent = Percent(95)
    tested_every: Duration = Duration(95 * DAY)

    def __post_init__(self) -> None:
        demand_port("port", self.port)
        demand_warning_first(
            ("charge_warn_below", self.charge_warn_below), ("charge_fail_below", self.charge_fail_below)
        )
        demand_between("shutdown_time", self.shutdown_time, Duration(1), Duration(DAY))
        demand_between("load_warn_above", self.load_warn_above, Percent(0), self.load_fail_above)
        needed, last = Duration(int(self.needed)), Duration(int(self.last))
        demand_warning_first(("runtime_warn_below", needed), ("runtime_fail_below", last))

    @property
    def own(self) -> bool:
        """Whether the server that is asked is this machine's."""
        return self.host in nut.LOOPBACK

    @property
    def needed(self) -> float:
        """The runtime, in seconds, below which the check warns."""
        given = self.runtime_warn_below
        return self.shutdown_time.seconds + SPARE_TIME if given is None else given.seconds

    @property
    def last(self) -> float:
        """The runtime, in seconds, below which the check fails while the battery empties."""
        given = self.runtime_fail_below
        return max(self.needed / 2, ON_BATTERY_LEFT) if given is None else given.seconds


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Ask upsd for the variables of the UPS and judge them; of several, one that is silent hides no other."""
    if options.ups:
        yield _looked_at(options, options.ups, context)
        return
    names = nut.names(options.host, options.port)
    if not names:
        yield Finding(Verdict.UNKNOWN, f"upsd on {options.host} has no UPS")
    for name in names:
        try:
            yield _looked_at(options, name, context)
        except Unavailable as error:
            yield Finding(Verdict.UNKNOWN, f"{name}: {error.message}", subject=name)
    for gone in set(context.notes) - set(names):
        del context.notes[gone]


def _looked_at(options: Options, name: str, context: CheckContext) -> Finding:
    variables = nut.variables(options.host, options.port, name)
    rounds = counted(mapping(context.notes.get(name)), _words(variables))
    context.notes[name] = dict(rounds)
    finding = judge(options, variables, rounds, context.now)
    return Finding(finding.verdict, f"{name}: {finding.message}", finding.figures, subject=name)


def counted(before: Mapping[str, Plain], words: set[str]) -> dict[str, int]:
    """Given in how many rounds running a device said doubtful words, return that with this round."""
    return {word: int(min(max(noted(before.get(word)) or 0.0, 0.0), ROUNDS)) + 1 for word in DOUBTFUL if word in words}


def judge(
    options: Options, variables: Mapping[str, str], rounds: Mapping[str, int] | None = None, now: datetime | None = None
) -> Finding:
    """Given the variables of a UPS by name, judge it; status words that are not known are passed over.

    rounds: in how many rounds running it said a doubtful word; one that is not in it counts at once. now: the moment,
    by which the age of its self-test is judged.
    """
    figures = {
        figure: value
        for figure, variable, most in FIGURES
        if (value := number(variables.get(variable))) is not None and 0 <= value <= most
    }
    passing = {word for word, count in (rounds or {}).items() if count < ROUNDS}
    seen = [
        *_status(variables, passing),
        *_self_test.judge(variables, options.tested_every.seconds, now),
        *_limits(options, variables, figures),
    ]
    verdict = worst(found for found, _ in seen)
    loud = [words for found, words in seen if found is not Verdict.PASS]
    charge = [f"charge {figures['charge_percent']:.0f}%"] if "charge_percent" in figures else []
    return Finding(verdict, ", ".join(loud or [*(words for _, words in seen), *charge]), figures)


def _status(variables: Mapping[str, str], passing: set[str]) -> Iterator[tuple[Verdict, str]]:
    words = _words(variables)
    if "FSD" in words:
        yield Verdict.FAIL, "the UPS is shutting its load down"
    if lost := words & LOST:
        yield Verdict.UNKNOWN, f"its driver has lost the UPS; status {' '.join(sorted(lost))}"
    yield from _supply(words, variables)
    yield from _troubles(words, variables, passing)


def _supply(words: set[str], variables: Mapping[str, str]) -> Iterator[tuple[Verdict, str]]:
    """Yield from where the load is fed; words that are no answer to that are passed over."""
    if "CAL" in words:
        yield Verdict.WARN, "calibrating its battery"
    elif _is_emergency(words, variables):
        yield Verdict.FAIL, "on battery and the battery is low"
    elif "OB" in words:
        yield Verdict.WARN, "on battery"
    elif "OL" in words:
        yield _mains(variables)
    elif _discharges(variables):
        yield Verdict.WARN, "its battery discharges"
    elif not words & {"OFF", "BYPASS", "FSD", *LOST}:
        said = " ".join(sorted(words)) or "nothing"
        yield Verdict.UNKNOWN, f"neither on mains nor on battery; status {said}"


def _troubles(words: set[str], variables: Mapping[str, str], passing: set[str]) -> Iterator[tuple[Verdict, str]]:
    troubles = {word: text for word, text in TROUBLES.items() if word in words - passing}
    if _is_emergency(words, variables):
        troubles.pop("LB", None)  # it is said already
    alarm = variables.get("ups.alarm", "").strip()
    if alarm.lower() not in NO_ALARM:
        troubles["ALARM"] = f"{TROUBLES['ALARM']}: {alarm}"
    yield from ((Verdict.WARN, text) for text in troubles.values())


def _is_emergency(words: set[str], variables: Mapping[str, str]) -> bool:
    return "LB" in words and "CAL" not in words and _discharges(variables)


def _mains(variables: Mapping[str, str]) -> tuple[Verdict, str]:
    """Judge a UPS that says it is on mains by what else it says."""
    if _input_is_dead(variables):
        return Verdict.WARN, "says mains, but measures no voltage at its input: mains are gone, or its sensor is broken"
    if _discharges(variables):
        return Verdict.WARN, "says mains and discharging: calibration, or mains are gone"
    return Verdict.PASS, "on mains"


def _words(variables: Mapping[str, str]) -> set[str]:
    return set(variables.get("ups.status", "").split())


def _discharges(variables: Mapping[str, str]) -> bool:
    """Whether the battery feeds the load, whatever is said of mains."""
    words = _words(variables)
    charger = variables.get("battery.charger.status", "").strip().lower()
    dead = _input_is_dead(variables) and "CHRG" not in words
    return bool(words & {"OB", "DISCHRG"}) or charger == "discharging" or dead


def _input_is_dead(variables: Mapping[str, str]) -> bool:
    """Whether no phase of the input has a voltage, told by a device whose other readings can be true."""
    volts = [number(value) for name, value in variables.items() if INPUT.fullmatch(name)]
    output = number(variables.get("output.voltage"))
    believed = output is None or VOLTS[0] <= output <= VOLTS[1]
    return believed and bool(volts) and all(value is not None and 0 <= value <= _hum(variables) for value in volts)


def _hum(variables: Mapping[str, str]) -> float:
    """Return the voltage that a dead line may still show; some devices tell by how much it differs from nominal."""
    nominal = number(variables.get("input.voltage.nominal")) or 0.0
    lowest = number(variables.get("input.transfer.low"))
    return nominal / 10 if lowest is None or lowest > nominal / 2 else 0.0


def _limits(
    options: Options, variables: Mapping[str, str], figures: Mapping[str, float]
) -> Iterator[tuple[Verdict, str]]:
    """Low charge or runtime is an emergency while the battery empties; on mains it may just be charging."""
    empties = _discharges(variables)
    worse = Verdict.FAIL if empties else Verdict.WARN
    charge, runtime = figures.get("charge_percent"), figures.get("runtime_seconds")
    if charge is not None:
        if charge < _charge_limit(options, variables):
            yield worse, f"charge {charge:.0f}%"
        elif charge < options.charge_warn_below.value:
            yield Verdict.WARN, f"charge {charge:.0f}%"
    if runtime is not None and not (runtime == 0 and not empties):  # on mains, 0 is what some say for "I don't know"
        if runtime < options.last and empties:
            yield Verdict.FAIL, f"runtime {Duration(int(runtime))}"
        elif runtime < options.needed:
            yield Verdict.WARN, f"runtime {Duration(int(runtime))}, of {Duration(int(options.needed))} that it needs"
    load = figures.get("load_percent")
    if load is not None and load > options.load_warn_above.value:
        # Some report more than all without being overloaded by their own account: that is no measure.
        high = load > options.load_fail_above.value and (load <= WHOLE or "OVER" in _words(variables))
        yield Verdict.FAIL if high else Verdict.WARN, f"load {load:.0f}%"


def _charge_limit(options: Options, variables: Mapping[str, str]) -> float:
    if options.charge_fail_below:
        return options.charge_fail_below.value
    own = number(variables.get("battery.charge.low"))
    return 10.0 if own is None else min(max(own, LOWEST_LIMIT), HIGHEST_LIMIT)


KIND = Check(
    Options,
    probe,
    group=lambda options: "ups_hosts" if options.own else "",
    synonyms=("nut", "battery"),
    why="A UPS whose battery is worn says that it is full until the mains fail. Some never say that it is low, others "
    "say so for a second on mains; so charge, runtime, load and self-test are judged beside its status.",
    remedy="On battery: find out how long, and shut down in the order of the runbook while the runtime lasts. A "
    "battery that is to be replaced, or a self-test that failed: order it today, and rehearse the shutdown by hand.",
)
