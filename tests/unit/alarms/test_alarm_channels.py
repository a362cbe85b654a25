"""Each kind of channel against a real server: what it sends, what it takes for taken, and what it never says."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
from listeners import PASSWORD, Asked, Mailbox, knows, mail_server

from ops.alarms.channels import command, mail, ping, webhook
from ops.core.errors import CommandError, Unavailable
from ops.interfaces.channel import Message, Recipient

ANNA = Recipient(contact="anna", name="Anna", mail="anna@hospital.example")
BEN = Recipient(contact="ben", name="Ben", mail="ben@hospital.example")
MESSAGE = Message(
    identity="his1.3.20261123T120000", thread="his1.3.20261123T120000", incident=3, machine="his1", state="raised",
    level="fail", subject="[Seawall] FAIL: his1: databáze 数据", text="it is broken\n.\nstill\n", to=(ANNA, BEN),
    moment="2026-11-23T12:00:00Z", checks=("database",),
)  # fmt: skip


def options(mailbox: Mailbox, **more: Any) -> mail.Options:
    return mail.Options(**{"server": "127.0.0.1", "sender": "s@hospital.example", "port": mailbox.port, **more})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of the mail server's own, and its key, in one file."""
    path = tmp_path_factory.mktemp("tls") / "mail.pem"
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path]
    made = ["openssl", "req", "-x509", "-days", "2", *name, *key, "-out", f"{path}.crt"]
    subprocess.run(made, check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


def secure(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_mail_goes_to_all_who_are_called(mailbox: Mailbox) -> None:
    mail.send(options(mailbox, tls="none"), MESSAGE, "")
    (letter,) = mailbox.letters
    assert mailbox.recipients == [["anna@hospital.example", "ben@hospital.example"]]
    assert (letter["Subject"], letter["Auto-Submitted"]) == (MESSAGE.subject, "auto-generated")
    assert letter.get_content().replace("\r\n", "\n") == MESSAGE.text


def test_a_server_that_knows_one_of_them_has_taken_it(mailbox: Mailbox) -> None:
    mailbox.only = "ben@hospital.example"
    mail.send(options(mailbox, tls="none"), MESSAGE, "")
    assert mailbox.recipients == [["ben@hospital.example"]]


def test_a_server_that_knows_nobody_has_not(mailbox: Mailbox) -> None:
    mailbox.only = "somebody@else.example"
    with pytest.raises(Unavailable, match="refused every recipient: 550, 550"):
        mail.send(options(mailbox, tls="none"), MESSAGE, "")


def test_nothing_goes_in_the_clear_where_encryption_is_asked_for(mailbox: Mailbox) -> None:
    with pytest.raises(Unavailable, match="STARTTLS"):
        mail.send(options(mailbox), MESSAGE, "")
    assert mailbox.letters == []


@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_that_nobody_vouches_for_gets_no_password(
    certificate: Path, trusted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
    words = {"tls_context": secure(certificate), "authenticator": knows, "auth_required": True}
    with mail_server(**words) as mailbox:
        told = options(mailbox, server="localhost", user="seawall")
        if trusted:
            mail.send(told, MESSAGE, PASSWORD)
            assert len(mailbox.letters) == 1
        else:
            with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
                mail.send(told, MESSAGE, PASSWORD)
            assert mailbox.letters == []


def test_a_wrong_password_is_not_repeated(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.crt")
    with mail_server(tls_context=secure(certificate), authenticator=knows, auth_required=True) as mailbox:
        with pytest.raises(Unavailable) as caught:
            mail.send(options(mailbox, server="localhost", user="seawall"), MESSAGE, "another password")
    assert caught.value.message == "localhost did not take it: it refused the account (535)"


def test_a_server_that_is_not_there(mailbox: Mailbox) -> None:
    with pytest.raises(Unavailable, match="ConnectionRefused"):
        mail.send(options(mailbox, port=1, tls="none"), MESSAGE, "")


def test_a_subject_can_bring_no_header_of_its_own(mailbox: Mailbox) -> None:
    from dataclasses import replace

    with pytest.raises(ValueError, match="linefeed"):
        mail.send(options(mailbox, tls="none"), replace(MESSAGE, subject="x\nBcc: all@hospital.example"), "")


def test_a_webhook_gets_the_message_once_and_with_its_secret(web: Asked) -> None:
    url = f"http://127.0.0.1:{web.port}/alarm?site=1"
    webhook.send(webhook.Options(url, secret=True), MESSAGE, "token")
    ((method, path, headers, body),) = web.requests
    assert (method, path, headers["Authorization"]) == ("POST", "/alarm?site=1", "Bearer token")
    assert headers["Idempotency-Key"] == MESSAGE.identity
    assert (body["subject"], body["to"][1]["contact"], body["incident"]) == (MESSAGE.subject, "ben", 3)


@pytest.mark.parametrize("answer", [302, 404, 500])
def test_an_answer_that_is_not_good_is_none_and_no_redirection_is_followed(web: Asked, answer: int) -> None:
    web.answer = answer
    told = webhook.Options(f"http://127.0.0.1:{web.port}/hook/{{secret}}", secret=True)
    with pytest.raises(Unavailable) as caught:
        webhook.send(told, MESSAGE, "hidden")
    assert caught.value.message == f"127.0.0.1 did not take it: it answered {answer}"
    assert [path for _, path, *_ in web.requests] == ["/hook/hidden"]


@pytest.mark.parametrize(("well", "path"), [(True, "/ping/abc"), (False, "/ping/abc/fail")])
def test_a_ping_says_whether_all_is_well(web: Asked, well: bool, path: str) -> None:
    ping.beat(ping.Options(f"http://127.0.0.1:{web.port}/ping/{{secret}}", secret=True), well, "abc")
    assert [(method, asked) for method, asked, *_ in web.requests] == [("GET", path)]


def test_a_program_that_fails_has_not_taken_it() -> None:
    with pytest.raises(CommandError):
        command.send(command.Options(("/usr/bin/false",)), MESSAGE, "")
    command.send(command.Options(("/usr/bin/true",)), MESSAGE, "")


REFUSED = {
    "address": (webhook.KIND, webhook.Options("alarms.hospital.example")),
    "blank": (webhook.KIND, webhook.Options("https://alarms.hospital.example/a b")),
    "password in it": (webhook.KIND, webhook.Options("https://me:word@alarms.hospital.example/")),
    "secret without a place": (ping.KIND, ping.Options("https://hc.hospital.example/", secret=True)),
    "place without a secret": (ping.KIND, ping.Options("https://hc.hospital.example/{secret}")),
    "program without a path": (command.KIND, command.Options(("sms",))),
    "sender": (mail.KIND, mail.Options("mail", "Seawall")),
    "server": (mail.KIND, mail.Options(" ", "s@hospital.example")),
    "password in the clear": (mail.KIND, mail.Options("mail", "s@hospital.example", tls="none", user="seawall")),
}


@pytest.mark.parametrize("what", REFUSED)
def test_options_that_can_not_work_are_refused(what: str) -> None:
    kind, told = REFUSED[what]
    assert len([*kind.refused(told)]) == 1


def test_options_that_can_work_are_not() -> None:
    for kind, told in (
        (webhook.KIND, webhook.Options("https://[::1]:8443/x?y={secret}", secret=True)),
        (ping.KIND, ping.Options("https://hc.hospital.example/{secret}", secret=True)),
        (command.KIND, command.Options(("/usr/local/bin/sms",))),
        (mail.KIND, mail.Options("mail.hospital.example", "s@hospital.example", user="seawall")),
    ):
        assert [*kind.refused(told)] == []
