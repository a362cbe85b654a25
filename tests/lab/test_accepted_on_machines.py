"""What the mistakes' table accepts, all of it in the lab's one inventory: the roles take it in check mode."""

import json
from collections.abc import Iterator

import pytest
import yaml
from hospital import Site, changes
from mistakes.timing import WORDS

pytestmark = pytest.mark.lab
SCHEDULES = ("*-*-* 01:30:00", "hourly", "*-*-* 01,13:30:00", "daily")
SUMMARIES = (
    "100% of patients, %n %i $HOME",
    "Krankenhaus für Röntgen — 醫院",
    "<script>",
    'a "quoted" word; and `one`',
    "",
)
NAMES = ("h" * 40, "a")
UNITS = "systemctl list-unit-files --no-legend 'seawall-*' | sort; sha256sum /etc/systemd/system/seawall-*"


def assets() -> Iterator[tuple[str, dict]]:
    """Yield an asset for each calendar, with the other things that are accepted spread over them."""
    for number, calendar in enumerate(WORDS):
        yield (
            NAMES[number] if number < len(NAMES) else f"accepted_{number}",
            {
                "owner": "dba",
                "summary": SUMMARIES[number % len(SUMMARIES)],
                "sources": {"files": {"kind": "files", "options": {"paths": [f"/srv/accepted/folder {number}"]}}},
                "repository": "primary",
                "schedule": SCHEDULES[number % len(SCHEDULES)],
                "random_delay": ("0s", "15min")[number % 2],
                "rpo": ("26h", "1d 2h", "1560min", "2w")[number % 4],
                "rto": ("4h", "3d")[number % 2],
                "retention": {"all": "2y"},
                "copies": {"offsite": {"to": "offsite", "calendar": calendar}},
                "drill": {"kind": "files", "host": "drill1", "every": "100d", "calendar": "quarter ends 04:00"},
            },
        )


@pytest.fixture(scope="module")
def accepted(site: Site) -> Iterator[Site]:
    """The site with a policy of his1 that holds it all, in a file with a mark and line ends of Windows."""
    path = site.lab.inventory / "host_vars/his1/policy.yml"
    right = path.read_bytes()
    policy = yaml.safe_load(right)
    policy["policy__host"]["assets"] |= dict(assets())
    text = yaml.safe_dump(policy, allow_unicode=True, sort_keys=False)
    path.unlink()
    other = path.with_suffix(".yaml")
    other.write_bytes(f"\ufeff{text}".replace("\n", "\r\n").encode())
    yield site
    other.unlink()
    path.write_bytes(right)


def test_the_roles_take_it_in_check_mode_and_touch_nothing(accepted: Site) -> None:
    told = accepted.seawall("policy", "check", "--json", accepted.lab.inventory)
    assert json.loads(told.stdout)["problems"] == []
    before = {host: accepted.on(host, UNITS).stdout for host in ("his1", "drill1")}
    changed = changes(accepted.ansible("site.yml", "--check", "--diff").stdout)
    assert changed["his1"] > 0
    assert changed["drill1"] > 0
    assert {host: accepted.on(host, UNITS).stdout for host in before} == before
