"""The readers' door: whoever opens connections, or tries passwords, keeps no drill host out."""

import re
from pathlib import Path

import jinja2
import pytest

TEMPLATES = Path(__file__).parents[3] / "roles/backup_host/templates/etc"
CLIENTS = [{"name": "his1", "readers": [{"name": "drill1"}]}, {"name": "lis1", "readers": []}, {"name": "docs1"}]


@pytest.fixture(scope="module")
def door() -> str:
    """The door's settings, as Ansible's template renders them."""
    loader = jinja2.FileSystemLoader(TEMPLATES)
    world = jinja2.Environment(loader=loader, trim_blocks=True, undefined=jinja2.StrictUndefined)
    world.filters["comment"] = "# {}".format
    told = {"ansible_managed": "managed", "backup_host_clients": CLIENTS, "backup_host_reader_port": 8001}
    return world.get_template("seawall-readers/nginx.conf.j2").render(told)


def number(door: str, word: str) -> int:
    found = re.findall(rf"^\s*{word} (\d+)", door, re.MULTILINE)
    assert len(found) == 1, word
    return int(found[0])


def test_requests_that_are_never_ended_take_few_of_many_connections_and_not_for_long(door: str) -> None:
    connections = number(door, "worker_connections")
    assert connections >= 8192
    unit = (TEMPLATES / "systemd/system/seawall-readers.service.j2").read_text()
    assert number(unit.replace("=", " "), "LimitNOFILE") >= 2 * connections  # one in, and one to the server behind
    assert [number(door, f"client_{part}_timeout") for part in ("header", "body")] == [20, 20]
    assert number(door, "send_timeout") <= 60


def test_an_address_has_so_many_requests_at_once_to_each_repository_that_is_read(door: str) -> None:
    assert 'limit_conn_zone "$client $binary_remote_addr" zone=addresses' in door
    places = re.findall(r"location /(\w+)/ \{\n\s*set \$client (\w+);\n\s*limit_conn addresses 64;", door)
    assert places == [("his1", "his1")]
    assert re.findall(r"location /(\w+)/ ", door) == ["his1"]
