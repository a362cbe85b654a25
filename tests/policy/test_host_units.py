"""Services: each runs with the account, the rights and the secrets that its act needs, and no more."""

import re

from ops.interfaces import joined
from ops.policy import doors

# systemd's own score, 0 (locked in) to 10 (open). A drill starts machines, which cannot be had for less.
EXPOSED = {"seawall": 3.0, "root": 7.0}
DOOR = 3.0
DOORS = ("seawall-writers.service", "seawall-reader.service", "seawall-proofs.service", "seawall-readers.service")
FOR_ALL = {"ca.pem", "ledger.key"}


def test_service_runs_the_act_with_its_account(act, service):
    started = re.search(r"argv\[\]=(.*?) ;", service["ExecStart"])
    command = started[1] if started else ""
    assert command == f"/usr/bin/seawall {act.command}", f"{act.unit} runs {command or 'nothing'}"
    assert (service["User"] or "root") == act.user, f"{act.unit} runs as {service['User'] or 'root'}, not {act.user}"


def test_service_has_only_the_rights_it_needs(act, service):
    rights = service["AmbientCapabilities"].lower()
    assert rights == act.capability, f"{act.unit} has {rights or 'no capabilities'}, wanted {act.capability or 'none'}"
    meant = {"ProtectSystem": "strict", "PrivateTmp": "yes"}
    if act.user != "root":  # what a drill starts becomes an account of its own, which that would forbid
        meant["NoNewPrivileges"] = "yes"
        bound = service["CapabilityBoundingSet"].lower()
        assert bound == act.capability, f"{act.unit} may gain {bound}"
    for name, value in meant.items():
        assert service[name] == value, f"{act.unit} has {name}={service[name]}, wanted {value}"


def test_service_gets_only_its_own_secrets(act, service):
    given = set(service["secrets"])
    strange, missing = given - act.secrets - FOR_ALL, act.secrets - given
    assert not strange, f"{act.unit} gets secrets that are not its own: {', '.join(sorted(strange))}"
    assert not missing, f"{act.unit} lacks {', '.join(sorted(missing))}"


def test_copy_waits_for_the_backup_of_its_day(act, service):
    if act.waits_for:
        assert act.waits_for in service["After"].split(), f"{act.unit} does not wait for {act.waits_for}"


def test_service_is_locked_in(act, service):
    exposure, most = service["exposure"], EXPOSED[act.user]
    assert exposure is not None, f"systemd-analyze security gives no score for {act.unit}"
    assert exposure <= most, f"{act.unit} has an exposure of {exposure}, more than {most}"


def test_doors_are_open_and_locked_in(keeper, units):
    for name in (*DOORS, *servers(keeper).values()):
        service = units["services"].get(name, {"ActiveState": "not there", "exposure": None})
        assert service["ActiveState"] == "active", f"{name} is {service['ActiveState']}"
        assert service["User"] != "root", f"{name} runs as root"
        assert service["exposure"] <= DOOR, f"{name} has an exposure of {service['exposure']}, more than {DOOR}"


def test_each_client_has_a_server_of_its_own_with_its_quota(keeper, units):
    for client, name in servers(keeper).items():
        service = units["services"].get(name, {"ExecStart": "", "BindPaths": "", "TemporaryFileSystem": ""})
        quota = doors.quota(keeper.policy, client)
        started = re.search(r"argv\[\]=(.*?) ;", service["ExecStart"])
        command = started[1] if started else "nothing"
        meant = rf"/usr/bin/seawall repository serve {re.escape(client)} --folder (\S+) --accounts \S+"
        meant += f" --quota {quota.bytes}" if quota else ""
        served = re.fullmatch(meant, command)
        assert served, f"{name} runs {command}, with a quota of {quota or 'none'} by the policy"
        bound = service["BindPaths"].split(":")[0]
        assert bound == f"{served[1]}/{client}", f"{name} sees {service['BindPaths'] or 'all repositories'}"
        assert served[1] in re.split(r"[\s:]", service["TemporaryFileSystem"]), f"{name} sees {served[1]}"


def servers(keeper):
    return {client: f"{joined.writer(client)}.service" for client in keeper.policy.clients}


def test_units_are_as_they_were_written(machine, units):
    for name, service in units["services"].items():
        assert not service["DropInPaths"], f"{name} is changed by {service['DropInPaths']}"
        assert service["NeedDaemonReload"] == "no", f"{name} was edited and systemd does not know it yet"
