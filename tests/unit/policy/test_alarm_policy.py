"""The policy's alarms: what is refused with what to write instead, what a machine gets of them, and its unit."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.core.errors import PolicyError, UsageError
from ops.policy.compile import compile_site, document, read_document
from ops.policy.layers import HostLayers
from ops.policy.model import HostPolicy
from ops.policy.rules.rendered import judge as rendered
from ops.policy.secret_files import channel_files
from ops.policy.secrets import Secrets
from ops.policy.units import units

MAIL = {"kind": "mail", "options": {"server": "mail", "sender": "s@hospital.example", "user": "seawall"}}
ALARMS: dict[str, Any] = {
    "on_call": [{"who": "anna", "hours": "Mon-Fri 07:00-17:00"}, {"who": "ben"}],
    "channels": {"mail": MAIL, "sms": {"kind": "command", "options": {"argv": ["/usr/local/bin/sms"]}}},
    "fault_classes": {"class_1": {"limits": [{"after": "30min", "what": "wards work on their own"}]}},
    "rules": [{"checks": ["database*"], "fault_class": "class_1", "vendor": "vendor"}],
    "maintenance": {"updates": {"checks": ["*"], "hours": "Sun 02:00-04:00", "last": "2027-03-31"}},
}
CONTACTS = {
    "anna": {"name": "Anna", "mail": "anna@hospital.example", "deputy": "carl"},
    "ben": {"name": "Ben", "mail": "ben@hospital.example"},
    "carl": {"name": "Carl", "mail": "carl@hospital.example"},
    "vendor": {"name": "Their hotline", "phone": "100"},
}


def site(alarms: dict[str, Any] | None, contacts: dict[str, Any] | None = None) -> dict[str, HostLayers]:
    policy = {"version": 1, "site": {"name": "Test"}, "contacts": contacts or CONTACTS}
    return {"his1": HostLayers(all=policy | ({"alarms": alarms} if alarms is not None else {}))}


def changed(*path: Any, value: Any) -> dict[str, Any]:
    alarms = copy.deepcopy(ALARMS)
    place: Any = alarms
    for word in path[:-1]:
        place = place[word]
    place[path[-1]] = value
    return alarms


def test_a_machine_gets_its_alarms_as_they_were_written() -> None:
    policy = compile_site(site(ALARMS))["his1"]
    read = read_document(document(policy))
    assert document(read_document(document(read))) == document(read)
    assert [*rendered(read)] == []
    assert read.alarms is not None
    assert read.alarms.channels["sms"].options.argv == ("/usr/local/bin/sms",)


def test_without_alarms_nothing_is_different() -> None:
    policy = compile_site(site(None))["his1"]
    assert "alarms" not in document(policy)
    assert [unit.name for unit in units(policy)] == ["seawall-health", "seawall-gaps"]
    assert channel_files(policy, Secrets({})) == []


def test_the_unit_reads_the_secrets_of_its_channels_and_nothing_else() -> None:
    policy = compile_site(site(ALARMS))["his1"]
    (unit,) = (unit for unit in units(policy) if unit.name == "seawall-alarms")
    assert (unit.command, unit.user, unit.capabilities) == ("alarms run", "seawall", ())
    assert unit.credentials == ("channel-mail.secret",)
    secrets = Secrets({"his1": {"seawall_channel_secrets": {"mail": "word", "sms": "another"}}})
    (file,) = channel_files(policy, secrets)
    assert (file.path, file.content, file.mode) == ("/etc/seawall/credentials/channel-mail.secret", "word\n", "0600")
    assert file.secret


def test_a_secret_that_lacks_is_named() -> None:
    policy: HostPolicy = compile_site(site(ALARMS))["his1"]
    with pytest.raises(UsageError) as caught:
        channel_files(policy, Secrets({"his1": {}}))
    assert str(caught.value).startswith("his1 has no secret seawall_channel_secrets.mail\n  write it, sealed, as ")


RULE = ("rules", 0)
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "nobody": (changed("on_call", value=[]), "policy.alarms: on_call names nobody"),
    "no channel": (changed("channels", value={}), "policy.alarms: channels names none"),
    "a stranger": (changed("on_call", 0, "who", value="ann"), "there is no contact 'ann', did you mean 'anna'?"),
    "hours": (changed("on_call", 0, "hours", value="Mon-Fry"), "policy.alarms.on_call[0].hours: expected hours of a"),
    "kind": (changed("channels", "mail", "kind", value="mial"), "unknown kind 'mial', did you mean 'mail'?"),
    "option": (changed("channels", "mail", "options", "sever", value="x"), "unknown key 'sever', did you mean 'server"),
    "sender": (changed("channels", "mail", "options", "sender", value="Seawall"), "is not a mail address"),
    "only pings": (
        changed("channels", value={"hc": {"kind": "ping", "options": {"url": "https://hc.example/1"}}}),
        "policy.alarms.channels: has only channels that say that all is well",
    ),
    "class": (changed(*RULE, "fault_class", value="class_2"), "there is no fault class 'class_2', did you mean"),
    "vendor": (changed(*RULE, "vendor", value="vendors"), "there is no contact 'vendors', did you mean 'vendor'?"),
    "no checks": (changed(*RULE, "checks", value=[]), "policy.alarms.rules[0].checks: names no checks"),
    "more than of": (changed(*RULE, "raise_count", value=4), "raise_count is 4; expected 1 to 3"),
    "never clear": (changed(*RULE, "clear_count", value=1), "clear_count must be more than half of clear_of"),
    "hold": (changed(*RULE, "hold", value="2d"), "hold is 2d; expected 0s to 1d"),
    "limits": (
        changed("fault_classes", "class_1", "limits", value=[{"after": at, "what": "x"} for at in ("3h", "1h")]),
        "the limits must follow each other in time",
    ),
    "window": (
        changed("maintenance", "updates", "first", value="2027-04-01"), "ends on 2027-03-31, before it begins on"
    ),
    "reminders": (changed("remind_most", value="1min"), "remind_most is 1min; expected 1h to 7d"),
    "number": (changed("next_after", value=900), "policy.alarms.next_after: expected a duration"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_refused_and_says_what_to_write(what: str) -> None:
    alarms, said = WRONG[what]
    with pytest.raises(PolicyError) as caught:
        compile_site(site(alarms))
    assert said in str(caught.value)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("who", ["anna", "carl"])
def test_whoever_is_called_by_mail_has_an_address_and_so_has_who_stands_in(who: str) -> None:
    contacts = {**CONTACTS, who: {**CONTACTS[who], "mail": ""}}
    with pytest.raises(PolicyError, match=f"{who} has no mail address, so mail can't reach them"):
        compile_site(site(ALARMS, contacts))


def test_where_no_mail_is_sent_nobody_needs_an_address() -> None:
    contacts = {name: {"name": name} for name in CONTACTS}
    compile_site(site(changed("channels", value={"sms": ALARMS["channels"]["sms"]}), contacts))


def test_the_example_of_the_page_is_a_policy() -> None:
    page = (Path(__file__).parents[3] / "docs/alarms.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    told = yaml.safe_load(block)["policy__all"]
    policy = compile_site({"his1": HostLayers(all={"version": 1, "site": {"name": "Test"}, **told})})["his1"]
    assert [*rendered(read_document(document(policy)))] == []


def test_a_machine_refuses_what_it_could_not_obey() -> None:
    told = document(compile_site(site(ALARMS))["his1"])
    told["alarms"]["rules"][0]["fault_class"] = "class_9"
    assert [problem.path for problem in rendered(read_document(told))] == ["policy.alarms.rules[0]"]
