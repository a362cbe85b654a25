"""A site's policy: each host's layers made one, validated, and the hosts joined to each other."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from ops.core import kinds
from ops.core.errors import PolicyError, Problem
from ops.core.schema import collect, decode, encode
from ops.policy import alarm_drill, checks, doors, hours, large, peers, periods, power, rotations, spreading, standby
from ops.policy.assets import resolve
from ops.policy.concerned import clients_of, concerned
from ops.policy.kept import kept
from ops.policy.layers import HostLayers, Tree, site_names
from ops.policy.model import Asset, CheckSpec, Drilled, HostPolicy, Written
from ops.policy.origins import once
from ops.policy.partial import misses, without_broken
from ops.policy.rules import across, judge, quotas
from ops.policy.rules.joined import judge as joined_names
from ops.policy.rules.notes import notes
from ops.policy.rules.packs import differing, meant
from ops.policy.surroundings import Surroundings


def compile_site(hosts: Mapping[str, HostLayers], around: Surroundings | None = None) -> dict[str, HostPolicy]:
    """Given the layers of every host, return every host's policy; raise PolicyError with all problems found.

    around: the inventory that they were written into; without one, whether they fit it is not judged.
    """
    written, problems = _judged(hosts, around)
    if problems:
        raise PolicyError(once([problem for found in problems.values() for problem in found]))
    whole = spreading.spread({name: hours.whole(policy) for name, policy in written.items() if policy is not None})
    about = concerned(whole)
    keepers = peers.keepers(whole, about)
    return {
        name: _join(name, policy, about.get(name, {}), site_names(hosts[name], "duties"), keepers)
        for name, policy in whole.items()
    }


def problems_by_host(hosts: Mapping[str, HostLayers], around: Surroundings) -> dict[str, list[Problem]]:
    """Given the layers of every host, return what is wrong with each policy; hosts that are well are left out."""
    return _judged(hosts, around)[1]


def notes_by_host(
    hosts: Mapping[str, HostLayers], policies: Mapping[str, HostPolicy], today: date
) -> dict[str, list[Problem]]:
    """Given layers in which nothing is wrong and what they became, return what each host should look at again."""
    found: dict[str, list[Problem]] = {}
    for name, layers in hosts.items():
        origins = resolve(name, layers, Surroundings(list(hosts)), [])[1]
        typed: HostPolicy = _typed(policies[name], "policy", [])
        found[name] = [origins.problem(note) for note in notes(typed, today)]
    return found


def _judged(
    hosts: Mapping[str, HostLayers], around: Surroundings | None
) -> tuple[dict[str, Written | None], dict[str, list[Problem]]]:
    around = around or Surroundings(list(hosts))
    problems: dict[str, list[Problem]] = {name: [] for name in hosts}
    too_large: dict[str, list[Problem]] = {name: [] for name in hosts}
    hosts = {name: large.without(layers, too_large[name]) for name, layers in hosts.items()}
    resolved = {name: resolve(name, layers, around, problems[name]) for name, layers in hosts.items()}
    written = {name: _compile(name, tree, around, problems[name]) for name, (tree, _) in resolved.items()}
    assets = [origins.assets for _, origins in resolved.values()]
    named = {name for some in assets for full, one in some.items() for name in (full, one.name)}
    own = (_twice(written), _drilled(written), _controlled(written), differing(written), meant(written, named))
    together = itertools.chain(
        *own, across.judge(written), joined_names(written), quotas.judge(written), spreading.judge(written)
    )
    for names, problem in together:
        for name in names:
            problems[name].append(problem)
    told = {
        name: [resolved[name][1].problem(problem) for problem in too_large[name] or found]
        for name, found in problems.items()
    }  # what else is wrong where a number was taken out may be wrong for that alone
    return written, {name: found for name, found in told.items() if found}


def document(policy: HostPolicy) -> dict[str, Any]:
    """Return one host's policy as the plain data that lie on that host."""
    told = dict(encode(policy))
    for name in ("packs", "incidents"):  # the control machine alone reads them
        told.pop(name, None)
    return told


def document_digest(data: Any) -> str:
    """Return the SHA-256 of a policy document, however its JSON was laid out."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_document(data: Any) -> HostPolicy:
    """Given the plain data of a host's policy file, return the policy; raise PolicyError."""
    policy = decode(HostPolicy, data, "policy")
    problems: list[Problem] = []
    read: HostPolicy = _typed(policy, "policy", problems)
    if policy.version != 1:
        problems.append(Problem("policy.version", f"version {policy.version} is newer than this Seawall"))
    if problems:
        raise PolicyError(problems)
    zone = policy.site.timezone
    return replace(
        read,
        assets=hours.all_filled(read.assets, zone),
        drills={name: replace(drill, asset=hours.filled(drill.asset, zone)) for name, drill in read.drills.items()},
    )


def _compile(host: str, merged: Tree, around: Surroundings, problems: list[Problem]) -> Written | None:
    policy: Written | None = collect(Written, merged, "policy", problems)
    if policy is None:
        problems[:] = periods.explained(problems, merged)
        problems.extend(_rest(host, merged, around, problems))
        return None
    problems.extend(_against(host, policy, around))
    return policy


def _against(host: str, policy: Written, around: Surroundings) -> list[Problem]:
    """Return what is wrong with a policy whose types are right."""
    problems: list[Problem] = []
    typed = _typed(policy, "policy", problems)
    return [*problems, *judge(host, typed, around)]


def _rest(host: str, merged: Mapping[str, Any], around: Surroundings, problems: list[Problem]) -> list[Problem]:
    """Return what else is wrong, once the parts whose types are wrong are left out."""
    part, names = without_broken(merged, problems)
    policy: Written | None = collect(Written, part, "policy", [])
    if policy is None:
        return []
    return [problem for problem in _against(host, policy, around) if not misses(problem, names)]


def _typed(policy: Any, path: str, problems: list[Problem]) -> Any:
    """Decode the options of every kind that the policy names, in place of the plain data."""

    def options(spec: Any, package: str, at: str) -> Any:
        try:
            kind = kinds.load(package, spec.kind)
        except kinds.UnknownKind as error:
            problems.append(error.problem(f"{at}.kind"))
            return spec
        return replace(spec, options=collect(kind.options, spec.options or {}, f"{at}.options", problems))

    def asset(value: Asset, at: str) -> Asset:
        sources = {n: options(s, "ops.sources", f"{at}.sources.{n}") for n, s in value.sources.items()}
        drill = options(value.drill, "ops.drills", f"{at}.drill") if value.drill else None
        return replace(value, sources=sources, drill=drill)

    changes: dict[str, Any] = {
        "repositories": {
            n: options(r, "ops.targets", f"{path}.repositories.{n}") for n, r in policy.repositories.items()
        },
        "assets": {n: asset(a, f"{path}.assets.{n}") for n, a in policy.assets.items()},
        "checks": {n: options(c, "ops.health", f"{path}.checks.{n}") for n, c in policy.checks.items()},
    }
    if policy.alarms:
        at = f"{path}.alarms.channels"
        channels = {n: options(c, "ops.alarms.channels", f"{at}.{n}") for n, c in policy.alarms.channels.items()}
        changes["alarms"] = replace(policy.alarms, channels=channels)
    if isinstance(policy, HostPolicy):
        changes["drills"] = {
            n: replace(d, asset=asset(d.asset, f"{path}.drills.{n}.asset")) for n, d in policy.drills.items()
        }
    return replace(policy, **changes)


def _twice(written: Mapping[str, Written | None]) -> list[tuple[tuple[str, ...], Problem]]:
    """An asset has one name in the whole site; return the two hosts that have it, and the problem."""
    seen: dict[str, str] = {}
    problems: list[tuple[tuple[str, ...], Problem]] = []
    for host, policy in written.items():
        for name in policy.assets if policy else ():
            if name in seen:
                message = f"{seen[name]} and {host} both have an asset {name!r}"
                problems.append(((seen[name], host), Problem(f"policy.assets.{name}", message)))
            seen.setdefault(name, host)
    return problems


def _drilled(written: Mapping[str, Written | None]) -> list[tuple[tuple[str, ...], Problem]]:
    """A drill runs on another machine, which must know the same repositories by the same names."""
    problems: list[tuple[tuple[str, ...], Problem]] = []
    for owner, policy in written.items():
        for name, asset in policy.assets.items() if policy else ():
            if asset.drill is None or policy is None:
                continue
            path, host = f"policy.assets.{name}.drill.host", asset.drill.host
            if host == owner:
                problems.append(
                    ((owner,), Problem(path, f"{owner} holds the asset itself; drill it on another machine"))
                )
            elif other := written.get(host):
                places = {asset.repository, *(copy.to for copy in asset.copies.values())}
                strange = sorted(p for p in places if other.repositories.get(p) != policy.repositories.get(p))
                if strange:
                    message = (
                        f"{host} does not know the repository {', '.join(strange)} of {owner}; define it in policy__all"
                    )
                    problems.append(((owner,), Problem(path, message)))
    return problems


def _controlled(written: Mapping[str, Written | None]) -> list[tuple[tuple[str, ...], Problem]]:
    """There is one control machine; return the hosts that are told of another one than the first, and the problem."""
    found: list[tuple[tuple[str, ...], Problem]] = []
    for name in ("control", "reports"):
        told = {host: getattr(policy, name) for host, policy in written.items() if policy}
        first = next(iter(told), "")
        message = f"{first} has a different definition; define it in policy__all"
        found += [((host,), Problem(f"policy.{name}", message)) for host, one in told.items() if one != told[first]]
    return found


def _join(
    host: str, policy: Written, site: Mapping[str, Written], site_duties: Collection[str], keepers: Mapping[str, int]
) -> HostPolicy:
    """Add to a host's own policy what the other hosts' policies ask of it; part its duties from the site's.

    site: the policies that ask anything of it. keepers: the backup hosts, with their ports.
    """
    drills = _drills(host, site)
    clients, others = clients_of(host, site), peers.peers(host, keepers)
    return HostPolicy(
        version=policy.version,
        host=host,
        site=policy.site,
        contacts=policy.contacts,
        repositories=policy.repositories,
        assets=policy.assets,
        drills=drills,
        clients=clients,
        checks=_checks(host, policy, clients, drills) | peers.checks(policy, others, keepers),
        exceptions=policy.exceptions,
        duties={name: duty for name, duty in policy.duties.items() if name not in site_duties},
        site_duties={name: duty for name, duty in policy.duties.items() if name in site_duties},
        control=policy.control,
        kept=kept(host, site),
        alarms=policy.alarms,
        power=power.own(policy.power or {}, host) or None,
        battery_test=policy.battery_test,
        metrics=policy.metrics,
        peers=others,
        push=policy.push,
        spread=policy.spread,
        reports=policy.reports,
        packs=policy.packs,
        incidents=policy.incidents,
        exports=policy.exports or None,
        standby=standby.own(policy.standby or {}, host) or None,
        hardening=policy.hardening,
    )


def _drills(host: str, site: Mapping[str, Written]) -> dict[str, Drilled]:
    return {
        name: Drilled(owner, asset)
        for owner, other in site.items()
        for name, asset in other.assets.items()
        if asset.drill and asset.drill.host == host
    }


def _checks(
    host: str, policy: Written, clients: Mapping[str, tuple[str, ...]], drills: Mapping[str, Drilled]
) -> dict[str, CheckSpec]:
    """Return the checks of a machine: those that it names, and those that follow from the rest."""
    return {
        "gaps": CheckSpec("gaps"),
        **checks.named(policy, clients),
        **doors.check(host, policy, clients),
        **checks.ages(policy, drills),
        **rotations.checks(policy),
        **alarm_drill.checks(policy),
        **checks.exports(policy),
        **checks.standbys(host, policy),
    }
