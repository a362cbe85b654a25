"""The parts of a conductor: what a UPS means, how long it lasts, who stops when, what is told."""

import pytest

from ops.jobs.power import words
from ops.jobs.power.measure import judged
from ops.jobs.power.site import magic_packet
from ops.power.battery import ends, kept
from ops.power.model import Event, Group, Kind, Machine, Reading
from ops.power.order import chain, cycle, dead_time, starting, stopping
from ops.power.reading import supply

GROUP = Group(
    "host1",
    {
        "host1": Machine("host1", (), 20.0, True),
        "store1": Machine("store1", (), 30.0, True),
        "db1": Machine("db1", ("store1",), 60.0, True),
        "app1": Machine("app1", ("db1",), 10.0, True),
        "web1": Machine("web1", (), 15.0, True),
    },
)


def test_the_order_follows_from_needs_and_times() -> None:
    assert [chain(GROUP, name) for name in GROUP.machines] == [20.0, 50.0, 110.0, 120.0, 35.0]
    assert stopping(GROUP) == ["app1", "db1", "store1", "web1", "host1"]
    assert starting(GROUP)[0] == "host1"
    assert starting(GROUP).index("store1") < starting(GROUP).index("db1") < starting(GROUP).index("app1")
    assert cycle({"a": ("b",), "b": ("c",), "c": ("a",)}) == ("a", "b", "c")
    assert cycle({"a": ("b", "c"), "b": ("c",), "c": ()}) == ()
    assert dead_time(GROUP, "app1") < dead_time(GROUP, "db1") < dead_time(GROUP, "store1") < dead_time(GROUP, "host1")


SAID = {
    "mains": ({"ups.status": "OL CHRG"}, (False, False, False)),
    "battery": ({"ups.status": "OB DISCHRG"}, (True, False, False)),
    "low": ({"ups.status": "OB LB"}, (True, True, False)),
    "low on mains": ({"ups.status": "OL LB"}, (False, False, False)),
    "calibration": ({"ups.status": "OB CAL"}, (True, False, True)),
    "test": ({"ups.status": "OB", "ups.test.result": "In progress"}, (True, False, True)),
    "test without mains": ({"ups.status": "OB CAL", "input.voltage": "0.0"}, (True, False, False)),
    "lost": ({"ups.status": "OB COMMLOST"}, (None, False, False)),
    "nothing": ({}, (None, False, False)),
}


@pytest.mark.parametrize("what", SAID)
def test_what_a_ups_says_means(what: str) -> None:
    said, (battery, low, testing) = SAID[what]
    found = supply(said)
    assert (found.on_battery, found.low, found.testing) == (battery, low, testing)


def test_what_is_left_counts_to_the_moment_at_which_it_says_that_it_is_low() -> None:
    found = supply({"ups.status": "OB", "battery.runtime": "600", "battery.charge": "80", "battery.charge.low": "30"})
    assert (found.runtime, found.charge, found.full) == (480.0, 50.0, 80.0)
    wild = supply({"ups.status": "OB", "battery.runtime": "1e254", "battery.charge": "--"})
    assert (wild.runtime, wild.charge) == (None, None)


def test_no_single_reading_is_believed_and_what_never_changes_is_measured_by_the_charge() -> None:
    three = (Reading(0, 600, 90), Reading(5, 0, 90), Reading(10, 590, 90))
    assert ends(GROUP, 0, three, None) == 600
    assert ends(GROUP, 0, three, 400) == 400
    frozen: tuple[Reading, ...] = ()
    for t in range(0, 305, 5):
        frozen = kept(frozen, Reading(t, 3600, 90 - t / 5))
    assert ends(GROUP, 0, frozen, None) == pytest.approx(450, abs=10)
    assert ends(GROUP, 0, (), None) is None


def test_a_shutdown_is_measured_from_the_word_to_the_journals_end() -> None:
    assert judged([100.0], [131.5]) == 41.5
    assert judged([], [131.5]) is None
    assert judged([200.0], [131.5]) is None


def test_an_assumed_time_is_told() -> None:
    event = Event(Kind.ASKED, "db1", {"needed": 110.0, "left": 200.0})
    assert (
        words.message(event, measured=True)
        == "asked to stop; it and what must outlast it need 1min 50s, 3min 20s are left"
    )
    assert "never measured; 3min are assumed" in words.message(event, measured=False)


def test_a_magic_packet_is_what_a_card_waits_for() -> None:
    packet = magic_packet("52:54:00:12:34:56")
    assert packet == b"\xff" * 6 + bytes.fromhex("525400123456") * 16
