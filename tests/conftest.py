"""What every ring needs."""

from pathlib import Path

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
