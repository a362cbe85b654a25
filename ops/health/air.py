"""The air at the inlet of the servers: temperature and humidity, as a UPS or any program of the site measures them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ops.core import nut
from ops.core.errors import Unavailable
from ops.core.limits import demand_between, demand_port
from ops.core.nut import number
from ops.core.quantity import Duration, Percent
from ops.core.run import run
from ops.core.verdict import Finding, Verdict
from ops.interfaces.check import Check, CheckContext

COLDEST, HOTTEST = -40.0, 85.0  # degrees Celsius; a sensor that tells more, or less, is broken
MOST_PRINTED = 1 << 12
LONGEST = Duration(25)
SENSOR = re.compile(r"ambient\.(?:(\d{1,2})\.)?(temperature|humidity)")


@dataclass(frozen=True)
class Options:
    """Where the air is measured, and its limits; the defaults are those of ASHRAE for servers.

    ups: name of the UPS whose sensors are asked; by default, of every UPS of the server that has any. Some measure
    their own inside, which is warmer: name the one whose sensor hangs at the inlet.
    host: the machine whose upsd is queried.
    port: the port of upsd.
    argv: in place of a UPS, a program with its full path that prints degrees Celsius and, behind that, per cent.
    timeout: time after which the program is ended, and the check is unknown; at most 25s.
    warn_above: degrees Celsius above which the check warns.
    fail_above: degrees above which it fails.
    warn_below: degrees below which it warns.
    fail_below: degrees below which it fails.
    humidity_warn_above: relative humidity above which it warns.
    humidity_fail_above: relative humidity above which it fails.
    humidity_warn_below: relative humidity below which it warns.
    humidity_fail_below: relative humidity below which it fails.
    """

    ups: str | None = None
    host: str = "127.0.0.1"
    port: int = 3493
    argv: tuple[str, ...] = ()
    timeout: Duration = Duration(10)
    warn_above: float = 27.0
    fail_above: float = 32.0
    warn_below: float = 18.0
    fail_below: float = 15.0
    humidity_warn_above: Percent = Percent(60)
    humidity_fail_above: Percent = Percent(70)
    humidity_warn_below: Percent = Percent(40)
    humidity_fail_below: Percent = Percent(30)

    def __post_init__(self) -> None:
        demand_port("port", self.port)
        demand_between("timeout", self.timeout, Duration(1), LONGEST)
        demand_between("fail_above", self.fail_above, COLDEST, HOTTEST)
        demand_between("warn_above", self.warn_above, self.warn_below, self.fail_above)
        demand_between("fail_below", self.fail_below, COLDEST, self.warn_below)
        demand_between(
            "humidity_warn_above", self.humidity_warn_above, self.humidity_warn_below, self.humidity_fail_above
        )
        demand_between("humidity_fail_below", self.humidity_fail_below, Percent(0), self.humidity_warn_below)
        if self.argv and not self.argv[0].startswith("/"):
            raise ValueError("argv is to begin with the full path of a program, such as /usr/local/bin/rack-sensor")


def probe(options: Options, _: CheckContext) -> Iterator[Finding]:
    """Ask the program, or upsd; of several devices, one that is silent hides no other."""
    if options.argv:
        printed = run(options.argv, timeout=options.timeout.seconds, most=MOST_PRINTED).stdout
        yield judge(options, options.argv[0].rpartition("/")[2], printed_measures(printed))
        return
    found = False
    for name in [options.ups] if options.ups else nut.names(options.host, options.port):
        try:
            sensors = measures(nut.variables(options.host, options.port, name))
        except Unavailable as error:
            yield Finding(Verdict.UNKNOWN, f"{name}: {error.message}", subject=name)
            continue
        found = found or bool(sensors)
        yield from (judge(options, f"{name}{number}", seen) for number, seen in sensors.items())
    if not found:
        yield Finding(Verdict.UNKNOWN, "no device has a sensor for the air")


def measures(variables: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Return what a device measures, by the number of the sensor; one that tells 0 of both is not there."""
    told: dict[str, dict[str, float]] = {}
    for name, text in variables.items():
        sensor, value = SENSOR.fullmatch(name), number(text)
        if sensor is not None and value is not None:
            told.setdefault(f" {sensor[1]}" if sensor[1] else "", {})[sensor[2]] = value
    there = {sensor: seen for sensor, seen in told.items() if len(seen) == 1 or any(seen.values())}
    true = {
        sensor: {what: value for what, value in seen.items() if _true(what, value)} for sensor, seen in there.items()
    }
    return {sensor: seen for sensor, seen in true.items() if seen}


def printed_measures(text: str) -> dict[str, float]:
    """Given what a program printed, return temperature and humidity; raise Unavailable where it is no measure."""
    values = [number(word) for word in text.split()[:2]]
    seen = {name: value for name, value in zip(("temperature", "humidity"), values, strict=False) if value is not None}
    if None in values or "temperature" not in seen or not all(_true(name, value) for name, value in seen.items()):
        raise Unavailable("the program prints no measure; expected degrees Celsius and, behind that, per cent")
    return seen


def _true(name: str, value: float) -> bool:
    return COLDEST <= value <= HOTTEST if name == "temperature" else 0 < value <= 100  # noqa: PLR2004 -- per cent


def judge(options: Options, name: str, seen: Mapping[str, float]) -> Finding:
    """Judge what a sensor measures: degrees Celsius, and per cent of relative humidity where it tells it."""
    limits = {
        "temperature": (options.fail_below, options.warn_below, options.warn_above, options.fail_above),
        "humidity": (
            options.humidity_fail_below.value,
            options.humidity_warn_below.value,
            options.humidity_warn_above.value,
            options.humidity_fail_above.value,
        ),
    }
    words = {"temperature": "{:.1f} °C", "humidity": "{:.0f}% humidity"}
    verdicts = [_between(value, limits[what]) for what, value in seen.items()]
    message = ", ".join(words[what].format(value) for what, value in seen.items())
    worst = max(verdicts, key=lambda verdict: verdict.severity, default=Verdict.UNKNOWN)
    figures = {f"{what}_{'celsius' if what == 'temperature' else 'percent'}": value for what, value in seen.items()}
    return Finding(worst, f"{name}: {message}", figures, subject=name)


def _between(value: float, limits: tuple[float, float, float, float]) -> Verdict:
    fail_below, warn_below, warn_above, fail_above = limits
    if not fail_below <= value <= fail_above:
        return Verdict.FAIL
    return Verdict.PASS if warn_below <= value <= warn_above else Verdict.WARN


KIND = Check(
    Options,
    probe,
    group=lambda options: "ups_hosts" if not options.argv and options.host in nut.LOOPBACK else "",
    synonyms=("temperature", "humidity", "climate", "sensors", "ambient"),
    why="When the cooling fails, a closed room is too hot within half an hour, and disks die weeks later. The inlet "
    "of the rack counts, not the ceiling; dry air discharges, damp air corrodes.",
    remedy="Look at the cooling and at what blocks the air. Above the limit for long: shut down what care does not "
    "need, then the rest in the order of the runbook.",
)
