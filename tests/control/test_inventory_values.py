"""Values, characters and files that YAML or Ansible take otherwise than meant, in copies of tests/hospital."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from changes import ALL, DOCS1, HIS1, Change, Said, demand_said, swap, write

from ops.core.errors import PolicyError
from ops.fleet import inventory


def encoded(file: str, encoding: str, old: str = "", new: str = "") -> Change:
    def change(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8").replace(old, new, 1)
        (folder / file).write_bytes(text.encode(encoding))

    return change


def link(name: str, target: str) -> Change:
    return lambda folder: (folder / name).symlink_to(target)


def huge(folder: Path) -> None:
    with (folder / "host_vars/his1/disk.yml").open("wb") as file:
        file.truncate(1 << 30)


MISTAKES = {
    # Values and characters.
    "a time that became a number": Said(
        swap(HIS1, '"*-*-* 01:30:00"', "20:30"), (f"{HIS1}:10: policy.assets.his.schedule: expected a calendar",)
    ),
    "no that became false": Said(
        swap(HIS1, "owner: dba", "owner: no"),
        (f"{HIS1}:5: policy.assets.his.owner: expected a text, found False; YAML reads ",),
    ),
    "a name that became true": Said(
        swap(HIS1, "    his:", "    on:"),
        (f"{HIS1}:4: policy.assets.true: 'true' can't be a name here: YAML reads it as another value",),
    ),
    "an octal number": Said(
        swap(HIS1, "at_least: 1000", "at_least: 0123"),
        (f"{HIS1}:24: policy.assets.his.drill.expectations.patients.at_least: YAML read",),
    ),
    "a power of ten": Said(
        swap(HIS1, "at_least: 1000", "at_least: 1e3"),
        (f"{HIS1}:24: policy.assets.his.drill.expectations.patients.at_least: expected ",),
    ),
    "a number for a text": Said(
        swap(ALL, "Example hospital", "42"), (f'{ALL}:5: policy.site.name: expected a text, found 42; write "42"',)
    ),
    "commas without quotes": Said(
        swap(HIS1, '"day 10, day 20, last day"', "day 10, 20, last day"),
        (f"{HIS1}:17: policy.assets.his.copies.offsite.calendar: within {{ }} a value w",),
    ),
    "a text cut short": Said(
        swap(HIS1, "Hospital information", "HIS #1"),
        notes=(f"{HIS1}:6: policy.assets.his.summary: ends at `HIS`, for # begins a comment; ",),
    ),
    "a list's entry without a space": Said(
        swap(DOCS1, '[/srv/documents], exclude: ["*.tmp"]', "-/srv/documents"),
        (f"{DOCS1}:8: policy.assets.documents.sources.files.options.paths: expected a l",),
    ),
    "typographic quotes": Said(
        swap(HIS1, '"*-*-* 01:30:00"', "\u201c*-*-* 01:30:00\u201d"),
        (f"{HIS1}:10: policy.assets.his.schedule: expected a calendar",),
    ),
    "typographic quotes of a text": Said(
        swap(HIS1, "Hospital information system", "\u201cHIS\u201d"),
        notes=(f"{HIS1}:6: policy.assets.his.summary: the quotes are part of the text",),
    ),
    "a no-break space": Said(
        swap(HIS1, "rpo: 26h", "rpo: 26h\u00a0"),
        (f"{HIS1}:13: policy.assets.his.rpo: it holds a no-break space (U+00A0)",),
    ),
    "a space that nobody sees in a path": Said(
        swap(DOCS1, "/srv/documents", "/srv/docu\u200bments"),
        (f"{DOCS1}:8: policy.assets.documents.sources.files.options.paths[0]: ",),
    ),
    "a digit of another script": Said(
        swap(HIS1, "rpo: 26h", "rpo: \uff126h"),
        (f"{HIS1}:13: policy.assets.his.rpo: it holds a fullwidth digit two (U+FF12): t",),
    ),
    "an asset as a list": Said(
        write(DOCS1, "policy__host:\n  assets:\n    - documents: {owner: it_head, rpo: 26h}\n"),
        (f"{DOCS1}:2: policy.assets: expected a mapping of names, found a list of 1",),
    ),
    "an expression without quotes": Said(
        swap(HIS1, "owner: dba", "owner: {{ dba }}"),
        (f"{HIS1}:5: YAML: {{{{ must stand in quotes; in the policy no expression has a place",),
    ),
    "a tag of a program": Said(
        swap(ALL, "name: Example hospital", "name: !!python/name:os.system x"),
        (f"{ALL}:5: YAML: Ansible knows no tag python/name:os.system; delete it",),
    ),
    "a tag of bytes": Said(
        swap(ALL, "name: Example hospital", "name: !!binary SGVsbG8="),
        (f"{ALL}:5: YAML: Ansible knows no tag binary; delete it",),
    ),
    # Encodings.
    "UTF-16": Said(
        encoded(HIS1, "utf-16"), (f"{HIS1}:1: file: is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8 ",)
    ),
    "UTF-16 without its mark": Said(encoded(HIS1, "utf-16-le"), (f"{HIS1}:1: file: is UTF-16LE, not UTF-8",)),
    "zero bytes": Said(encoded(HIS1, "utf-8", "dba", "\0\0\0"), (f"{HIS1}:5: file: holds zero bytes",)),
    "a control character": Said(
        encoded(HIS1, "utf-8", "dba", "\x08dba"), (f"{HIS1}:5: file: holds the control character U+0008",)
    ),
    "Windows of Central Europe": Said(
        encoded(HIS1, "cp1250", "Hospital information", "Nemocnice P\u0159erov, \u017elu\u0165"),
        (f"{HIS1}:6: file: is not UTF-8 but probably WINDOWS-1250, in which this line reads `summary: Nem",),
    ),
    "Windows of Western Europe": Said(
        encoded(ALL, "cp1252", "Example hospital", "Hospital S\u00e3o Jo\u00e3o"),
        (f"{ALL}:5: file: is not UTF-8 but probably WINDOWS-1252, in which this line re",),
    ),
    # What must not hang, or be followed for ever.
    "a pipe": Said(
        lambda folder: os.mkfifo(folder / "host_vars/his1/pipe.yml"),
        ("host_vars/his1/pipe.yml:1: file: is a pipe, socket or device",),
    ),
    "a gigabyte": Said(huge, ("host_vars/his1/disk.yml:1: file: has 1 GiB; files of an inventory have at mos",)),
    "a link that leads round": Said(
        link("group_vars/all/round", "../.."), ("group_vars/all/round:1: file: a link to a folder that it lies in",)
    ),
    "a link to nothing": Said(
        link("host_vars/his1/more.yml", "nothing.yml"),
        ("host_vars/his1/more.yml:1: file: is a link to nothing.yml, which is not there",),
    ),
    "an alias in itself": Said(
        swap(DOCS1, "Scanned documents", "&a [*a]"), (f"{DOCS1}:1: YAML: aliases (*) repeat each other without end",)
    ),
}


@pytest.mark.parametrize("said", MISTAKES.values(), ids=list(MISTAKES))
def test_it_is_said_once_with_its_line_and_what_to_type(said: Said, hospital: Path) -> None:
    demand_said(said, hospital)


def test_each_command_refuses_what_would_make_ansible_wait(hospital: Path) -> None:
    os.mkfifo(hospital / "host_vars/his1/pipe.yml")
    with pytest.raises(PolicyError, match="is a pipe"):
        inventory.read(hospital)
