"""A healthy inventory with classes and an asset of all servers, for the tests that look at what becomes of it."""

from pathlib import Path

ALL = "group_vars/all/policy.yml"
HIS1 = "host_vars/his1/policy.yml"
DOCS1 = "host_vars/docs1/policy.yml"
SERVERS = "group_vars/servers/policy.yml"
DEFAULTS = """\
  defaults:
    standard:
      owner: it_head
      repository: primary
      schedule: "*-*-* 02:00"
      rpo: 26h
      rto: 4h
      retention: {all: 14d, daily: 60d}
    critical:
      rto: 2h
      retention: {monthly: 2y}
      copies: {offsite: {to: offsite, calendar: "day 10, day 20, last day"}}
      drill: {host: drill1, every: 31d}
    unused:
      rto: 3h
"""
FIRST = 13  # the line of `defaults:`
ETC = """\
policy__servers:
  assets:
    etc:
      summary: Settings of the server
      sources: {files: {kind: files, options: {paths: [/etc]}}}
"""
HIS = """\
policy__host:
  assets:
    his:
      class: critical
      sources: {database: {kind: postgresql, options: {database: his}}}
"""


def write(inventory: Path) -> None:
    """Make of the healthy inventory one with two servers, classes and an asset of both servers."""
    change(inventory, "hosts.yml", "servers: {hosts: {his1: {}}}", "servers: {hosts: {his1: {}, docs1: {}}}")
    path = inventory / ALL
    path.write_text(path.read_text() + DEFAULTS)
    put(inventory, SERVERS, ETC)
    put(inventory, HIS1, HIS)


def put(inventory: Path, file: str, text: str) -> None:
    """Write a file of the inventory."""
    (inventory / file).parent.mkdir(parents=True, exist_ok=True)
    (inventory / file).write_text(text)


def change(inventory: Path, file: str, old: str, new: str) -> None:
    """Put one text in place of another, which must be there."""
    text = (inventory / file).read_text()
    assert old in text
    (inventory / file).write_text(text.replace(old, new, 1))
