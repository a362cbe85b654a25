from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from test_ups import read_dump, upsd

from ops.core.errors import Unavailable
from ops.core.verdict import Verdict
from ops.health.air import KIND, Options, judge, measures, printed_measures
from ops.interfaces.check import CheckContext

AROUND = CheckContext(datetime(2026, 11, 22, tzinfo=UTC), {})


@pytest.mark.parametrize(
    ("degrees", "humidity", "verdict"),
    [
        (22.0, 50.0, Verdict.PASS),
        (27.0, 60.0, Verdict.PASS),
        (18.0, 40.0, Verdict.PASS),
        (27.1, 50.0, Verdict.WARN),
        (17.9, 50.0, Verdict.WARN),
        (32.1, 50.0, Verdict.FAIL),
        (14.9, 50.0, Verdict.FAIL),
        (22.0, 61.0, Verdict.WARN),
        (22.0, 39.0, Verdict.WARN),
        (22.0, 71.0, Verdict.FAIL),
        (22.0, 29.0, Verdict.FAIL),
    ],
)
def test_temperature_and_humidity_are_judged(degrees: float, humidity: float, verdict: Verdict) -> None:
    assert judge(Options(), "rack", {"temperature": degrees, "humidity": humidity}).verdict is verdict


def test_each_sensor_is_told_apart_and_nonsense_is_passed_over() -> None:
    said = {"ambient.temperature": "23.5", "ambient.humidity": "0.00", "ambient.2.temperature": "31"}
    said |= {"ambient.3.temperature": "-273.1", "ambient.temperature.high": "40", "ambient.4.humidity": "n/a"}
    said |= {"ambient.5.temperature": "0.0", "ambient.5.humidity": "0.00"}
    assert measures(said) == {"": {"temperature": 23.5}, " 2": {"temperature": 31.0}}


def look(**options: Any) -> list[tuple[Verdict, str]]:
    return [(finding.verdict, finding.message) for finding in KIND.probe(Options(**options), AROUND)]


LISTED = b'BEGIN LIST UPS\nUPS a "A"\nUPS b "B"\nEND LIST UPS\n'
HOT = b'BEGIN LIST VAR b\nVAR b ambient.temperature "33.5"\nVAR b ambient.humidity "45"\nEND LIST VAR b\n'


def test_a_silent_device_hides_no_other() -> None:
    with upsd(LISTED, b"ERR DATA-STALE\n", HOT) as port:
        findings = look(port=port)
    assert [verdict for verdict, _ in findings] == [Verdict.UNKNOWN, Verdict.FAIL]
    assert findings[1][1] == "b: 33.5 °C, 45% humidity"


def test_devices_without_sensors_are_unknown() -> None:
    with upsd(LISTED, b"BEGIN LIST VAR a\nEND LIST VAR a\n", b"BEGIN LIST VAR b\nEND LIST VAR b\n") as port:
        assert look(port=port) == [(Verdict.UNKNOWN, "no device has a sensor for the air")]


def test_a_program_of_the_site_may_measure(tmp_path: Path) -> None:
    program = tmp_path / "rack-sensor"
    for printed, expected in (("21.5 47", Verdict.PASS), ("28", Verdict.WARN), ("21 75", Verdict.FAIL)):
        program.write_text(f"#!/bin/sh\necho {printed}\n")
        program.chmod(0o755)
        assert look(argv=(str(program),))[0][0] is expected
    for printed in ("", "warm", "21 wet", "400 40", "nan 40"):
        with pytest.raises(Unavailable, match="prints no measure"):
            printed_measures(printed)


def test_real_devices_measure_what_can_be_true(real_data: Path) -> None:
    seen = [sensors for path in (real_data / "ups").glob("*.dev") if (sensors := measures(read_dump(path)))]
    assert len(seen) == 26
    assert all(10 < one["temperature"] < 60 for sensors in seen for one in sensors.values() if "temperature" in one)


@pytest.mark.parametrize(
    "wrong", [{"warn_above": 33.0}, {"fail_below": 19.0}, {"argv": ("sensor",)}, {"fail_above": 90.0}]
)
def test_limits_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"above|below|argv"):
        Options(**wrong)
