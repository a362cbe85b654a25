"""What every ring needs."""

import gc
import os
from collections.abc import Generator
from pathlib import Path

import measured
import pytest

pytest_plugins = ["healthy", "warm_ansible"]

CHECKOUT = Path(__file__).parent.parent
# In these no machine loses its power: what was written is there for whoever reads it, whether or not a disk has it yet.
# A test that asks whether it is brought to the disk replaces `os.fsync` itself.
WITHOUT_DISKS = tuple(CHECKOUT / "tests" / ring for ring in ("unit", "contract"))
YOUNG = 100_000  # as in ops.__main__: objects of which the collector looks for what is garbage


@pytest.fixture(scope="session")
def checkout() -> Path:
    return CHECKOUT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data beside the checkout; a user's clone has none, so its tests skip by name."""
    folder = CHECKOUT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real data: ../shared/data is not beside this checkout")
    return folder


class _AtOnce:
    """Tells of each failure when it happens: a long ring that is broken off has then said what it found."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self._terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            reason = str(crash.message if crash else report.longrepr).partition("\n")[0][:200]
            self._terminal.write_line(f"\n{report.when} of {report.nodeid} failed: {reason}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Pause the measuring of what is run where a test would take half as long again."""
    if item.get_closest_marker("unmeasured") is None:
        return (yield)
    with measured.paused():
        return (yield)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Wait for no disk where no test needs it, and look seldom for garbage among thousands of tests that stay."""
    gc.freeze()
    gc.set_threshold(YOUNG)
    if all(any(item.path.is_relative_to(ring) for ring in WITHOUT_DISKS) for item in session.items):
        os.fsync = lambda fd: None


def pytest_sessionstart(session: pytest.Session) -> None:
    manager = session.config.pluginmanager
    if terminal := manager.get_plugin("terminalreporter"):
        manager.register(_AtOnce(terminal))
