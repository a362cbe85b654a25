"""What every ring needs."""

import shutil
from pathlib import Path

import pytest

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


def needed(program: str) -> str:
    """Return a program's path; a ring that lacks what it drives has not been run, so this fails."""
    path = shutil.which(program)
    if path is None:
        pytest.fail(f"{program} is not on this machine; `make setup` brings it")
    return path
