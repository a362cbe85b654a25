"""UPS devices: what NUT could not read is refused before any machine is touched."""

import pytest

from ops.core.errors import PolicyError
from ops.policy.ups import devices, simulation_files

RACK = {"driver": "usbhid-ups", "port": "auto", "description": "Rack of the server room"}
SIMULATED = RACK | {"driver": "dummy-ups", "port": "mains.dev", "simulation": {"ups.status": "OL"}}


def test_devices_come_in_order_with_everything_said():
    first, second = devices({"rack": RACK, "mains": SIMULATED | {"settings": {"mode": "dummy-loop"}}})
    assert (first.name, first.driver, first.settings) == ("mains", "dummy-ups", {"mode": "dummy-loop"})
    assert (second.name, second.settings, second.simulation) == ("rack", {}, {})


def test_a_simulated_device_has_a_file_that_stays_the_tester_s():
    known = [vars(device) for device in devices({"rack": RACK, "mains": SIMULATED})]
    (file,) = simulation_files(known)
    assert (file.path, file.group, file.mode, file.keep) == ("/etc/nut/mains.dev", "nut", "0640", True)
    assert file.variables == {"simulation": {"ups.status": "OL"}}


@pytest.mark.parametrize(
    ("described", "said"),
    [
        ({}, "at least one device"),
        ({"rack": RACK | {"drivr": "x"}}, "ups_devices.rack.drivr"),
        ({"rack": {"driver": "usbhid-ups", "port": "auto"}}, "ups_devices.rack.description"),
        ({"ra ck": RACK}, "is not a valid name in NUT"),
        ({"rack]": RACK}, "is not a valid name in NUT"),
        ({"rack": RACK | {"driver": "usbhid-ups\n[other]"}}, "driver: expected one word"),
        ({"rack": RACK | {"port": 'a"b'}}, "port: expected one word"),
        ({"rack": RACK | {"description": 'the "rack"'}}, "description: expected one line"),
        ({"rack": RACK | {"settings": {"community": "pub lic"}}}, "settings.community: expected one word"),
        ({"rack": RACK | {"settings": {"a=b": "x"}}}, "settings.a=b: expected one word"),
        ({"rack": SIMULATED | {"port": "../upsd.users"}}, "expected the file's name"),
        ({"rack": SIMULATED | {"simulation": {"ups.status": "OL\nOB"}}}, "one line each"),
    ],
)
def test_what_nut_could_not_read_is_named(described, said):
    with pytest.raises(PolicyError) as refused:
        devices(described)
    assert said in str(refused.value)
