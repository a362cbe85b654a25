"""What keeps a broken file from the place of one that works, each format by itself."""

import importlib
import os
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

COLLECTIONS = Path(__file__).parents[3] / "playbooks/collections"
HASH = f"$2b$05${'x' * 53}"
SERVICE = "[Service]\nType=oneshot\nExecStart=/bin/true\n"
TIMER = "[Timer]\nOnCalendar=*:0/5\n"


class Machine:
    """Runs programs as Ansible's module would."""

    def run_command(self, argv, environ_update=None):
        done = subprocess.run(
            argv, env=os.environ | (environ_update or {}), capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def formats(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(COLLECTIONS))
    return importlib.import_module("ansible_collections.seawall.operations.plugins.module_utils.formats")


def judged(formats, kind, files):
    return formats.FORMATS[kind](Machine(), {Path("/etc", name): text.encode() for name, text in files.items()}, {})


RIGHT = [
    ("unit", {"a.service": SERVICE, "a.timer": TIMER}),
    ("htpasswd", {"users": f"his1:{HASH}\nlis-1.b:{HASH}\n", "none": ""}),
    ("nut", {"nut.conf": "# ours\nMODE=standalone\n", "upsd.conf": "LISTEN 127.0.0.1 3493\n"}),
    ("nut", {"upsd.users": "[upsmon]\n    password = abc\n    upsmon primary\n"}),
    ("nut", {"upsd.users": "[seawall-test]\n    password = abc\n    instcmds = test.battery.start.quick\n"}),
]
WRONG = [
    ("unit", {"a.service": f"{SERVICE}Nope=1\n"}, "a.service:4: Unknown key"),
    ("unit", {"a.service": f"{SERVICE}[Srvice]\n"}, "a.service:4: Unknown section"),
    ("unit", {"a.service": f"{SERVICE}ProtectHome=maybe\n"}, "a.service:4: Failed to parse"),
    ("unit", {"a.service": SERVICE.replace("/bin/true", "/not/there")}, "not executable"),
    ("unit", {"a.service": SERVICE, "a.timer": "[Timer]\nOnCalendar=someday\n"}, "a.timer:2: Failed to parse calendar"),
    ("htpasswd", {"users": "his1:plain\n"}, "users:1: expected NAME:HASH"),
    ("htpasswd", {"users": f"his1:{HASH}\n" * 2}, "users:2: the account stands there twice"),
    ("nut", {"nut.conf": "MODE=alone\n"}, "nut.conf:1: not what NUT reads"),
    ("nut", {"upsd.conf": "LISTN 127.0.0.1\n"}, "upsd.conf:1: not what NUT reads"),
    ("nut", {"upsd.users": "[a]\n  instcmds = ALL\n"}, "upsd.users:2: not what NUT reads"),
    ("nut", {"upsd.users": "[upsmon\n  password = abc\n"}, "upsd.users:1: not what NUT reads"),
    ("certificate", {"tls.pem": "no certificate\n", "tls.key": ""}, "can't be used together"),
]


@pytest.mark.parametrize(("kind", "files"), RIGHT)
def test_what_is_right_passes(formats, kind, files):
    assert judged(formats, kind, files) == ""


@pytest.mark.parametrize(("kind", "files", "said"), WRONG)
def test_what_is_wrong_is_named(formats, kind, files, said):
    told = judged(formats, kind, files)
    assert said in told
    assert "plain" not in told
    assert "abc" not in told
