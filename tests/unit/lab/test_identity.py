from ipaddress import IPv4Network
from pathlib import Path

import pytest

from ops.core.errors import Unavailable
from ops.lab import identity as names
from ops.lab.identity import Identity


def test_the_same_lab_has_the_same_id_and_another_lab_another():
    one = names.identify("demo", Path("/somewhere"))
    assert one == names.identify("demo", Path("/somewhere"))
    assert one.id != names.identify("test", Path("/somewhere")).id
    assert one.id != names.identify("demo", Path("/elsewhere")).id


def test_names_fit_the_kernel():
    identity = Identity("demo", "0123abcd")
    assert identity.bridge == "sw0123abcd"
    assert len(identity.bridge) <= 15
    assert identity.machine("his1") == "sw0123abcd-his1"


def test_a_block_lies_in_the_range_and_holds_every_host():
    network = names.block(Identity("demo", "ffffffff"), [])
    assert network.subnet_of(names.RANGE)
    addresses = {names.address(network, host) for host in names.OFFSETS} | {names.gateway(network)}
    assert len(addresses) == len(names.OFFSETS) + 1
    assert all(address in network for address in addresses)


def test_a_taken_block_is_passed_over():
    identity = Identity("demo", "00000000")
    first = names.block(identity, [])
    second = names.block(identity, [first])
    assert not second.overlaps(first)
    assert names.block(identity, [IPv4Network("198.18.0.0/17")]).subnet_of(names.RANGE)


def test_a_full_range_is_said():
    with pytest.raises(Unavailable, match="is in use"):
        names.block(Identity("demo", "00000000"), [names.RANGE])
