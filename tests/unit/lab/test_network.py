from ipaddress import IPv4Network

from ops.lab.network import blocks


def test_only_routes_in_the_labs_range_count():
    routes = [
        {"dst": "default", "gateway": "192.0.2.1"},
        {"dst": "192.0.2.0/24"},
        {"dst": "198.18.9.0/26", "dev": "sw0123abcd"},
        {"type": "blackhole", "dst": "198.19.0.64/26"},
    ]
    assert blocks(routes) == [IPv4Network("198.18.9.0/26"), IPv4Network("198.19.0.64/26")]
