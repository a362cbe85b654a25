"""Files: secrets are root's alone, the policy is the one that the inventory compiles to."""

from fnmatch import fnmatch

import acts_wanted

CREDENTIALS = "/etc/seawall/credentials"
FOLDERS = {
    "/etc/seawall": ("0750", "root", "seawall"),
    CREDENTIALS: ("0700", "root", "root"),
    "/var/lib/seawall": ("0750", "root", "seawall"),
    "/var/lib/seawall/keys": ("0750", "root", "seawall"),
    "/var/lib/seawall/state": ("0750", "seawall", "seawall"),
    "/var/lib/seawall/ledger": ("0750", "seawall", "seawall"),
    "/var/cache/seawall": ("0750", "root", "seawall"),
    "/var/cache/seawall/root": ("0700", "root", "root"),
    "/run/seawall": ("0750", "root", "seawall"),
    "/run/seawall/account": ("0750", "seawall", "seawall"),
    "/run/seawall/root": ("0700", "root", "root"),
}
OF_DRILLS = {
    "/var/lib/seawall/drills": ("0700", "root", "root"),
    "/var/lib/seawall/trees": ("0700", "root", "root"),
}
PUBLIC = ("*/ledger.pub", "*/allowed_signers", "*/ca.pem", "*.key.pub")
EVERYWHERE = ("ca.pem", "ledger.key", "ledger.key.pub")
ON_KEEPERS = ("tls.pem", "tls.key")
OF_READERS = "reader-*.password"  # restic passwords of drill hosts' keys, which the repository's owner adds


def test_folders_are_closed_to_others(machine, files):
    for path, meant in (FOLDERS | (OF_DRILLS if machine.policy.drills else {})).items():
        assert path in files["paths"], f"{path} is not there"
        assert shown(files, path) == meant, f"{path} is {' '.join(shown(files, path))}, wanted {' '.join(meant)}"


def test_secrets_belong_to_root_alone(machine, files):
    secret = [path for path in files["paths"] if path.startswith(f"{CREDENTIALS}/") and not public(path)]
    for path in secret:
        found = shown(files, path)
        assert found == ("0600", "root", "root"), f"{path} is {' '.join(found)}, wanted 0600 root root"


def test_only_its_owners_read_what_is_kept(machine, files):
    kept = {path: facts for path, facts in files["paths"].items() if not facts["folder"] and not public(path)}
    open_ones = [path for path, facts in kept.items() if facts["world"]]
    assert not open_ones, f"every account of the machine can read {', '.join(open_ones)}"


def test_a_machine_has_its_own_secrets_and_no_others(machine, files, site):
    names = {path.rpartition("/")[2] for path in files["paths"] if path.startswith(f"{CREDENTIALS}/")}
    acts = [act for act in acts_wanted.acts(site.policies) if act.host == machine.host]
    needed = set().union(*(act.secrets for act in acts)) | (set(ON_KEEPERS) if machine.policy.clients else set())
    missing = needed - names
    assert not missing, f"{machine.host} lacks {', '.join(sorted(missing))}"
    strange = {name for name in names - needed - set(EVERYWHERE) if not (machine.policy.assets and reader_key(name))}
    assert not strange, f"{machine.host} has secrets it does not need: {', '.join(sorted(strange))}"


def test_policy_file_can_be_read_by_the_agent_and_changed_by_root_only(machine, files):
    path = "/etc/seawall/policy.json"
    assert path in files["paths"], f"{path} is not there"
    found = shown(files, path)
    assert found == ("0640", "root", "seawall"), f"{path} is {' '.join(found)}, wanted 0640 root seawall"


def test_policy_is_the_inventory_s(machine, files, site):
    assert files["policy_digest"] == site.digests[machine.host], (
        "policy.json is not what the inventory compiles to: run playbooks/site.yml"
    )


def shown(files, path):
    facts = files["paths"][path]
    return facts["mode"], facts["owner"], facts["group"]


def public(path):
    return any(fnmatch(path, pattern) for pattern in PUBLIC)


def reader_key(name):
    return fnmatch(name, OF_READERS)
