"""What both tests of hardened machines share: a policy that hardens them, and what host checks say of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import yaml
from hospital import Site

HOSTS = ("his1", "backup1")  # Debian 12 and 13
LIMIT = ("--limit", ",".join(HOSTS))


@contextmanager
def hardened_by(site: Site, parts: Mapping[str, Any]) -> Iterator[None]:
    """Have the policy want these parts of hardening on every machine, for a block."""
    policy = site.lab.inventory / "group_vars/all/policy.yml"
    before = policy.read_text("utf-8")
    changed = yaml.safe_load(before)
    changed["policy__all"]["hardening"] = dict(parts)
    policy.write_text(yaml.safe_dump(changed, allow_unicode=True), "utf-8")
    try:
        yield
    finally:
        policy.write_text(before, "utf-8")


def verified(site: Site, subjects: Collection[str], each: int) -> dict[tuple[str, str], str]:
    """Return what the host checks of these subjects say that does not pass; each: how many a machine must have."""
    done = site.seawall("verify", "-i", site.lab.inventory, "--json")
    assert done.stdout, done.stderr
    machines = json.loads(done.stdout)["machines"]
    checks = [(host, check) for host in HOSTS for check in machines[host]["checks"] if check["subject"] in subjects]
    assert len(checks) == len(HOSTS) * each
    return {(host, check["name"]): check["message"] for host, check in checks if check["verdict"] != "pass"}
