"""One course, in networks and processes of its own; what was seen is written to a file.

python played_course.py SEED FOLDER
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from course_network import network
from course_site import CourseSite
from drawn_courses import DATABASE, STORE, drawn

# Who hears nothing any more in a blip can't know that it was one, nor who runs beside a conductor that is gone.
UNSTOPPABLE = {"self-test", "blip"}


def faults(site: CourseSite) -> list[str]:
    """Return what must not be, of a course that has run."""
    boxes, sorts = site.boxes, site.course.sorts
    allowed = site.allowed()
    found = [f"{name} was killed before its clean stop" for name in (DATABASE, STORE) if allowed and boxes[name].killed]
    found += [f"{name} was left {one.state}" for name, one in boxes.items() if one.state != "up" and not one.plan.hangs]
    stopped = [name for name, one in boxes.items() if one.stopped]
    if sorts & UNSTOPPABLE and "dead network" not in sorts and (stopped or site.asked()):
        found.append(f"stopped for a {(sorts & UNSTOPPABLE).pop()}: {', '.join(stopped or site.asked())}")
    untold = any(one.plan.hangs for one in boxes.values())
    if site.conductor.kept.memory.outage and not untold:
        found.append("the conductor does not know that it is over")
    return found


def main(seed: int, folder: Path) -> None:
    """Play the course of a seed in a folder."""
    os.environ["SEAWALL_ROOT"] = str(folder)
    course = drawn(seed)
    started = time.monotonic()
    with network([*course.plans]) as net:
        site = CourseSite(course, folder, net)
        try:
            site.begin()
            site.run()
        finally:
            site.end()
        boxes = site.boxes.values()
        seen = {
            "faults": faults(site),
            "sorts": sorted(course.sorts),
            "release": course.release,
            "allowed": site.allowed(),
            "stopped": any(one.stopped for one in boxes),
            "killed": [one.name for one in boxes if one.killed],
            "stall": round(site.stall, 1),
            "seconds": round(time.monotonic() - started, 1),
            "battery": [round(course.needed), round(course.runtime), round(site.least, 2)],
            "events": site.events,
        }
    (folder / "seen.json").write_text(json.dumps(seen, indent=1), "utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
