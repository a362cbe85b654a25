"""The backup of the control machine: what it is made anew from must not be lost with the site."""

from __future__ import annotations

from collections.abc import Iterator

from ops.core.errors import Problem
from ops.policy.model import AWAY, Control, Written
from ops.policy.rules import names, retention, spans
from ops.policy.rules.paths import overlaps
from ops.policy.rules.repositories import BECAUSE, served
from ops.policy.surroundings import Surroundings

_PATH = "policy.control"
LEAST_HOLDERS = 2


def judge(control: Control, written: Written, around: Surroundings) -> Iterator[Problem]:
    """Yield what is wrong with the backup of the control machine."""
    yield from names.of_asset(f"{_PATH}.name", control.name)
    yield from names.of_client(f"{_PATH}.name", control.name)
    yield from names.known(f"{_PATH}.owner", "contact", control.owner, written.contacts)
    yield from _repository(control, written)
    yield from _holders(control, written)
    if control.name in around.hosts:
        yield Problem(f"{_PATH}.name", f"{control.name!r} is a host of the inventory and would share its repository")
    for number, message in overlaps(control.paths):
        yield Problem(f"{_PATH}.paths[{number}]", message)
    yield from spans.of_control(_PATH, control)
    yield from retention.judge(f"{_PATH}.retention", control.retention, control.rpo)


def _holders(control: Control, written: Written) -> Iterator[Problem]:
    for number, name in enumerate(control.holders):
        yield from names.known(f"{_PATH}.holders[{number}]", "contact", name, written.contacts)
    if control.holders and len({*control.holders}) < LEAST_HOLDERS:
        yield Problem(f"{_PATH}.holders", "expected at least two contacts: one may be out of reach, or leave")


def _repository(control: Control, written: Written) -> Iterator[Problem]:
    path, name = f"{_PATH}.repository", control.repository
    yield from names.known(path, "repository", name, written.repositories)
    repository = written.repositories.get(name)
    if repository and not served(repository):
        yield Problem(path, f"{name} can be read on one machine only, {BECAUSE}")
    if repository and repository.place not in AWAY:
        yield Problem(
            path,
            f"{name} is {repository.place}; expected a repository that survives the loss of the site: "
            f"{' or '.join(AWAY)}",
        )
