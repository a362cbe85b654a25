from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.core import nut
from ops.core.errors import Unavailable
from ops.core.quantity import Duration, Percent
from ops.core.verdict import Verdict
from ops.health.ups import KIND, Options, judge
from ops.interfaces.check import CheckContext
from ops.jobs.health.job import look
from ops.policy.model import CheckSpec, HostPolicy, Site

NOWHERE = CheckContext(datetime(2026, 11, 22, tzinfo=UTC), {})
HEALTHY = {"ups.status": "OL CHRG", "battery.charge": "100", "battery.runtime": "1800", "ups.load": "22"}


def verdict(**changes: str) -> Verdict:
    return judge(Options(), HEALTHY | {name.replace("__", "."): value for name, value in changes.items()}).verdict


def test_a_ups_on_mains_with_a_full_battery_passes() -> None:
    assert verdict() is Verdict.PASS
    assert judge(Options(), HEALTHY).message == "on mains, charge 100%"


@pytest.mark.parametrize("status", ["OB LB", "FSD OB LB", "OL FSD", "OB DISCHRG LB"])
def test_an_emergency_fails(status: str) -> None:
    assert verdict(ups__status=status) is Verdict.FAIL


@pytest.mark.parametrize(
    "status",
    [
        "OB",
        "OB DISCHRG",
        "OL LB",
        "OL RB",
        "OL OVER",
        "OL BYPASS",
        "ALARM OL",
        "OL OFF",
        "OL CAL",
        "OB LB CAL",
        "OFF",
    ],
)
def test_what_is_not_well_warns(status: str) -> None:
    assert verdict(ups__status=status) is Verdict.WARN


@pytest.mark.parametrize("status", ["OL TRIM", "OL BOOST", "OL HB", "OL HE", "OL NEVERSEENBEFORE", "OL ECO TEST"])
def test_other_status_words_are_passed_over(status: str) -> None:
    assert verdict(ups__status=status) is Verdict.PASS


@pytest.mark.parametrize("status", ["", "WAIT", "TRIM"])
def test_a_status_without_mains_or_battery_is_unknown(status: str) -> None:
    assert verdict(ups__status=status) is Verdict.UNKNOWN


def test_no_status_at_all_is_unknown() -> None:
    assert judge(Options(), {"battery.charge": "100"}).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("status", "charge", "expected"),
    [
        ("OL", "31", Verdict.PASS),
        ("OL", "29", Verdict.WARN),
        ("OL CHRG", "4", Verdict.WARN),
        ("OB", "60", Verdict.WARN),
        ("OB", "4", Verdict.FAIL),
        ("OL", "n/a", Verdict.PASS),
        ("OL", "nan", Verdict.PASS),
    ],
)
def test_low_charge_is_an_emergency_on_battery_only(status: str, charge: str, expected: Verdict) -> None:
    assert verdict(ups__status=status, battery__charge=charge) is expected


@pytest.mark.parametrize(
    ("status", "runtime", "expected"),
    [
        ("OL", "900", Verdict.PASS),
        ("OL", "540", Verdict.PASS),  # a small one that lasts nine minutes
        ("OL", "350", Verdict.WARN),
        ("OL", "20", Verdict.WARN),
        ("OL", "0", Verdict.PASS),  # it does not know
        ("OB", "0", Verdict.FAIL),
        ("OB", "310", Verdict.WARN),
        ("OB", "299", Verdict.FAIL),
    ],
)
def test_short_runtime_is_an_emergency_on_battery_only(status: str, runtime: str, expected: Verdict) -> None:
    assert verdict(ups__status=status, battery__runtime=runtime) is expected


@pytest.mark.parametrize(
    ("load", "status", "expected"),
    [
        ("80", "OL", Verdict.PASS),
        ("81", "OL", Verdict.WARN),
        ("96", "OL", Verdict.FAIL),
        ("150", "OL", Verdict.WARN),  # more than all, and yet not overloaded
        ("150", "OL OVER", Verdict.FAIL),
    ],
)
def test_a_high_load_is_told(load: str, status: str, expected: Verdict) -> None:
    assert verdict(ups__load=load, ups__status=status) is expected


@pytest.mark.parametrize(
    ("low", "charge", "expected"),
    [
        ("20", "19", Verdict.FAIL),
        ("100", "60", Verdict.WARN),
        ("0", "4", Verdict.FAIL),
        ("rubbish", "11", Verdict.WARN),
    ],
)
def test_the_devices_own_limit_counts_within_reason(low: str, charge: str, expected: Verdict) -> None:
    assert verdict(ups__status="OB", battery__charge=charge, battery__charge__low=low) is expected


def test_the_policys_limits_come_first() -> None:
    charge = {"charge_warn_below": Percent(90), "charge_fail_below": Percent(80)}
    options = Options(**charge, runtime_fail_below=Duration(0), runtime_warn_below=Duration(0))
    assert judge(options, HEALTHY | {"ups.status": "OB", "battery.charge": "79"}).verdict is Verdict.FAIL
    assert judge(options, HEALTHY | {"battery.runtime": "1"}).verdict is Verdict.PASS


@pytest.mark.parametrize(("load", "runtime"), [("4.6e254", "1800"), ("660", "1800"), ("-1", "-1"), ("inf", "nan")])
def test_figures_that_cannot_be_true_are_passed_over(load: str, runtime: str) -> None:
    assert verdict(ups__load=load, battery__runtime=runtime) is Verdict.PASS


def test_the_text_of_an_alarm_is_told() -> None:
    finding = judge(Options(), HEALTHY | {"ups.status": "ALARM OL", "ups.alarm": "Fan failure"})
    assert finding.message == "alarm: Fan failure"


def read_dump(path: Path) -> dict[str, str]:
    lines = [line.partition(": ") for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    return {name: re.sub(r"\s*#BAD.*", "", value) for name, _, value in lines if not name.startswith("#")}


def test_real_devices_on_mains_never_fail_and_are_never_unknown(real_data: Path) -> None:
    seen = 0
    for path in sorted((real_data / "ups").glob("*.dev")):
        variables = read_dump(path)
        words = set(variables.get("ups.status", "").split())
        finding = judge(Options(), variables)
        assert finding.message, path.name
        if "OL" in words and not words & {"OB", "FSD"} and variables.get("ups.test.result") != "Done and error":
            assert finding.verdict in {Verdict.PASS, Verdict.WARN}, f"{path.name}: {finding}"
            seen += 1
    assert seen > 300


def test_real_devices_that_are_well_pass(real_data: Path) -> None:
    dumps = [read_dump(path) for path in sorted((real_data / "ups").glob("*.dev"))]
    well = [dump for dump in dumps if dump.get("ups.status") == "OL" and dump.get("battery.charge") == "100"]
    assert len(well) > 50
    loud = {judge(Options(), dump).message for dump in well if judge(Options(), dump).verdict is not Verdict.PASS}
    # Three last less, full as they are, than a minute for the shutdown and five more.
    assert loud == {f"runtime {left}, of 6min that it needs" for left in ("5min 52s", "2min", "32s")}


@contextmanager
def upsd(*answers: bytes, hang: bool = False) -> Iterator[int]:
    """Serve one answer per connection, on a port of its own."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for answer in answers:
                connection, _ = server.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(answer)
                    if hang:
                        done.wait(10)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        done.set()
        thread.join(5)


VARIABLES = (
    b"BEGIN LIST VAR rack\n"
    b'VAR rack ups.status "OB LB"\nVAR rack battery.charge "9"\nVAR rack ups.mfr "A \\"B\\" C"\n'
    b"END LIST VAR rack\n"
)


def test_upsd_is_asked_for_the_variables() -> None:
    with upsd(VARIABLES) as port:
        (finding,) = KIND.probe(Options(ups="rack", port=port), NOWHERE)
    assert finding.verdict is Verdict.FAIL
    assert finding.message.startswith("rack: on battery and the battery is low")


def test_without_a_name_every_ups_is_looked_at() -> None:
    listed = b'BEGIN LIST UPS\nUPS rack "The rack"\nEND LIST UPS\n'
    with upsd(listed, VARIABLES) as port:
        findings = list(KIND.probe(Options(port=port), NOWHERE))
    assert [finding.verdict for finding in findings] == [Verdict.FAIL]


LISTED = b'BEGIN LIST UPS\nUPS first "One"\nUPS second "Another"\nEND LIST UPS\n'
LOW = b'BEGIN LIST VAR %s\nVAR %s ups.status "OB LB"\nVAR %s battery.charge "4"\nEND LIST VAR %s\n'
STALE = b"ERR DATA-STALE\n"


@pytest.mark.parametrize("stale", ["first", "second"])
def test_of_two_a_stale_one_hides_nothing_of_the_other(stale: str) -> None:
    names = [b"first", b"second"]
    answers = [STALE if name == stale.encode() else LOW.replace(b"%s", name) for name in names]
    with upsd(LISTED, *answers) as port:
        findings = list(KIND.probe(Options(port=port), NOWHERE))
    with upsd(LISTED, *answers) as port:
        spec = CheckSpec("ups", Options(port=port))
        (entry,) = look(HostPolicy(1, "his1", Site("Test"), checks={"ups": spec}), {}, NOWHERE.now)
    low = {"first": "second", "second": "first"}[stale]
    seen = {finding.message.partition(":")[0]: finding.verdict for finding in findings}
    assert seen == {stale: Verdict.UNKNOWN, low: Verdict.FAIL}
    assert entry.verdict is Verdict.FAIL
    assert entry.message.startswith(f"{low}: on battery and the battery is low, charge 4%; {stale}: ")
    assert "DATA-STALE" in entry.message


def test_a_server_without_any_ups_is_unknown() -> None:
    with upsd(b"BEGIN LIST UPS\nEND LIST UPS\n") as port:
        assert [finding.verdict for finding in KIND.probe(Options(port=port), NOWHERE)] == [Verdict.UNKNOWN]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"ERR DATA-STALE\n", "DATA-STALE"),
        (b"ERR UNKNOWN-UPS\n", "UNKNOWN-UPS"),
        (b"ERR DRIVER-NOT-CONNECTED\n", "DRIVER-NOT-CONNECTED"),
        (b"", "an incomplete answer"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "an incomplete answer"),
        (b'BEGIN LIST VAR rack\nVAR rack ups.status "OL"\n', "an incomplete answer"),
        (b'BEGIN LIST VAR rack\nVAR rack ups.status "OL\nEND LIST VAR rack\n', "not part of the protocol"),
        (bytes(range(256)) * 2000, "an incomplete answer"),
    ],
)
def test_stale_data_and_rubbish_are_errors_for_the_caller(answer: bytes, words: str) -> None:
    with upsd(answer) as port, pytest.raises(Unavailable, match=words):
        list(KIND.probe(Options(ups="rack", port=port), NOWHERE))


def test_a_server_that_says_nothing_is_an_error_for_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nut, "TIMEOUT", 0.3)
    with upsd(b"BEGIN LIST VAR rack\n", hang=True) as port, pytest.raises(Unavailable, match="does not answer"):
        list(KIND.probe(Options(ups="rack", port=port), NOWHERE))


def test_a_closed_port_is_an_error_for_the_caller() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Unavailable, match="cannot be reached"):
        list(KIND.probe(Options(ups="rack", port=port), NOWHERE))
