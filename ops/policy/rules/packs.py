"""Packs of clauses: names that exist, documents that can be, and exceptions that somebody else approved."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from ops.core.errors import Problem
from ops.policy.model import Written
from ops.policy.pack_files import ELSEWHERE
from ops.policy.packs import ClauseExcuse, PackUse
from ops.policy.rules import names

_PACK = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)


def judge(written: Written) -> Iterator[Problem]:
    """Yield what is wrong with the packs of one host's policy."""
    for name, use in written.packs.items():
        path = f"policy.packs.{name}"
        if not _PACK.fullmatch(name):
            yield Problem(path, f"{name!r} is no name of a pack; expected lower-case letters, digits and `-`")
        if ELSEWHERE.search(use.file):
            yield Problem(
                f"{path}.file", f"{use.file!r} leads out of the inventory; expected for example .packs/ours.yml"
            )
        yield from _document(path, use)
        for control, duty in use.duties.items():
            yield from names.known(f"{path}.duties.{control}", "duty", duty, written.duties)
        for number, clause in use.clauses.items():
            if clause.excuse:
                yield from _excuse(f"{path}.clauses.{number}.excuse", clause.excuse, written)
        for key, excuse in use.exceptions.items():
            yield from _excuse(f"{path}.exceptions.{key}", excuse, written)


def differing(written: Mapping[str, Written | None]) -> list[tuple[tuple[str, ...], Problem]]:
    """Packs and incidents are the whole site's; return the hosts that are told of others than the first."""
    told = {host: policy for host, policy in written.items() if policy}
    first = next(iter(told), "")
    message = f"{first} has a different definition; define it in policy__all"
    return [
        ((host,), Problem(f"policy.{key}", message))
        for key in ("packs", "incidents")
        for host, policy in told.items()
        if getattr(policy, key) != getattr(told[first], key)
    ]


def meant(written: Mapping[str, Written | None], assets: Collection[str]) -> list[tuple[tuple[str, ...], Problem]]:
    """Return the hosts whose packs are for an asset that no host has, and the problem.

    assets: all of the site, as hosts and groups write them and by their names on their hosts.
    """
    return [
        ((host,), problem)
        for host, policy in written.items()
        for name, use in (policy.packs.items() if policy else ())
        for index, asset in enumerate(use.assets or ())
        for problem in names.known(f"policy.packs.{name}.assets[{index}]", "asset", asset, assets)
    ]


def _document(path: str, use: PackUse) -> Iterator[Problem]:
    document = use.document
    if document is None:
        return
    for key in ("code", "revision", "approver"):
        if not getattr(document, key).strip():
            yield Problem(f"{path}.document.{key}", "is empty; write what the document says")
    if document.valid_until and document.valid_until < document.approved:
        why = f"{document.valid_until} is before it was approved, on {document.approved}"
        yield Problem(f"{path}.document.valid_until", why)


def _excuse(path: str, excuse: ClauseExcuse, written: Written) -> Iterator[Problem]:
    if not excuse.reason.strip():
        yield Problem(f"{path}.reason", "is empty; say in one sentence why it need not be met for now")
    yield from names.one_line(f"{path}.reason", excuse.reason)
    for key in ("owner", "approver"):
        yield from names.known(f"{path}.{key}", "contact", getattr(excuse, key), written.contacts)
    if excuse.owner == excuse.approver:
        yield Problem(f"{path}.approver", f"{excuse.approver} is the owner, too; somebody else has to agree")
