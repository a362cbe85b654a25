"""What the variables of a UPS mean for a conductor: whether its battery feeds, for how long, or whether it tests."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ops.power.model import Supply

LOST = {"NOCOMM", "COMMBAD", "COMMLOST"}
LONGEST_RUNTIME = 30 * 86_400.0
USUAL_LOW_RUNTIME, USUAL_LOW_CHARGE = 120.0, 10.0  # where a UPS does not tell when it says that it is low
MOST_LOW_RUNTIME, MOST_LOW_CHARGE = 1800.0, 50.0  # some say 100 %
WHOLE = 100.0
DEAD_VOLTS = 3.0


def supply(variables: Mapping[str, str]) -> Supply:
    """Given the variables of a UPS by name, return what they mean; nothing known where its driver has lost it."""
    words = set(variables.get("ups.status", "").split())
    known = bool(words & {"OL", "OB", "FSD"}) and not words & LOST
    battery = "OB" in words and "OL" not in words
    runtime, charge = _in(variables, "battery.runtime", LONGEST_RUNTIME), _in(variables, "battery.charge", WHOLE)
    low_runtime = min(_in(variables, "battery.runtime.low", MOST_LOW_RUNTIME) or USUAL_LOW_RUNTIME, MOST_LOW_RUNTIME)
    low_charge = _in(variables, "battery.charge.low", MOST_LOW_CHARGE)
    return Supply(
        on_battery=battery if known else None,
        low=(battery and "LB" in words) or "FSD" in words,
        testing=_tests(words, variables),
        runtime=None if runtime is None else max(runtime - low_runtime, 0.0),
        charge=None if charge is None else max(charge - (USUAL_LOW_CHARGE if low_charge is None else low_charge), 0.0),
        full=charge,
    )


def _tests(words: set[str], variables: Mapping[str, str]) -> bool:
    """Whether the UPS feeds from its battery to test it, while mains are there as far as it measures them."""
    says = "CAL" in words or "TEST" in words
    says = says or variables.get("ups.test.result", "").strip().lower().startswith("in progress")
    volts = _in(variables, "input.voltage", 1000.0)
    return says and "FSD" not in words and (volts is None or volts > DEAD_VOLTS)


def _in(variables: Mapping[str, str], name: str, most: float) -> float | None:
    """Return a number from 0 to the most that can be true; some devices write dashes, words or 1e254."""
    try:
        value = float(variables.get(name, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value <= most else None
