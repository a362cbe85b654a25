"""A UPS as reported by the UPS server (NUT's upsd): mains, battery, load and its own alarms.

upsd is asked over TCP with `LIST VAR`, which needs no account. Charge and runtime are judged beside the
status, for some devices never report a low battery, and some say that they are on mains while their battery empties.
"""

from __future__ import annotations

import re
import shlex
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ops.core.errors import Unavailable
from ops.core.limits import demand_port, demand_warning_first
from ops.core.quantity import Duration, Percent
from ops.core.verdict import Finding, Verdict, worst
from ops.interfaces.check import Check, CheckContext

TIMEOUT = 5.0
LOOPBACK = ("127.0.0.1", "::1", "localhost")
LONGEST_ANSWER = 1 << 18
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
MOST_PACKS = 1000.0
NO_ALARM = {"", "0", "no", "none"}
INPUT = re.compile(r"input(\.L[123](-N)?)?\.voltage")
VOLTS = (3.0, 1000.0)  # an output in between is believed; who reports none, or millions, measures nothing
TEST_FAILED = re.compile(
    r"(?<!no )(?<!without )\b(errors?|fail\w*|faulty?|bad|warnings?|replace\w*|weak|insufficient|inconclusive"
    r"|overload\w*|NG|BT)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Options:
    """Which UPS, where its server is, and the limits of its battery.

    ups: name of the UPS in ups.conf; by default, every UPS of the server.
    host: the machine whose upsd is queried.
    port: the port of upsd.
    charge_warn_below: battery charge below which the check warns.
    charge_fail_below: battery charge below which the check fails on battery; by default, the UPS's own limit, or 10%.
    runtime_warn_below: remaining runtime below which the check warns.
    runtime_fail_below: remaining runtime below which the check fails on battery.
    load_warn_above: load above which the check warns.
    """

    ups: str | None = None
    host: str = "127.0.0.1"
    port: int = 3493
    charge_warn_below: Percent = Percent(30)
    charge_fail_below: Percent | None = None
    runtime_warn_below: Duration = Duration(600)
    runtime_fail_below: Duration = Duration(300)
    load_warn_above: Percent = Percent(80)

    def __post_init__(self) -> None:
        demand_port("port", self.port)
        demand_warning_first(
            ("charge_warn_below", self.charge_warn_below), ("charge_fail_below", self.charge_fail_below)
        )
        demand_warning_first(
            ("runtime_warn_below", self.runtime_warn_below), ("runtime_fail_below", self.runtime_fail_below)
        )

    @property
    def own(self) -> bool:
        """Whether the server that is asked is this machine's."""
        return self.host in LOOPBACK


def probe(options: Options, _: CheckContext) -> Iterator[Finding]:
    """Ask upsd for the variables of the UPS and judge them; of several, one that is silent hides no other."""
    if options.ups:
        yield _looked_at(options, options.ups)
        return
    names = _names(options)
    if not names:
        yield Finding(Verdict.UNKNOWN, f"upsd on {options.host} has no UPS")
    for name in names:
        try:
            yield _looked_at(options, name)
        except Unavailable as error:
            yield Finding(Verdict.UNKNOWN, f"{name}: {error.message}")


def _looked_at(options: Options, name: str) -> Finding:
    finding = judge(options, _variables(options, name))
    return Finding(finding.verdict, f"{name}: {finding.message}", finding.figures)


def judge(options: Options, variables: Mapping[str, str]) -> Finding:
    """Given the variables of a UPS by name, judge it; status words that are not known are passed over."""
    figures = {
        figure: value
        for figure, variable, most in FIGURES
        if (value := _number(variables.get(variable))) is not None and 0 <= value <= most
    }
    seen = [*_status(variables), *_battery(variables), *_limits(options, variables, figures)]
    verdict = worst(found for found, _ in seen)
    loud = [words for found, words in seen if found is not Verdict.PASS]
    charge = [f"charge {figures['charge_percent']:.0f}%"] if "charge_percent" in figures else []
    return Finding(verdict, ", ".join(loud or [*(words for _, words in seen), *charge]), figures)


def _status(variables: Mapping[str, str]) -> Iterator[tuple[Verdict, str]]:
    words = _words(variables)
    if "FSD" in words:
        yield Verdict.FAIL, "the UPS is shutting its load down"
    if lost := words & LOST:
        yield Verdict.UNKNOWN, f"its driver has lost the UPS; status {' '.join(sorted(lost))}"
    yield from _supply(words, variables)
    yield from _troubles(words, variables)


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


def _troubles(words: set[str], variables: Mapping[str, str]) -> Iterator[tuple[Verdict, str]]:
    troubles = {word: text for word, text in TROUBLES.items() if word in words}
    if _is_emergency(words, variables):
        del troubles["LB"]  # it is said already
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
    volts = [_number(value) for name, value in variables.items() if INPUT.fullmatch(name)]
    output = _number(variables.get("output.voltage"))
    believed = output is None or VOLTS[0] <= output <= VOLTS[1]
    return believed and bool(volts) and all(value is not None and 0 <= value <= _hum(variables) for value in volts)


def _hum(variables: Mapping[str, str]) -> float:
    """Return the voltage that a dead line may still show; some devices tell by how much it differs from nominal."""
    nominal = _number(variables.get("input.voltage.nominal")) or 0.0
    lowest = _number(variables.get("input.transfer.low"))
    return nominal / 10 if lowest is None or lowest > nominal / 2 else 0.0


def _battery(variables: Mapping[str, str]) -> Iterator[tuple[Verdict, str]]:
    """Judge what the UPS says of its battery itself."""
    result = variables.get("ups.test.result", "").strip()
    if TEST_FAILED.search(result):
        yield Verdict.WARN, f"its last self-test: {result}"
    bad = _number(variables.get("battery.packs.bad"))
    if bad is not None and 0 < bad <= MOST_PACKS:
        yield Verdict.WARN, f"{bad:.0f} bad battery packs"


def _limits(
    options: Options, variables: Mapping[str, str], figures: Mapping[str, float]
) -> Iterator[tuple[Verdict, str]]:
    """Low charge or runtime is an emergency while the battery empties; on mains it may just be charging."""
    worse = Verdict.FAIL if _discharges(variables) else Verdict.WARN
    charge, runtime = figures.get("charge_percent"), figures.get("runtime_seconds")
    if charge is not None:
        if charge < _charge_limit(options, variables):
            yield worse, f"charge {charge:.0f}%"
        elif charge < options.charge_warn_below.value:
            yield Verdict.WARN, f"charge {charge:.0f}%"
    if runtime is not None:
        if runtime < options.runtime_fail_below.seconds:
            yield worse, f"runtime {Duration(int(runtime))}"
        elif runtime < options.runtime_warn_below.seconds:
            yield Verdict.WARN, f"runtime {Duration(int(runtime))}"
    load = figures.get("load_percent")
    if load is not None and load > options.load_warn_above.value:
        yield Verdict.WARN, f"load {load:.0f}%"


def _charge_limit(options: Options, variables: Mapping[str, str]) -> float:
    if options.charge_fail_below:
        return options.charge_fail_below.value
    own = _number(variables.get("battery.charge.low"))
    return 10.0 if own is None else min(max(own, LOWEST_LIMIT), HIGHEST_LIMIT)


def _number(text: str | None) -> float | None:
    """Return a variable as a number; some devices write dashes or words instead."""
    try:
        return float(text or "")
    except ValueError:
        return None


def _names(options: Options) -> list[str]:
    return [words[1] for words in _ask(options, "LIST UPS") if words[0] == "UPS" and len(words) > 1]


def _variables(options: Options, name: str) -> dict[str, str]:
    lines = _ask(options, f"LIST VAR {name}")
    return {words[2]: words[3] for words in lines if words[0] == "VAR" and len(words) == 4}  # noqa: PLR2004 -- VAR ups name "value"


def _ask(options: Options, question: str) -> list[list[str]]:
    """Put one question to upsd; return the lines of its answer, each as words."""
    where = f"upsd on {options.host}"
    deadline = time.monotonic() + TIMEOUT
    try:
        with socket.create_connection((options.host, options.port), timeout=TIMEOUT) as connection:
            connection.sendall(f"{question}\n".encode())
            answer = _read(connection, f"END {question}\n".encode(), deadline)
    except TimeoutError as error:
        raise Unavailable(f"{where} does not answer within {TIMEOUT:.0f} s") from error
    except OSError as error:
        raise Unavailable(f"{where} cannot be reached: {error.strerror or error}") from error
    text = answer.decode("utf-8", "replace")
    if text.startswith("ERR "):
        raise Unavailable(f"{where} answers {text.strip()[:80]}")
    if f"\nEND {question}\n" not in f"\n{text}":
        raise Unavailable(f"{where} sends an incomplete answer; is it a UPS server?")
    try:
        return [words for line in text.splitlines() if (words := shlex.split(line))]
    except ValueError as error:
        raise Unavailable(f"{where} sends an answer that is not part of the protocol") from error


def _read(connection: socket.socket, end: bytes, deadline: float) -> bytes:
    """Read until the answer is whole, or is an error, or has no end."""
    answer = b""
    while not answer.endswith(end) and len(answer) < LONGEST_ANSWER:
        if answer.startswith(b"ERR ") and answer.endswith(b"\n"):
            break
        connection.settimeout(max(deadline - time.monotonic(), 0.01))
        piece = connection.recv(65536)
        if not piece:
            break
        answer += piece
    return answer


KIND = Check(Options, probe, group=lambda options: "ups_hosts" if options.own else "", synonyms=("nut", "battery"))
