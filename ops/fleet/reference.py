"""The reference of the policy, made of the docstrings of its own types: docs/policy.md."""

from __future__ import annotations

import dataclasses
import importlib
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from ops.core import described, kinds, stricter
from ops.core.names import AbsolutePath, AccountName, ContainerName, Digest, FileName, UnitName
from ops.core.quantity import Percent
from ops.core.schema import encode, key
from ops.core.week import WeekHours
from ops.policy import alarms, hardening, incidents, model, packs, power, queries, reports
from ops.policy.battery import BatteryTest
from ops.policy.duty import Duty
from ops.policy.exports import Delivery, Export, FolderPlace, MailPlace, RecipientKey, SftpPlace
from ops.policy.push import Push
from ops.policy.rules.spans import RANGES
from ops.policy.spread import Spread
from ops.policy.standby import Standby

HEAD = """\
# Policy reference

<!-- Generated from ops/policy/model.py and the kinds by: seawall policy reference --output docs/policy.md -->

For whoever writes the policy: every key, what it takes, its default and its meaning. The policy is part of the Ansible
inventory, as plain data in three kinds of variables:

| variable | file | applies to |
| --- | --- | --- |
| `policy__all` | `group_vars/all/policy.yml` | every host |
| `policy__GROUP` | `group_vars/GROUP/policy.yml` | the hosts of a group; overrides `policy__all` |
| `policy__host` | `host_vars/HOST/policy.yml` | one host; overrides all others |

Mappings are merged key by key; a list or a single value replaces the one from the layer below. If two groups define
different values for the same key, that is an error until `policy__host` decides. What many assets have in common is
written once, in a class or for a group of servers: see [classes.md](classes.md). Ansible expressions (`{{ … }}`) and
vault values are not allowed, and a key that is not on this page is an error.

    seawall policy check inventories/hospital    list every problem with file, line and the nearest known key
    seawall policy show his1                     show what applies to his1, and where each value comes from
    seawall policy why assets.his.rpo            what a key means, its value on each host, and who wrote it

Write durations as `15min`, `26h`, `7d`, `2y`; sizes as `512MiB`, `10GiB`; shares as `15%`; days as `2027-03-31`. Write
a calendar as in a procedure (`day 10, day 20, last day`; `quarter ends 20:00`) or as a systemd calendar expression
(`*-*-* 01:30`, `Mon 06:00`), in the site's time zone; [calendars.md](calendars.md) explains each with its dates. Names
of assets, repositories and copies consist of lower-case letters, digits and `_`.
"""
FIT = """\
What does not fit the rest is an error as well: a host that is not in the group that a word of the policy needs, a drill
that can't be made of the asset's sources, a database or a folder that is taken twice, repositories that would be lost
together, a limit that another one makes useless, a question that writes, an exception that excuses everything. An RPO
is {rpo}, an RTO {rto}, a rule of retention {retention}, a random delay {random_delay}, a grace {grace}, and the age of
a drill {every}.
"""
PARTS = (
    ("Keys of a host", model.Written),
    ("site", model.Site),
    ("contacts", model.Contact),
    ("repositories", model.Repository),
    ("defaults", model.AssetClass),
    ("assets", model.Asset),
    ("sources", model.SourceSpec),
    ("retention", model.Retention),
    ("copies", model.Copy),
    ("deletable", model.Deletable),
    ("drill", model.Drill),
    ("oldest", model.OldestDrill),
    ("removed", queries.Removed),
    ("expectations", queries.Expectation),
    ("references", queries.Reference),
    ("checks", model.CheckSpec),
    ("exceptions", model.Excuse),
    ("duties", Duty),
    ("control", model.Control),
    ("push", Push),
    ("spread", Spread),
    ("alarms", alarms.Alarms),
    ("on_call", alarms.OnCall),
    ("channels", alarms.ChannelSpec),
    ("fault_classes", alarms.FaultClass),
    ("limits", alarms.Limit),
    ("rules", alarms.AlarmRule),
    ("maintenance", alarms.Maintenance),
    ("alarm-drill", alarms.AlarmDrill),
    ("battery_test", BatteryTest),
    ("standby", Standby),
    ("power", power.PowerGroup),
    ("machines", power.PoweredMachine),
    ("reports", reports.Reports),
    ("exports", Export),
    ("recipient", RecipientKey),
    ("to", Delivery),
    ("sftp", SftpPlace),
    ("folder", FolderPlace),
    ("mail-to", MailPlace),
    ("packs", packs.PackUse),
    ("document", packs.BoundDocument),
    ("clauses", packs.ClauseUse),
    ("excuse", packs.ClauseExcuse),
    ("incidents", incidents.Incidents),
    ("hardening", hardening.Hardening),
    ("accounts", hardening.Accounts),
    ("ssh", hardening.Ssh),
    ("time", hardening.Time),
    ("firewall", hardening.Firewall),
    ("allow", hardening.Allowed),
    ("audit", hardening.Audit),
    ("usb_storage", hardening.UsbStorage),
    ("antivirus", hardening.Antivirus),
    ("updates", hardening.Updates),
    ("logs", hardening.Logs),
)
FOLLOW = """\
The checks `backup_age`, `copy_age` and `drill_age` are derived from the assets; don't write them. Every machine has a
check `gaps`; write it only to change its options. A backup host has a check `arrivals`, of the repositories that it
keeps; don't write it. It also has a check `scrub`, of how they are read again, and `retention`, of which sets are to
leave them; write these only to change their options. A machine that copies to removable disks has a check `rotation`
of them; don't write it. Both machines of a `standby` have a check `postgresql_standby` of it; don't write it. A machine
that drills its alarms has the checks `alarm_drill` and `alarm_drill_timer`; don't write them.
"""
CHANNELS = """\
Secrets are written by the site, sealed, as `seawall_channel_secrets: {NAME: ...}`; see [alarms.md](alarms.md).
"""
KINDS = (
    ("Kinds of source", "ops.sources", ""),
    ("Kinds of repository", "ops.targets", ""),
    ("Kinds of check", "ops.health", FOLLOW),
    ("Kinds of drill", "ops.drills", ""),
    ("Kinds of channel", "ops.alarms.channels", CHANNELS),
)
WORDS: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Percent: "share",
    WeekHours: "hours of a week",
    AbsolutePath: "path",
    AccountName: "name of an account",
    ContainerName: "name of a container",
    Digest: "SHA-256",
    FileName: "file name",
    UnitName: "unit",
    Any: "as the kind says",
}


def text() -> str:
    """Return the whole reference in Markdown."""
    titles = {kind: title for title, kind in PARTS}
    parts = [HEAD, FIT.format(**{what: words for what, (_, _, words) in RANGES.items()})]
    parts.extend(f"## {title}\n\n{_described(kind, titles)}" for title, kind in PARTS)
    for title, package, more in KINDS:
        parts.append(f"## {title}\n\n{more}" if more else f"## {title}\n")
        parts.extend(_kind(package, name, titles) for name in kinds.kinds(package))
    return "\n".join(parts)


def _kind(package: str, name: str, titles: Mapping[Any, str]) -> str:
    summary = described.summary(importlib.import_module(f"{package}.{name}").__doc__)
    options = getattr(kinds.load(package, name), "options", None)
    table = f"\n{_described(options, titles)}" if options else ""
    return f"### {name}\n\n{summary}\n{table}"


def _described(kind: type, titles: Mapping[Any, str]) -> str:
    """Return what a type is and a table of its keys."""
    first, meanings = described.read(kind.__doc__ or "", [key(field.name) for field in dataclasses.fields(kind)])
    rows = "".join(_rows(kind, meanings, titles))
    table = f"| key | value | default | meaning |\n| --- | --- | --- | --- |\n{rows}" if rows else ""
    return f"{first}\n\n{table}" if table else f"{first}\n"


def _rows(kind: type, meanings: Mapping[str, str], titles: Mapping[Any, str]) -> Iterator[str]:
    hints = typing.get_type_hints(kind)
    whole = typing.get_type_hints(kind, include_extras=True)
    for field in dataclasses.fields(kind):
        name = key(field.name)
        order = stricter.of(whole[field.name])
        meaning = f"{meanings.get(name, '')} Where packs demand it, {order.words}." if order else meanings.get(name, "")
        cells = (f"`{name}`", _worded(hints[field.name], titles), _default(field), meaning)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _worded(kind: Any, titles: Mapping[Any, str]) -> str:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _worded(inner[0], titles)
    if origin is typing.Literal:
        return ", ".join(f"`{word}`" for word in inner)
    if origin is tuple:
        return f"list: {_worded(inner[0], titles)}"
    if origin is not None and issubclass(origin, Mapping):
        return f"names, each with {_worded(inner[1], titles)}"
    if kind in titles:
        return f"[{titles[kind]}](#{titles[kind]})"
    return WORDS.get(kind) or kind.__name__.lower()


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        value = encode(field.default)
    elif field.default_factory is not dataclasses.MISSING:
        value = encode(field.default_factory())
    else:
        return "**required**"
    if value in (None, "", {}, []):
        return "none"
    if isinstance(value, list):
        return ", ".join(f"`{part}`" for part in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
