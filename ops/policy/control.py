"""The part of the policy about the control machine itself."""

from __future__ import annotations

from dataclasses import dataclass

from ops.core.names import AbsolutePath
from ops.core.quantity import Duration
from ops.policy.keeping import Retention


@dataclass(frozen=True)
class Control:
    """The backup of the control machine itself, kept where it survives a disaster of the site.

    owner: the contact who is responsible for it.
    repository: the repository to which it is backed up; off-site or removable.
    rpo: the maximum age of its newest good set.
    rto: how long rebuilding it may take.
    retention: how long sets are kept.
    safe: where the printed key sheet and runbook are kept; printed in the runbook.
    paths: what else to back up, besides the inventory, the checkout, its packages and the SSH keys that the inventory
        names.
    name: its account and folder on the repository's host.
    key_test: how often a second person opens every off-site repository with the printed key sheet alone.
    holders: contacts to whom the key sheet is also sealed; two at least. Each opens it alone, with a private key of
        their own; the public one lies beside the inventory as `.holders/NAME.asc`.
    """

    owner: str
    repository: str
    rpo: Duration
    rto: Duration
    retention: Retention
    safe: str = ""
    paths: tuple[AbsolutePath, ...] = ()
    name: str = "control"
    key_test: Duration = Duration(365 * 86_400)
    holders: tuple[str, ...] = ()
