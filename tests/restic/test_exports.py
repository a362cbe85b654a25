"""Exports by the real GnuPG and PostgreSQL: what leaves, and when nothing does."""

import hashlib
import os
import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from exporting import CLEAR, Site, until_next_second
from recipients import EXPIRED, Recipients
from throwaway_postgresql import ONLY_ROOT, Cluster

from ops.core.errors import Damaged
from ops.jobs.export import openpgp
from ops.policy.exports import RecipientKey

pytestmark = ONLY_ROOT


def test_rows_leave_encrypted_to_the_recipient_alone_and_are_recorded(
    exporter: Site, people: Recipients, registry_key: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    spaced = {
        **registry_key,
        "fingerprint": " ".join([registry_key["fingerprint"][:20], registry_key["fingerprint"][20:]]).lower(),
    }
    exporter.set_policy(registry={"recipient": spaced, "acknowledged_by": "registry"})
    assert exporter.seawall("export", "registry", "--dry-run") == 0
    assert exporter.arrived() == exporter.outbox() == []
    assert exporter.seawall("export", "registry") == 0, capsys.readouterr()
    (file,) = exporter.arrived()
    assert people.opened(file.read_bytes()) == CLEAR
    facts = exporter.records()[-1]["facts"]
    assert (facts["rows"], facts["bytes"], facts["recipient"]) == (3, file.stat().st_size, registry_key["fingerprint"])
    assert facts["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert facts["file"] == file.name
    assert facts["where"] == f"folder {exporter.inside}"
    assert b"the first donor" not in b"".join(path.read_bytes() for path in exporter.root.rglob("*") if path.is_file())
    assert exporter.seawall("export", "registry") == 0
    assert "nothing is due before" in capsys.readouterr().out
    assert exporter.arrived() == [file]


def test_the_same_bytes_are_sent_again_and_another_one_is_another(exporter: Site, registry_key: dict[str, str]) -> None:
    exporter.set_policy(registry={"recipient": registry_key, "acknowledged_by": "registry"})
    assert exporter.seawall("export", "registry") == 0
    (file,) = exporter.arrived()
    before = file.read_bytes()
    file.unlink()
    assert exporter.seawall("export", "registry", "--resend") == 0
    assert [path.read_bytes() for path in exporter.arrived()] == [before]
    assert [record["facts"]["resent"] for record in exporter.records()] == [False, True]
    assert len(exporter.state("export-registry")["last_good"]["waiting"]) == 1


def test_what_nobody_acknowledged_waits_also_behind_a_younger_one(
    exporter: Site, registry_key: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    exporter.set_policy(registry={"recipient": registry_key, "acknowledged_by": "registry"})
    assert exporter.seawall("export", "registry") == 0
    (first,) = exporter.outbox()
    os.utime(first)
    until_next_second(first)
    assert exporter.seawall("export", "registry", "--again") == 0
    _, second = exporter.outbox()
    assert exporter.seawall("export", "acknowledge", "registry") == 2, "two wait"
    assert exporter.seawall("export", "acknowledge", "registry", "--file", second.name) == 0
    assert exporter.seawall("export", "acknowledge", "registry", "--file", second.name) == 2, "it was acknowledged"
    assert exporter.seawall("export", "acknowledge", "registry", "--by", "nobody") == 2
    capsys.readouterr()
    assert exporter.seawall("export", "show", "registry") == 0
    assert f"not acknowledged: {first.name}" in capsys.readouterr().out
    assert exporter.seawall("export", "acknowledge", "registry") == 0
    record = exporter.records()[-1]
    assert (record["act"], record["facts"]["by"], record["facts"]["file"]) == (
        "export-acknowledged",
        "registry",
        first.name,
    )
    capsys.readouterr()
    assert exporter.seawall("export", "list") == 0
    assert "not acknowledged" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("expired", "recipient's key has expired, on 20"),
        ("revoked", "recipient's key was revoked"),
        ("signs alone", "can't encrypt"),
        ("subkey expired", "subkey for encryption has expired"),
        ("another", "is another one"),
        ("two keys", "is another one"),
        ("garbage", "can't be read"),
    ],
)
def test_with_a_key_that_is_no_good_nothing_leaves_and_nothing_is_read(
    exporter: Site,
    people: Recipients,
    registry_key: dict[str, str],
    how: str,
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    exporter.set_policy(registry={"recipient": bad_key(people, registry_key, how), "query": "select 1 / 0"})
    assert exporter.seawall("export", "registry") == 1
    assert words in exporter.state("export-registry")["message"], capsys.readouterr()
    assert exporter.arrived() == exporter.outbox() == []
    assert exporter.records()[-1]["result"] == "fail"
    assert exporter.seawall("export", "registry", "--dry-run") == 1


def test_a_dry_run_says_what_it_can_not_look_at(
    exporter: Site, registry_key: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    exporter.set_policy(registry={"recipient": registry_key})
    assert exporter.seawall("export", "registry", "--dry-run") == 0
    assert "is not looked at" not in capsys.readouterr().out
    folder = exporter.root / "var/lib/seawall/state/exports/registry"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.touch()
    assert exporter.seawall("export", "registry", "--dry-run") == 0
    assert "what was not delivered yet is not looked at" in capsys.readouterr().out


def test_what_waits_is_not_forgotten_with_a_state_that_can_not_be_read(
    exporter: Site, registry_key: dict[str, str]
) -> None:
    exporter.set_policy(registry={"recipient": registry_key, "acknowledged_by": "registry"})
    assert exporter.seawall("export", "registry") == 0
    (exporter.root / "var/lib/seawall/state/export-registry.json").write_text("{")
    for words in (["registry"], ["registry", "--again"], ["acknowledge", "registry"]):
        assert exporter.seawall("export", *words) == 1
    assert len(exporter.arrived()) == 1


def test_what_gnupg_wrote_is_read_back_and_is_for_the_recipient_alone(
    people: Recipients, registry_key: dict[str, str], tmp_path: Path
) -> None:
    other = people.made("other@example.org")
    with openpgp.opened(RecipientKey(**registry_key), tmp_path, "gpg-") as key:
        for recipients, good in (([registry_key], True), ([other], False), ([registry_key, other], False)):
            words = [word for one in recipients for word in ("--recipient", one["fingerprint"])]
            path = tmp_path / "encrypted"
            path.write_bytes(people.gpg("--trust-model=always", *words, "--encrypt", said=b"data"))
            if good:
                openpgp.demand_encrypted(path, key)
            else:
                with pytest.raises(Damaged, match="not to the recipient alone"):
                    openpgp.demand_encrypted(path, key)
        path.write_bytes(b"id,name\n1,Ana\n")
        with pytest.raises(Damaged):
            openpgp.demand_encrypted(path, key)
    assert list(tmp_path.glob("gpg-*")) == []


def bad_key(people: Recipients, registry_key: dict[str, str], how: str) -> dict[str, str]:
    name = f"{how.replace(' ', '.')}@example.org"
    if how == "expired":
        return people.made(name, **EXPIRED)
    if how == "revoked":
        return people.revoked(name)
    if how == "signs alone":
        return people.made(name, "sign")
    if how == "subkey expired":
        return people.without_subkey(name)
    if how == "another":
        return {**people.made(name), "fingerprint": registry_key["fingerprint"]}
    if how == "two keys":
        return {**registry_key, "key": people.gpg("--armor", "--export").decode()}
    return {**registry_key, "key": registry_key["key"][:80] + "\n-----END PGP PUBLIC KEY BLOCK-----\n"}


def test_an_export_to_a_former_key_is_never_delivered(
    exporter: Site, people: Recipients, registry_key: dict[str, str]
) -> None:
    exporter.set_policy(registry={"recipient": registry_key})
    exporter.inside.rename(exporter.inside.with_name("elsewhere"))
    assert exporter.seawall("export", "registry") == 1
    (former,) = exporter.outbox()
    exporter.inside.mkdir()
    until_next_second(former)
    exporter.set_policy(registry={"recipient": people.made("next@example.org")})
    assert exporter.seawall("export", "registry", "--resend") == 1
    assert exporter.arrived() == []
    assert exporter.seawall("export", "registry") == 0
    assert [path.name for path in exporter.arrived()] == [path.name for path in exporter.outbox()] != [former.name]


@pytest.mark.parametrize(
    "query",
    [
        "with gone as (insert into notes values ('x') returning 1) select * from gone",
        "select 1) to stdout; insert into notes values ('x'); copy (select 1",
        "select set_config('transaction_read_only', 'off', true)",
        "select 1) to program 'touch /tmp/exported' --",
    ],
)
def test_a_query_that_writes_is_refused_and_by_the_server_too(
    exporter: Site, donors: Cluster, registry_key: dict[str, str], query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Exception, match="query"):
        exporter.set_policy(registry={"recipient": registry_key, "query": query})
    monkeypatch.setattr("ops.policy.rules.questions.wrong", lambda _sql: "")
    monkeypatch.setattr("ops.jobs.export.rows.wrong", lambda _sql: "")
    if ";" not in query:  # which one line of ours refuses, whatever the words say
        exporter.set_policy(registry={"recipient": registry_key, "query": query, "role": "seawall_registry"})
        assert exporter.seawall("export", "registry") == 1
        assert exporter.arrived() == exporter.outbox() == []
    assert donors.psql("select count(*) from notes") == "0"


def test_a_role_of_its_own_reads_what_it_may_and_an_error_at_the_last_row_lets_nothing_leave(
    exporter: Site, people: Recipients, registry_key: dict[str, str]
) -> None:
    exporter.set_policy(registry={"recipient": registry_key, "role": "seawall_registry"})
    assert exporter.seawall("export", "registry") == 1
    exporter.set_policy(
        registry={"recipient": registry_key, "query": "select 1 / (100000 - n) from generate_series(1, 100000) n"}
    )
    assert exporter.seawall("export", "registry") == 1
    exporter.set_policy(registry={"recipient": registry_key, "at_least": 4})
    assert exporter.seawall("export", "registry") == 1
    assert "there are 3 rows" in exporter.state("export-registry")["message"]
    assert exporter.arrived() == exporter.outbox() == []
    exporter.set_policy(
        registry={
            "recipient": registry_key,
            "role": "seawall_registry",
            "query": "select id from registry",
            "at_least": 3,
        }
    )
    assert exporter.seawall("export", "registry") == 0
    assert people.opened(exporter.arrived()[0].read_bytes()) == b"id\n1\n2\n3\n"


def test_files_leave_as_an_archive_and_no_link_is_followed(
    exporter: Site, people: Recipients, registry_key: dict[str, str], tmp_path: Path
) -> None:
    (exporter.files / "2026/11/a.csv").write_text("one")
    (exporter.files / "b.csv").write_text("two")
    (exporter.files / "c.txt").write_text("not meant")
    (tmp_path / "secret").write_text("another's")
    (exporter.files / "link.csv").symlink_to(tmp_path / "secret")
    (exporter.files / "folder").symlink_to(tmp_path)
    (tmp_path / "d.csv").write_text("another's")
    os.mkfifo(exporter.files / "pipe.csv")
    exporter.set_policy(
        registry={
            "recipient": registry_key,
            "asset": "papers",
            "query": "",
            "files": [f"{exporter.files}/**/*.csv"],
            "at_least": 2,
        }
    )
    assert exporter.seawall("export", "registry") == 0
    (file,) = exporter.arrived()
    with tarfile.open(fileobj=BytesIO(people.opened(file.read_bytes()))) as archive:
        found = {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]
    below = str(exporter.files).lstrip("/")
    assert found == {f"{below}/2026/11/a.csv": b"one", f"{below}/b.csv": b"two"}
    assert exporter.records()[-1]["facts"]["files"] == 2
