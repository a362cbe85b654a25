"""A battery that empties, or is not well, whatever the status says."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_ups import HEALTHY, read_dump, verdict

from ops.core.verdict import Verdict
from ops.health.ups import Options, judge


@pytest.mark.parametrize(
    ("changes", "expected", "words"),
    [
        ({}, Verdict.WARN, "says mains and discharging: calibration, or mains are gone"),
        ({"battery.charge": "8"}, Verdict.FAIL, "charge 8%"),
        ({"battery.runtime": "100"}, Verdict.FAIL, "runtime 1min 40s"),
        ({"ups.status": "OL DISCHRG LB"}, Verdict.FAIL, "on battery and the battery is low"),
        ({"ups.status": "DISCHRG", "battery.charge": "8"}, Verdict.FAIL, "its battery discharges"),
        ({"ups.status": "DISCHRG LB"}, Verdict.FAIL, "on battery and the battery is low"),
        ({"ups.status": "OL CAL DISCHRG"}, Verdict.WARN, "calibrating its battery"),
        ({"ups.status": "OL", "battery.charger.status": "discharging", "battery.charge": "8"}, Verdict.FAIL, "charge"),
        ({"ups.status": "OL RB OVER BYPASS DISCHRG"}, Verdict.WARN, "overloaded"),
    ],
)
def test_a_battery_that_empties_is_judged_as_on_battery(changes: dict[str, str], expected: Verdict, words: str) -> None:
    finding = judge(Options(), HEALTHY | {"ups.status": "OL DISCHRG", "battery.charge": "60"} | changes)
    assert finding.verdict is expected
    assert words in finding.message


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"input.voltage": "0.0"}, Verdict.WARN),
        ({"input.voltage": "0.0", "battery.charge": "8"}, Verdict.FAIL),
        ({"input.voltage": "0.0", "ups.status": "OL CHRG", "battery.charge": "8"}, Verdict.WARN),
        ({"input.voltage": "4.1", "input.voltage.nominal": "230", "input.transfer.low": "170"}, Verdict.WARN),
        ({"input.L1-N.voltage": "0", "input.L2-N.voltage": "0", "input.L3-N.voltage": "0"}, Verdict.WARN),
        ({"input.voltage": "231", "output.voltage": "230"}, Verdict.PASS),
        ({"input.voltage": "4.9"}, Verdict.PASS),  # one for a small computer
        ({"input.voltage": "1.2", "input.voltage.nominal": "230", "input.transfer.low": "16"}, Verdict.PASS),
        ({"input.voltage": "0.0", "output.voltage": "0.0"}, Verdict.PASS),  # it measures nothing
        ({"input.voltage": "0.0", "output.voltage": "-29733682"}, Verdict.PASS),
    ],
)
def test_mains_without_a_voltage_are_doubted(changes: dict[str, str], expected: Verdict) -> None:
    assert judge(Options(), HEALTHY | {"ups.status": "OL"} | changes).verdict is expected


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        *((word, Verdict.FAIL) for word in ("Done and error", "Failed", "Bad battery pack", "NG", "BT")),
        ("Battery bad - replace", Verdict.FAIL),
        *((word, Verdict.WARN) for word in ("Done and warning", "Inconclusive", "Weak battery")),
    ],
)
def test_a_self_test_that_did_not_pass_is_told(result: str, expected: Verdict) -> None:
    finding = judge(Options(), HEALTHY | {"ups.test.result": result})
    assert (finding.verdict, finding.message) == (expected, f"its last self-test: {result}")


@pytest.mark.parametrize(
    "result",
    [
        *("Done and passed", "No test initiated", "NO", "Ok", "InvalidTest", "In progress", "Aborted", "Unknown", "0"),
        *("Passed, Source: Internal", "no test performed", "Done, no errors", ""),
    ],
)
def test_other_results_of_a_self_test_are_passed_over(result: str) -> None:
    assert verdict(ups__test__result=result) is Verdict.PASS


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("OL NOCOMM", Verdict.UNKNOWN),
        ("NOCOMM", Verdict.UNKNOWN),
        ("OB LB NOCOMM", Verdict.FAIL),
        ("OL COMM", Verdict.PASS),
    ],
)
def test_a_driver_that_lost_its_ups_is_unknown(status: str, expected: Verdict) -> None:
    assert verdict(ups__status=status) is expected


@pytest.mark.parametrize(("alarm", "expected"), [("Replace battery!", "warn"), ("0", "pass"), ("", "pass")])
def test_an_alarm_counts_without_its_word(alarm: str, expected: str) -> None:
    assert verdict(ups__alarm=alarm) == expected


@pytest.mark.parametrize(("bad", "expected"), [("1", "warn"), ("000", "pass"), ("-1", "pass"), ("65535", "pass")])
def test_bad_battery_packs_warn(bad: str, expected: str) -> None:
    assert verdict(battery__packs__bad=bad) == expected


def test_a_real_device_that_empties_on_mains_warns(real_data: Path) -> None:
    dumps = {path.name: read_dump(path) for path in sorted((real_data / "ups").glob("*.dev"))}
    emptying = {name: dump for name, dump in dumps.items() if dump.get("ups.status") == "OL DISCHRG"}
    assert len(emptying) == 3
    failed = {name for name, dump in emptying.items() if judge(Options(), dump).verdict is not Verdict.WARN}
    assert failed == {"HP__R5500_XR__snmp-ups__2.6.3__01.dev"}, "its last self-test: Done and error"
    low = {"battery.charge": "8"}
    assert {judge(Options(), dump | low).verdict for dump in emptying.values()} == {Verdict.FAIL}
