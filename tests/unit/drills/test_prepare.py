"""What a booted machine is asked about its services."""

import pytest

from ops.drills._boot.prepare import Options


@pytest.mark.parametrize("name", ["postgresql@*.service", "ssh.service cron.service", "--all", "[a-z]*"])
def test_a_service_is_named_and_not_described(name: str) -> None:
    with pytest.raises(ValueError, match="is not a unit name"):
        Options(services=("ssh.service", name))


def test_an_instance_is_a_name() -> None:
    assert Options(services=("postgresql@15-main.service",)).services
