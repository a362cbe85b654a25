"""Courses of a power cut on real NUT; each is played in a process of its own, so that all run side by side."""

import signal
from collections.abc import Callable
from pathlib import Path

from power_site import CONDUCTOR, PowerSite

from ops.core.quantity import Duration

COURSES: dict[str, Callable[[Path], None]] = {}
IN_ORDER = ["app1", "db1", "store1", CONDUCTOR]


def course(words: str) -> Callable[[Callable[[PowerSite], None]], Callable[[PowerSite], None]]:
    """Keep a course under its words; the site is begun before it and ended after it."""

    def kept(play: Callable[[PowerSite], None]) -> Callable[[PowerSite], None]:
        def run(folder: Path) -> None:
            long = {"runtime": Duration(45)} if "believed" in words else {}
            site = PowerSite(folder, **long)
            try:
                site.until(lambda: heard(site), "every upsmon is logged in")
                play(site)
            finally:
                site.end()

        COURSES[words] = run
        return play

    return kept


def heard(site: PowerSite) -> bool:
    logs = [site.folder / f"upsmon-{name}.log" for name in site.machines]
    return all(log.read_text("utf-8", "replace").count("Logged into UPS") >= 2 for log in logs)


def nobody_stopped(site: PowerSite) -> None:
    assert site.asked() == [], site.events
    assert not any(one.offs or one.asked for one in site.machines.values()), site.events


def stopped_in_order(site: PowerSite, names: list[str]) -> None:
    offs = [site.machines[name].offs[0] for name in names]
    assert offs == sorted(offs), dict(zip(names, offs, strict=True))


def returned_in_order(site: PowerSite, names: list[str]) -> None:
    ups = [site.machines[name].ups[-1] for name in names]
    assert ups == sorted(ups), dict(zip(names, ups, strict=True))


def all_come_back(site: PowerSite) -> None:
    site.until(site.is_over, "all are back")


@course("a blip")
def blip(site: PowerSite) -> None:
    site.cut(400)
    site.until(lambda: site.conductor.kept.memory.on_battery, "it sees the cut")
    site.mains()
    site.goes_on(6)
    nobody_stopped(site)


@course("a self-test")
def self_test(site: PowerSite) -> None:
    site.show("OB DISCHRG TEST", 5, 95)
    site.goes_on(10)
    site.mains()
    site.goes_on(4)
    nobody_stopped(site)


@course("mains back before anybody had to stop")
def early(site: PowerSite) -> None:
    site.cut(400)
    site.until(lambda: "cut" in site.events, "it is a cut")
    site.goes_on(4)
    site.mains()
    site.until(lambda: "over" in site.events, "it is over")
    nobody_stopped(site)


@course("one reading of no runtime at all")
def glitch(site: PowerSite) -> None:
    site.cut(400)
    site.until(lambda: "cut" in site.events, "it is a cut")
    site.show("OB DISCHRG", 0, 90)
    site.until(lambda: site.conductor.kept.memory.readings[-1].runtime == 0.0, "it reads that")
    site.cut(400)
    site.goes_on(5)
    nobody_stopped(site)


@course("mains back when the application was asked")
def after_application(site: PowerSite) -> None:
    site.cut(45)
    site.until(lambda: site.asked() == ["app1"], "the application is asked")
    site.mains(60)
    all_come_back(site)
    assert site.asked() == ["app1"]
    assert site.machines["db1"].offs == []


@course("mains back when the database was asked")
def after_database(site: PowerSite) -> None:
    site.cut(45)
    site.until(lambda: "db1" in site.asked(), "the database is asked")
    site.mains(60)
    all_come_back(site)
    stopped_in_order(site, ["app1", "db1"])
    returned_in_order(site, ["db1", "app1"])


@course("a cut to the end")
def whole(site: PowerSite) -> None:
    site.cut(50)
    site.until(lambda: not any(site.states().values()), "all are off")
    stopped_in_order(site, IN_ORDER)
    site.mains(20)
    site.boot(CONDUCTOR)
    site.goes_on(6)
    waits = {name: name == CONDUCTOR for name in site.machines}
    assert site.states() == waits, (site.states(), site.events)  # the battery is not charged yet
    site.mains(60)
    all_come_back(site)
    returned_in_order(site, IN_ORDER[::-1])


@course("a second cut while all come back")
def second(site: PowerSite) -> None:
    site.cut(50)
    site.until(lambda: not site.machines["store1"].runs, "storage is off")
    site.mains(60)
    site.until(lambda: len(site.machines["db1"].ups) > 1, "the database is back")
    before = len(site.events)
    site.cut(45, 55)
    site.until(lambda: not site.machines["store1"].runs, "storage is off again")
    stopped_again = [event for event in site.events[before:] if event.startswith("asked")]
    assert stopped_again.index("asked db1") < stopped_again.index("asked store1")
    assert site.machines["db1"].offs[-1] <= site.machines["store1"].offs[-1]
    site.mains(70)
    if not site.machines[CONDUCTOR].runs or site.machines[CONDUCTOR].asked:
        site.until(lambda: not site.machines[CONDUCTOR].runs, "the conductor is off")
        site.boot(CONDUCTOR)
    all_come_back(site)


@course("an application that hangs")
def hangs(site: PowerSite) -> None:
    site.machines["app1"].hangs = True
    site.cut(45, 20)
    site.until(lambda: not site.machines["db1"].runs and not site.machines["store1"].runs, "those below it are off")
    stopped_in_order(site, ["db1", "store1"])
    assert "off app1" not in site.events


@course("a UPS that promises hours, and a policy that has it believed less")
def believed(site: PowerSite) -> None:
    site.cut(40_000)
    site.until(lambda: not any(one.runs for name, one in site.machines.items() if name != CONDUCTOR), "all are off")
    stopped_in_order(site, IN_ORDER[:3])


@course("a UPS server that dies while the battery feeds")
def dead_network(site: PowerSite) -> None:
    site.cut(400)
    site.until(lambda: "cut" in site.events, "it is a cut")
    site.goes_on(3)
    site.nut.stop("upsd", signal.SIGKILL)
    site.until(lambda: not any(site.states().values()), "each machine's own upsmon stops it")
    stopped_in_order(site, IN_ORDER)


@course("a conductor that is silent")
def silent(site: PowerSite) -> None:
    site.cut(400)
    site.until(lambda: "cut" in site.events, "it is a cut")
    site.conducts = False
    site.cut(3)
    site.until(lambda: not any(site.states().values()), "plain upsmon stops all when the UPS says that it is low")
    assert site.asked() == []
    site.mains(60)
    site.conducts = True
    site.boot(CONDUCTOR)
    all_come_back(site)
    assert all(len(one.ups) == 2 for one in site.machines.values())
