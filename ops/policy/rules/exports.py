"""Exports: whether there is what they take, whom they name, and the way by which they leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass

from ops.core.errors import Problem
from ops.core.names import AbsolutePath
from ops.policy.exports import Export
from ops.policy.model import Asset, HostPolicy, Written
from ops.policy.rules import names, questions

VERBS = ("list", "show", "acknowledge")  # of `seawall export`
SQL = "postgresql"


def judge(written: Written) -> Iterator[Problem]:
    """Yield what is wrong with a host's exports."""
    for name, export in (written.exports or {}).items():
        path = f"policy.exports.{name}"
        if export.acknowledged_by:
            yield from names.known(f"{path}.acknowledged_by", "contact", export.acknowledged_by, written.contacts)
        yield from _mail(f"{path}.to.mail", export, written)
        yield from _export(path, name, export, written)


def of_host(policy: HostPolicy) -> Iterator[Problem]:
    """Yield what a machine refuses of the exports that were rendered for it."""
    for name, export in (policy.exports or {}).items():
        yield from _export(f"policy.exports.{name}", name, export, policy)


def _export(path: str, name: str, export: Export, policy: Written | HostPolicy) -> Iterator[Problem]:
    yield from names.formed(path, name)
    if name in VERBS:
        yield Problem(path, f"{name!r} can't be the name of an export: it is a word of `seawall export`")
    if export.asset not in policy.assets:
        yield from names.known(f"{path}.asset", "asset", export.asset, policy.assets)
    elif not all(is_dataclass(source.options) for source in policy.assets[export.asset].sources.values()):
        return  # what is wrong with them has been told
    elif export.query.strip():
        yield from _query(path, export, policy.assets[export.asset])
    else:
        yield from _files(path, export, policy.assets[export.asset])


def _query(path: str, export: Export, asset: Asset) -> Iterator[Problem]:
    if why := questions.wrong(export.query):
        yield Problem(f"{path}.query", why)
    elif ";" in export.query:
        yield Problem(f"{path}.query", "has a `;`; write one query without any")
    found = [source.options for source in asset.sources.values() if source.kind == SQL]
    fits = [one for one in found if one.all or export.database in {"", one.database}]
    if len(fits) != 1:
        yield Problem(
            f"{path}.query",
            f"{export.asset} has {len(fits) or 'no'} source{'s' * (len(fits) > 1)} of kind {SQL} that fits; "
            "expected one, which `database` may name",
        )
    elif fits[0].all and not export.database:
        yield Problem(f"{path}.database", f"is not said, and {export.asset} takes all of a server; name one database")


def _files(path: str, export: Export, asset: Asset) -> Iterator[Problem]:
    roots = [place for source in asset.sources.values() if source.kind == "files" for place in source.options.paths]
    if not roots:
        yield Problem(f"{path}.files", f"{export.asset} has no source of kind files")
    for index, pattern in enumerate(export.files):
        where = f"{path}.files[{index}]"
        parts = pattern.split("/")
        if not pattern.isprintable() or ".." in parts or not pattern.startswith("/"):
            yield Problem(where, f"{pattern[:80]!r} is no pattern; expected one such as /srv/lis/exports/*.csv")
        elif roots and not any(pattern.startswith(f"{AbsolutePath(root)}/") for root in roots):
            yield Problem(where, f"{pattern} lies below none of the asset's paths: {', '.join(roots)}")


def _mail(path: str, export: Export, written: Written) -> Iterator[Problem]:
    mail = export.to.mail
    if mail is None:
        return
    yield from names.known(f"{path}.to", "contact", mail.to, written.contacts)
    contact = written.contacts.get(mail.to)
    if contact and not contact.mail:
        yield Problem(f"{path}.to", f"{mail.to} has no mail address; add `mail` to policy.contacts.{mail.to}")
    channels = written.alarms.channels if written.alarms else {}
    known = [name for name, spec in channels.items() if spec.kind == "mail"]
    yield from names.known(f"{path}.channel", "channel of kind mail", mail.channel, known)
