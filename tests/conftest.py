"""What every ring needs."""

from collections.abc import Generator
from pathlib import Path

import measured
import pytest

pytest_plugins = ["healthy", "warm_ansible"]

CHECKOUT = Path(__file__).parent.parent


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


def pytest_sessionstart(session: pytest.Session) -> None:
    manager = session.config.pluginmanager
    if terminal := manager.get_plugin("terminalreporter"):
        manager.register(_AtOnce(terminal))
