"""What a machine has of Debian's packages, and how it comes back to what it had before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.seawall.operations.plugins.module_utils.steps import Wrong

APT = ("apt-get", "-qq", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120")
# What somebody merely suggests or recommends is no reason to stay: systemd suggests what the judge of passwords needs,
# and libc6 of Debian 13 recommends what chrony needs. What was there before stays all the same.
NEEDED = ("-o", "APT::AutoRemove::SuggestsImportant=false", "-o", "APT::AutoRemove::RecommendsImportant=false")
QUIET = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "NEEDRESTART_MODE": "l"}


def states(module: Any) -> dict[str, str]:
    """Return every package that dpkg knows, with its state: installed, config-files, ..."""
    code, out, said = module.run_command(["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n"])
    if code:
        raise Wrong(f"dpkg-query ends with {code}: {said.strip()}")
    return dict(line.split() for line in out.splitlines())


def automatic(module: Any, names: Iterable[str]) -> set[str]:
    """Return those of some packages that came for others' sake."""
    _, out, _ = module.run_command(["apt-mark", "showauto"])
    return set(out.split()) & set(names)


def bring_back(module: Any, before: Mapping[str, Any], all_before: Iterable[str]) -> bool:
    """Install what was there, purge what was not, and what came for its sake; return whether anything was done.

    before: state and whether automatic, by the package's name. all_before: every package that was installed then.
    Raise Wrong where something else would go as well.
    """
    now = states(module)
    wanted = [name for name, one in before.items() if one["state"] == "installed" and now.get(name) != "installed"]
    purged = [name for name, one in before.items() if _gone(one["state"]) and not _gone(now.get(name))]
    removed = [name for name, one in before.items() if one["state"] == "config-files" and now.get(name) == "installed"]
    change = [*wanted, *(f"{name}-" for name in (*purged, *removed) if now.get(name) == "installed")]
    if change:
        _demand_no_other(module, change, {*purged, *removed})
        _run(module, [*APT, "install", *change])
        came = [name for name in wanted if before[name]["auto"]]
        if came:
            _run(module, ["apt-mark", "auto", *came])
    if purged:
        _run(module, ["dpkg", "--purge", *purged])
    return _purge_orphans(module, set(all_before)) or bool(change or purged)


def _gone(state: str | None) -> bool:
    return state in {None, "", "not-installed"}


def _purge_orphans(module: Any, all_before: set[str]) -> bool:
    """Purge what nothing needs any more and was not there before."""
    orphans = sorted(_leaving(module, [*APT, *NEEDED, "-s", "autoremove"]) - all_before)
    if orphans:
        if others := _leaving(module, [*APT, "-s", "purge", *orphans]) - set(orphans):
            raise Wrong(f"{', '.join(sorted(others))} would be removed, too; nothing was purged")
        _run(module, [*APT, "purge", *orphans])
    return bool(orphans)


def _demand_no_other(module: Any, change: list[str], leaving: set[str]) -> None:
    others = sorted(_leaving(module, [*APT, "-s", "install", *change]) - leaving)
    if others:
        raise Wrong(f"{', '.join(others)} would be removed, too: remove it by hand, or keep this part")


def _leaving(module: Any, argv: list[str]) -> set[str]:
    """Return what a simulated run would remove."""
    return set(re.findall(r"^(?:Remv|Purg) (\S+)", _run(module, argv), re.MULTILINE))


def _run(module: Any, argv: list[str]) -> str:
    code, out, said = module.run_command(argv, environ_update=QUIET)
    if code:
        raise Wrong(f"{' '.join(argv)} ends with {code}: {said.strip() or out.strip()}")
    return str(out)
