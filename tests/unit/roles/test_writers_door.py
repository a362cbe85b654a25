"""What the writers' door takes for an account: one spelling, so that its share is one, too."""

import base64
import functools
import re
import string
from pathlib import Path

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

TEMPLATES = Path(__file__).parents[3] / "roles/backup_host/templates"
MOST = 72  # bytes that bcrypt looks at, with the zero behind a password
LETTERS = string.ascii_letters + string.digits + "+/"
hosts = some.from_regex(r"[a-z][a-z0-9-]{0,40}", fullmatch=True)
passwords = some.binary(min_size=1, max_size=MOST - 3)


def rendered(*hosts: str, leaves: bool = False) -> str:
    """Return the door's settings for some clients, as Ansible's template renders them; leaves: whether sets do."""
    loader = jinja2.FileSystemLoader(TEMPLATES)
    world = jinja2.Environment(loader=loader, trim_blocks=True, undefined=jinja2.StrictUndefined)
    world.filters["comment"] = "# {}".format
    clients = [{"name": host, **({"leaves": True} if leaves else {})} for host in hosts]
    told = {"ansible_managed": "managed", "backup_host_clients": clients, "backup_host_port": 8000}
    return world.get_template("etc/seawall-writers/nginx.conf.j2").render(told)


@functools.cache
def forms(length: int) -> list[re.Pattern[str]]:
    """Return the forms that the header of a client must have whose name has so many letters."""
    found = re.findall(r'if \(\$http_authorization !~ "(.+)"\)', rendered("x" * length))
    assert len(found) == 4, "one for all, one for the config, one for cards, one for all else"
    return [re.compile(form) for form in found]


def admitted(host: str, header: str) -> bool:
    """Whether the door hands a header on to the server of a client."""
    return all(form.search(header) for form in forms(len(host)))


def header(host: str, password: bytes) -> str:
    return f"Basic {base64.b64encode(host.encode() + b':' + password).decode()}"


@settings(deadline=None)  # the first of each renders a template
@given(hosts, passwords)
def test_every_account_is_admitted_in_its_own_spelling(host: str, password: bytes) -> None:
    assert admitted(host, header(host, password))


@settings(deadline=None)  # the first of each renders a template
@given(hosts, passwords, some.data())
def test_no_account_is_admitted_in_another_spelling(host: str, password: bytes, data: some.DataObject) -> None:
    """base64 has letters of which some bits count for nothing, and rest-server looks at none of them."""
    right = header(host, password)
    bare = right.rstrip("=")
    others = [f"{bare[:-1]}{letter}{right[len(bare) :]}" for letter in LETTERS]
    same = [one for one in others if one != right and base64.b64decode(one[6:]) == base64.b64decode(right[6:])]
    assert len(same) == {0: 0, 1: 3, 2: 15}[len(right) - len(bare)]
    spelled = data.draw(
        some.sampled_from([*same, f"{right}=", f"{right}==", f" {right}", f"{right} ", right.replace("B", "b", 1)])
    )
    assert spelled == right or not admitted(host, spelled)


@settings(deadline=None)  # the first of each renders a template
@given(hosts, some.binary(min_size=1, max_size=MOST // 2), some.binary(min_size=1, max_size=99))
def test_no_account_is_admitted_with_a_password_that_is_only_the_same_to_bcrypt(
    host: str, password: bytes, anything: bytes
) -> None:
    """It goes round from the zero behind a password to its beginning, and stops after so many bytes."""
    same = ((password + b"\0") * MOST)[:MOST] + anything
    assert not admitted(host, header(host, same))


@pytest.mark.parametrize(("key", "most"), [("$client $http_authorization", 32), ("$client $binary_remote_addr", 64)])
def test_each_account_and_each_address_has_so_many_requests_at_once(key: str, most: int) -> None:
    text = rendered("his1")
    zone = re.search(rf'limit_conn_zone "{re.escape(key)}" zone=([a-z]+):', text)
    assert zone
    assert f"limit_conn {zone[1]} {most};" in text


def test_no_group_of_an_expression_is_named_by_its_number() -> None:
    """Each further expression, also that of a condition, empties those; then nginx hands on the whole path."""
    led = rendered("his1", leaves=True)
    assert "http://second-door-his1$" in led
    assert not re.search(r"\$[0-9]", led.replace("$[0-9]", ""))
