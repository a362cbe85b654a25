"""How exposed each unit is by systemd's own measure: none may get worse, and one that got better lowers its figure."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from hospital import Site

from ops.lab.identity import HOSTS

pytestmark = pytest.mark.lab

# `systemd-analyze security`: 0 is confined, 10 is open; the highest of all the lab's machines. Units of one sort differ
# by what they need: a backup that reads every file is told apart from one that asks a database.
FIGURES = {
    "alarm": 2.3,  # the drill of the alarms: root, who alone stops a timer
    "alarms": 1.4,
    "arrivals": 1.2,
    "backup, of files": 2.2,
    "backup, of a database": 1.6,
    "copy": 1.4,
    "devices": 1.8,
    "drill": 5.6,
    "gaps": 1.5,
    "health": 1.5,
    "leave": 1.4,
    "leaving": 1.5,
    "proofs": 0.5,
    "reader": 0.8,
    "readers": 1.2,
    "retention": 1.2,
    "scrub": 1.2,
    "second": 0.8,  # the second door, by which sets leave
    "writer": 0.5,
    "writers": 1.2,
}
LOOK = """
for unit in $(systemctl list-unit-files --no-legend --type=service 'seawall*' | cut -d ' ' -f 1); do
    measured=$(systemd-analyze security --no-pager "$unit")
    figure=$(echo "$measured" | sed -n 's/.*exposure level for .*: \\([0-9.]*\\) .*/\\1/p')
    reads=$(systemctl show --property=AmbientCapabilities --value "$unit" | tr ' ' ,)
    echo "$unit ${figure:-none} ${reads:-none}"
done
"""


def sort(unit: str, reads: str) -> str:
    """Return what sort of unit one is."""
    word = re.match(r"seawall-([a-z]+)", unit)
    assert word, unit
    if word[1] != "backup":
        return word[1]
    return "backup, of files" if reads != "none" else "backup, of a database"


@pytest.fixture(scope="module")
def seen(site: Site) -> dict[str, float]:
    """The highest figure of each sort of unit on all machines."""
    with ThreadPoolExecutor(len(HOSTS)) as pool:
        answers = list(pool.map(lambda host: site.on(host, LOOK, ok=range(1)).stdout, HOSTS))
    found: dict[str, float] = {}
    for unit, figure, reads in (line.split() for answer in answers for line in answer.splitlines()):
        assert figure != "none", f"systemd-analyze security gives no figure for {unit}"
        name = sort(unit, reads)
        found[name] = max(found.get(name, 0.0), float(figure))
    return found


def test_every_sort_of_unit_has_a_figure(seen: dict[str, float]) -> None:
    assert seen.keys() == FIGURES.keys()


@pytest.mark.parametrize("name", FIGURES)
def test_no_unit_is_more_exposed_than_it_was(seen: dict[str, float], name: str) -> None:
    assert seen[name] <= FIGURES[name]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_that_fell_is_lowered_here(seen: dict[str, float], name: str) -> None:
    assert seen[name] >= FIGURES[name], f"the unit got better: lower the figure of {name} to {seen[name]}"
