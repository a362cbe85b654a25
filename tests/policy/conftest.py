"""Host checks: does each machine of an inventory match the policy, seen from outside?

  pytest tests/policy --inventory inventories/hospital

Every machine is looked at once, all at the same time, when the first test asks; the tests judge what was seen.
What could not be looked at is an error, never a pass; what is not as the policy wants is a failure.
A test takes a subject (`machine`, `act`, `door`, ...) and runs for each of the inventory, and a look (`units`,
`files`, ...), which is what was seen on the subject's machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

import acts_wanted
import hardening_wanted
import pytest
import stores_wanted
import wanted
from looking import Site

from ops.core.errors import SeawallError

SUBJECTS = {
    "machine": wanted.machines,
    "keeper": wanted.keepers,
    "driller": wanted.drillers,
    "strict_ssh": partial(hardening_wanted.hardened, part="ssh"),
    "timed": partial(hardening_wanted.hardened, part="time"),
    "personal": partial(hardening_wanted.hardened, part="accounts"),
    "restic_machine": wanted.restics,
    "act": acts_wanted.acts,
    "door": wanted.doors,
    "writer": wanted.writers,
    "reader": wanted.readers,
    "store": stores_wanted.stores,
    "locked": stores_wanted.locked_stores,
    "database": wanted.databases,
    "mariadb": wanted.mariadbs,
    "ups": wanted.upses,
    "walled": partial(hardening_wanted.hardened, part="firewall"),
    "audited": partial(hardening_wanted.hardened, part="audit"),
    "bolted": partial(hardening_wanted.hardened, part="usb_storage"),
    "scanned": partial(hardening_wanted.hardened, part="antivirus"),
    "renewed": partial(hardening_wanted.hardened, part="updates"),
    "recorded": partial(hardening_wanted.hardened, part="logs"),
}
SITE = pytest.StashKey[Site]()
SEEN = pytest.StashKey[dict]()
Facts = Mapping[str, Any]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--inventory", default="inventories/lab", metavar="PATH", help="the machines to look at")
    parser.addoption("--ways", metavar="FILE", help="how each machine is reached, as `seawall verify` writes it")
    parser.addoption("--booted", metavar="ASSET", help="look at the machine that its drill host keeps booted instead")


def site_of(config: pytest.Config) -> Site:
    if SITE not in config.stash:
        try:
            config.stash[SITE] = Site.read(
                config.getoption("--inventory"), config.getoption("--booted"), config.getoption("--ways")
            )
        except (SeawallError, RuntimeError, AssertionError) as error:
            raise pytest.UsageError(f"the inventory can't be read: {error}") from error
    return config.stash[SITE]


def pytest_collection(session: pytest.Session) -> None:
    """Read the inventory first: without it there is nothing to collect."""
    site_of(session.config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for name in SUBJECTS.keys() & set(metafunc.fixturenames):
        subjects = SUBJECTS[name](site_of(metafunc.config).policies)
        if "timer" in metafunc.fixturenames:  # what a person alone starts has none
            subjects = [subject for subject in subjects if not subject.by_hand]
        metafunc.parametrize(name, subjects, ids=str)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave word in the report on which machine each test is about; leave out machines that are not looked at."""
    looked_at = site_of(config).looked_at
    items[:] = [item for item in items if getattr(subject_of(item), "host", None) in {None, *looked_at}]
    for item in items:
        subject = subject_of(item)
        if subject is not None:
            item.user_properties += [("host", subject.host), ("about", str(subject))]


def subject_of(item: pytest.Item) -> Any:
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    # A site may have none of a subject; then pytest skips the test with something that is no subject.
    return next((value for name, value in params.items() if name in SUBJECTS and hasattr(value, "host")), None)


def seen_by(config: pytest.Config) -> dict[str, dict[str, Any]]:
    """Return what was seen of every machine; the first to ask waits for it."""
    if SEEN not in config.stash:
        config.stash[SEEN] = site_of(config).look()
    return config.stash[SEEN]


def facts_of(request: pytest.FixtureRequest, look: str) -> Any:
    """Return what a look saw on the machine that a test is about; fail in the set-up when it saw nothing."""
    seen = seen_by(request.config)[subject_of(request.node).host]
    trouble = seen.get("trouble") or seen[look].get("trouble")
    if trouble:
        pytest.fail(f"could not look: {trouble}", pytrace=False)
    return seen[look]["facts"]


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Site:
    return site_of(request.config)


@pytest.fixture
def facts(request: pytest.FixtureRequest) -> Facts:
    """The machine itself: release, versions, accounts, ports."""
    return facts_of(request, "machine")


@pytest.fixture
def everywhere(request: pytest.FixtureRequest) -> Mapping[str, Facts]:
    """The same of every machine that could be looked at."""
    seen = seen_by(request.config)
    return {host: looks["machine"]["facts"] for host, looks in seen.items() if "facts" in looks.get("machine", {})}


@pytest.fixture
def units(request: pytest.FixtureRequest) -> Facts:
    return facts_of(request, "units")


@pytest.fixture
def timer(act: acts_wanted.Act, units: Facts) -> Facts:
    """An act's timer; one that is not there fails one test, not all."""
    return present(units["timers"], f"{act.unit}.timer")


@pytest.fixture
def service(act: acts_wanted.Act, units: Facts) -> Facts:
    return present(units["services"], f"{act.unit}.service")


def present(known: Mapping[str, Facts], name: str) -> Facts:
    if known[name]["LoadState"] != "loaded":
        pytest.skip(f"{name} is not there")
    return known[name]


@pytest.fixture
def files(request: pytest.FixtureRequest) -> Facts:
    return facts_of(request, "files")


@pytest.fixture
def sshd(request: pytest.FixtureRequest) -> Facts:
    """How sshd is set, and what it offers."""
    return facts_of(request, "ssh")


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> Facts:
    return facts_of(request, "clock")


@pytest.fixture
def passwords(request: pytest.FixtureRequest) -> Facts:
    return facts_of(request, "passwords")


@pytest.fixture
def leaks(request: pytest.FixtureRequest) -> Facts:
    """Where secrets were found that must not be there."""
    return facts_of(request, "secrets")


@pytest.fixture
def trials(request: pytest.FixtureRequest) -> Facts:
    return facts_of(request, "doors")[subject_of(request.node).credential]


@pytest.fixture
def met(trials: Facts) -> Facts:
    """A door of a backup host as it is met, before anything is asked: address, certificate."""
    if not trials["met"]:
        pytest.fail(f"could not look: {trials['trouble']}", pytrace=False)
    return trials["met"]


@pytest.fixture
def tried(trials: Facts) -> Facts:
    """What came of trying a door of a backup host."""
    if trials["trouble"]:
        pytest.fail(f"could not look: {trials['trouble']}", pytrace=False)
    return trials


@pytest.fixture
def overwritten(tried: Facts) -> Facts:
    """What came of writing over a snapshot; before the first backup there is none."""
    if tried["listing"] == HTTPStatus.OK and tried["overwritten_snapshot"] is None:
        pytest.fail("could not look: there is no snapshot yet to try it on; run a backup first", pytrace=False)
    return tried["overwritten_snapshot"] or {"refused": False, "status": tried["listing"], "tried": "no list of them"}


@pytest.fixture
def attempts(request: pytest.FixtureRequest) -> Facts:
    """What came of trying a store of somebody else."""
    seen = facts_of(request, "stores")[subject_of(request.node).name]
    if seen["trouble"]:
        pytest.fail(f"could not look: {seen['trouble']}", pytrace=False)
    return seen


@pytest.fixture
def role(request: pytest.FixtureRequest) -> Facts:
    """The dump role of a database, and what it was able to do."""
    subject = subject_of(request.node)
    place = (subject.name, subject.options.socket, subject.options.port)
    seen = facts_of(request, "database")
    seen = next(entry for entry in seen if (entry["database"], entry["socket"], entry["port"]) == place)
    if seen["trouble"]:
        pytest.fail(f"could not look: {seen['trouble']}", pytrace=False)
    return seen


@pytest.fixture
def account(request: pytest.FixtureRequest) -> Facts:
    """The account that dumps from a MariaDB server, and what it was able to do."""
    subject = subject_of(request.node)
    place = (subject.name, subject.options.socket)
    seen = next(entry for entry in facts_of(request, "mariadb") if (entry["database"], entry["socket"]) == place)
    if seen["trouble"]:
        pytest.fail(f"could not look: {seen['trouble']}", pytrace=False)
    return seen


@pytest.fixture
def upsd(request: pytest.FixtureRequest) -> Facts:
    options = subject_of(request.node).options
    seen = facts_of(request, "ups")
    return next(entry for entry in seen if (entry["host"], entry["port"]) == (options.host, options.port))


@pytest.fixture
def firewall(request: pytest.FixtureRequest) -> Facts:
    return facts_of(request, "firewall")


@pytest.fixture
def reached(site: Site) -> hardening_wanted.Reached:
    return site.reached


@pytest.fixture
def audit(request: pytest.FixtureRequest) -> Facts:
    return facts_of(request, "audit")


@pytest.fixture
def usb_storage(request: pytest.FixtureRequest) -> Facts:
    return facts_of(request, "usb_storage")


@pytest.fixture
def antivirus(request: pytest.FixtureRequest) -> Facts:
    return facts_of(request, "antivirus")


@pytest.fixture
def updates(request: pytest.FixtureRequest) -> Facts:
    return facts_of(request, "updates")


@pytest.fixture
def logs(request: pytest.FixtureRequest) -> Facts:
    return facts_of(request, "logs")
