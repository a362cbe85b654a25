"""Reports by mail, and the timers that send them: a real mail server, and systemd's own judgement of the units."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.core.errors import PolicyError, Unavailable, UsageError
from ops.fleet.inventory import Inventory
from ops.fleet.periods import mail, timers

sys.path.insert(0, str(Path(__file__).parent.parent / "reports"))
sys.path.insert(0, str(Path(__file__).parent.parent / "alarms"))
import fifty
import periods
from listeners import Mailbox, mail_server

from ops.reports.period.mail import letter
from ops.reports.status import html as status_html

REPORTS = {"to": ["it"], "daily": "*-*-* 06:30", "monthly": "day 1", "yearly": "*-01-02 07:00"}


def site(tmp_path: Path, reports: Any, port: int = 25, **options: Any) -> Inventory:
    said = {"server": "127.0.0.1", "port": port, "tls": "none", "sender": "seawall@hospital.example", **options}
    every = {
        "version": 1,
        "site": {"name": "Test hospital", "timezone": "Europe/Prague"},
        "contacts": {"it": {"name": "Head of IT", "mail": "it@hospital.example"}, "dba": {"name": "Ana"}},
        "alarms": {"on_call": [{"who": "it"}], "channels": {"mail": {"kind": "mail", "options": said}}},
        **({"reports": reports} if reports else {}),
    }
    return Inventory(tmp_path, {"his1": {"policy__all": every}}, {"all": ("his1",)})


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


def sent(how: mail.Post) -> tuple[str, str]:
    status, period = fifty.troubled(), periods.troubled("daily")
    page = status_html.render(status, period)
    mail.send(how, letter(status, period), "daily", status.time, page)
    return page, mail.made(how, letter(status, period), "daily", status.time, page).as_string()


def test_a_report_is_read_as_html_and_as_text_with_the_page_attached(tmp_path: Path, mailbox: Mailbox) -> None:
    how = mail.post(site(tmp_path, REPORTS, mailbox.port), None)
    page, first = sent(how)
    assert sent(how)[1] == first
    found = mailbox.letters[0]
    assert mailbox.recipients[0] == ["it@hospital.example"]
    assert found["Subject"] == "Hospital São Lucas: Daily report, 2026-11-21 to 2026-11-22: fail"
    assert found["Auto-Submitted"] == "auto-generated"
    text, rich = found.get_body(("plain",)), found.get_body(("html",))
    assert text is not None
    assert rich is not None
    assert "What needs a person today" in text.get_content()
    assert "<script" not in rich.get_content()
    (attached,) = found.iter_attachments()
    assert attached.get_filename() == "report-daily-2026-11-22.html"
    assert attached.get_payload(decode=True) == page.encode()  # the bytes whose digest is signed off


def test_a_server_that_takes_it_for_nobody_is_an_error(tmp_path: Path, mailbox: Mailbox) -> None:
    mailbox.only = "ana@hospital.example"
    with pytest.raises(Unavailable, match="refused every recipient"):
        sent(mail.post(site(tmp_path, REPORTS, mailbox.port), None))


def test_without_reports_in_the_policy_nobody_gets_them(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the policy mails no reports"):
        mail.post(site(tmp_path, None), None)


def test_a_channel_with_an_account_needs_the_vault(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no vault password"):
        mail.post(site(tmp_path, REPORTS, user="seawall", tls="starttls"), None)


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"to": []}, "policy.reports.to: names nobody"),
        ({"to": ["dba"]}, r"policy.reports.to\[0\]: dba has no mail address"),
        ({"to": ["nobody"]}, r"policy.reports.to\[0\]: there is no contact"),
        ({"daily": None, "monthly": None, "yearly": None}, "policy.reports: makes none"),
        ({"daily": "each day"}, "policy.reports.daily: expected a calendar"),
        ({"hourly": "*-*-* 06:30"}, "policy.reports.hourly"),
    ],
)
def test_what_is_wrong_with_them_is_said(tmp_path: Path, changed: dict[str, Any], wrong: str) -> None:
    reports = {name: value for name, value in {**REPORTS, **changed}.items() if value is not None}
    with pytest.raises(PolicyError, match=wrong):
        site(tmp_path, reports).policies()


def test_reports_need_a_mail_channel(tmp_path: Path) -> None:
    built = site(tmp_path, REPORTS)
    every = {**built.variables["his1"]["policy__all"]}
    every["alarms"] = {
        **every["alarms"],
        "channels": {"sms": {"kind": "command", "options": {"argv": ["/usr/local/bin/sms"]}}},
    }
    with pytest.raises(PolicyError, match="needs a channel of kind mail"):
        Inventory(tmp_path, {"his1": {"policy__all": every}}, {"all": ("his1",)}).policies()


def test_systemd_finds_nothing_wrong_with_the_timers(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    (checkout / ".venv/bin").mkdir(parents=True)
    program = checkout / ".venv/bin/seawall"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    made = timers.units(site(tmp_path, REPORTS), checkout, tmp_path / "vault")
    assert sorted(made) == [
        f"seawall-report-{kind}.{what}" for kind in ("daily", "monthly", "yearly") for what in ("service", "timer")
    ]
    assert "OnCalendar=*-*-* 06:30:00 Europe/Prague" in made["seawall-report-daily.timer"]
    assert f"--vault-password-file {tmp_path}/vault\n" in made["seawall-report-daily.service"]
    for name, text in made.items():
        (tmp_path / name).write_text(text)
    paths = [str(tmp_path / name) for name in made]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *paths], capture_output=True, text=True, check=False
    )
    assert (done.returncode, [line for line in done.stderr.splitlines() if "seawall-report" in line]) == (0, [])


def test_timers_that_the_policy_no_longer_has_are_removed(tmp_path: Path) -> None:
    made = timers.units(site(tmp_path, REPORTS), tmp_path, None)
    folder = tmp_path / "system"
    folder.mkdir()
    assert list(timers.changes(made, folder)) == [("write", name) for name in made]
    for name, text in made.items():
        (folder / name).write_text(text)
    assert list(timers.changes(made, folder)) == []
    fewer = timers.units(site(tmp_path, {"to": ["it"], "daily": "*-*-* 07:00"}), tmp_path, None)
    assert list(timers.changes(fewer, folder)) == [
        ("write", "seawall-report-daily.timer"),
        *(
            ("remove", f"seawall-report-{kind}.{what}")
            for kind in ("monthly", "yearly")
            for what in ("service", "timer")
        ),
    ]
    assert len(list(timers.changes(timers.units(site(tmp_path, None), tmp_path, None), folder))) == 6


def test_a_path_that_a_unit_can_t_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a unit can't name"):
        timers.units(site(tmp_path, REPORTS), tmp_path / "two words", None)
