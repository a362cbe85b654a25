"""Limits of checks and sources that can't be."""

from pathlib import Path

import pytest
from spoiled import ALL, ASSET, HIS1, Wrong, check, demand_refused, wrong

pytestmark = pytest.mark.usefixtures("quick_inventory")

LIMITS = {
    "disk": wrong(
        "policy.checks.root_disk.options",
        ("warn_below is 2%", "expected a warn_below of 5% or more"),
        (ALL, "warn_below: 15%", "warn_below: 2%"),
    ),
    "disk, beside the default": wrong(
        "policy.checks.root_disk.options",
        "warn_below is 10% and fail_below is 20%",
        (ALL, "warn_below: 15%, fail_below: 5%", "fail_below: 20%"),
    ),
    "inodes": wrong(
        "policy.checks.root_disk.options",
        "inodes_warn_below is 1%",
        (ALL, "path: /,", "path: /, inodes_warn_below: 1%,"),
    ),
    "disk that never warns": wrong(
        "policy.checks.root_disk.options.warn_below",
        "warn_below is 0%; expected 0.1% to 100%",
        (ALL, "warn_below: 15%, fail_below: 5%", "warn_below: 0%, fail_below: 0%"),
    ),
    "inodes that never warn": wrong(
        "policy.checks.root_disk.options.inodes_warn_below",
        "inodes_warn_below is 0%",
        (ALL, "path: /,", "path: /, inodes_warn_below: 0%, inodes_fail_below: 0%,"),
    ),
    "disk of which next to nothing is enough": wrong(
        "policy.checks.root_disk.options.enough",
        "enough is 1 B; expected 1 GiB to",
        (ALL, "path: /,", "path: /, enough: 1B,"),
    ),
    "memory that never warns": wrong(
        "policy.checks.ram.options.warn_below",
        "warn_below is 0%",
        check("ram: {kind: memory, options: {warn_below: 0%, fail_below: 0%}}"),
    ),
    "memory": wrong(
        "policy.checks.ram.options", "warn_below is 1%", check("ram: {kind: memory, options: {warn_below: 1%}}")
    ),
    "charge": wrong(
        "policy.checks.ups.options",
        "charge_warn_below is 30% and charge_fail_below is 50%",
        check("ups: {kind: ups, options: {host: 192.0.2.9, charge_fail_below: 50%}}"),
    ),
    "runtime": wrong(
        "policy.checks.ups.options",
        "runtime_warn_below is 1min",
        check("ups: {kind: ups, options: {host: 192.0.2.9, runtime_warn_below: 1min}}"),
    ),
    "port": wrong(
        "policy.checks.ups.options.port", "port is 0", check("ups: {kind: ups, options: {host: 192.0.2.9, port: 0}}")
    ),
    "unit": wrong(
        "policy.checks.running.options.expected[0]",
        "with its ending",
        check("running: {kind: units, options: {expected: [ssh]}}"),
    ),
    "endless wait for a lock": wrong(
        f"{ASSET}.sources.database.options.lock_wait",
        "lock_wait is 0s; expected 1s to 1d",
        (HIS1, "{database: his}", "{database: his, lock_wait: 0s}"),
    ),
}


@pytest.mark.parametrize("case", LIMITS.values(), ids=list(LIMITS))
def test_a_limit_that_can_not_be_is_refused(inventory: Path, case: Wrong) -> None:
    demand_refused(inventory, case)
