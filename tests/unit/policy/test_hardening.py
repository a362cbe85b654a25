"""The section `hardening`: nothing unless it is written, and each part as its role is given it."""

import pytest

from ops.core.errors import PolicyError
from ops.core.schema import decode
from ops.policy.compile import compile_site, document, read_document
from ops.policy.hardening import Hardening, part
from ops.policy.layers import HostLayers

SITE = {"version": 1, "site": {"name": "Example hospital"}}


def compiled(host=None, **parts):
    """Return one host's policy as it comes to its machine, with parts of hardening in the layer of all."""
    layers = HostLayers(all=SITE | ({"hardening": parts} if parts else {}), host=host or {})
    return read_document(document(compile_site({"his1": layers})["his1"]))


def test_what_is_not_written_is_left_alone():
    policy = compiled()
    assert policy.hardening is None
    assert "hardening" not in document(policy)
    assert part(policy, "ssh") is None


def test_a_host_leaves_out_a_part_of_all():
    assert part(compiled(ssh={}), "ssh")
    assert part(compiled(host={"hardening": {"ssh": None}}, ssh={}), "ssh") is None


def test_a_part_that_is_written_without_words_is_strict():
    words = part(compiled(ssh={}), "ssh")["words"]
    assert words["PermitRootLogin"] == "prohibit-password"
    assert words["PasswordAuthentication"] == words["KbdInteractiveAuthentication"] == "no"
    assert words["ChannelTimeout"] == "session:shell=900s"


def test_what_is_written_counts():
    words = part(compiled(ssh={"passwords": True, "root": "no", "idle": "5min", "tries": 3}), "ssh")["words"]
    assert words["PermitRootLogin"] == "no"
    assert words["PasswordAuthentication"] == words["KbdInteractiveAuthentication"] == "yes"
    assert (words["ChannelTimeout"], words["MaxAuthTries"]) == ("session:shell=300s", "3")


def test_programs_may_be_silent_for_longer_than_people():
    words = part(compiled(ssh={"idle": "5min"}), "ssh")["words"]
    assert words["UnusedConnectionTimeout"] == "900s"


def test_nothing_out_of_date_is_offered():
    words = part(compiled(ssh={}), "ssh")["words"]
    offered = [name for key in ("KexAlgorithms", "Ciphers", "MACs") for name in words[key].split(",")]
    assert not [name for name in offered if "sha1" in name or "cbc" in name or "nistp" in name or "md5" in name]


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"ssh": {"idle": "10s"}}, "idle"),
        ({"ssh": {"tries": 0}}, "tries"),
        ({"ssh": {"root": "yes"}}, "key, no"),
        ({"ssh": {"password": True}}, "passwords"),
        ({"ssl": {}}, "ssh"),
        ({"time": {"sources": ["ntp1.hospital.example"]}}, "expected 2 to 8"),
        ({"time": {"sources": ["192.0.2.1", "192.0.2.1", "192.0.2.2"]}}, "twice"),
        ({"time": {"sources": ["192.0.2.1", "ntp 2"]}}, "ntp 2"),
        ({"time": {"sources": ["192.0.2.1", "x\nallow all"]}}, "sources"),
        ({"time": {}}, "sources"),
        ({"accounts": {"password_age": "36h"}}, "whole days"),
        ({"accounts": {"password_age": "3d"}}, "password_age"),
        ({"accounts": {"password_warning": "90d"}}, "password_warning"),
        ({"accounts": {"password_length": 4}}, "6 to 64"),
        ({"accounts": {"service_accounts": ["root"]}}, "root"),
    ],
)
def test_a_wrong_word_or_number_is_refused(wrong, word):
    with pytest.raises(PolicyError, match=word):
        decode(Hardening, wrong, "policy.hardening")


def test_spans_become_days_where_a_machine_counts_them():
    wanted = part(
        compiled(accounts={"password_age": "60d", "idle": "10min", "service_accounts": ["b", "a"]}), "accounts"
    )
    assert (wanted["age"], wanted["warning"], wanted["idle"]) == (60, 7, 600)
    assert wanted["services"] == ["a", "b"]


def test_the_sources_of_the_clock_stay_in_their_order():
    assert part(compiled(time={"sources": ["192.0.2.2", "192.0.2.1"]}), "time") == {
        "sources": ["192.0.2.2", "192.0.2.1"]
    }
