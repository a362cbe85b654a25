"""What Ansible does not read, or reads as something else, and what is missing then. Numbers: the first list's."""

from mistakes.mistake import (
    ACCEPTED,
    ALL,
    DOCS1,
    HIS1,
    HOSTS,
    SERVERS,
    UPS,
    Table,
    append,
    at,
    drop,
    his,
    move,
    noted,
    recode,
    refused,
    remove,
    site,
    swap,
    write,
)

TABLE = Table()
add = TABLE.add
VARS = {"all": "all:\n  vars: {{policy__all: {}}}\n", "servers": "    servers:\n      vars: {{policy__servers: {}}}\n"}
INI = """\
[servers]
his1 ansible_host=192.0.2.11
docs1 ansible_host=192.0.2.12
[backup_hosts]
backup1 ansible_host=192.0.2.21
offsite1 ansible_host=198.51.100.21
[drill_hosts]
drill1 ansible_host=192.0.2.31
[postgresql_hosts]
his1
[ups_hosts]
his1
"""

add(
    "6 group backup_host in hosts.yml",
    refused(at(HOSTS, "    backup_host:"), "is backup_hosts meant?"),
    swap(HOSTS, "    backup_hosts:", "    backup_host:"),
)
add(
    "group server in hosts.yml",
    refused(at(HOSTS, "    server:"), "is servers meant?"),
    swap(HOSTS, "    servers:", "    server:"),
)
add(
    "8 policy__server",
    refused(at(SERVERS, 2), "no group 'server'", "did you mean 'servers'?"),
    swap(SERVERS, "policy__servers:", "policy__server:"),
)
add(
    "9 one underscore in policy_host",
    refused(at(HIS1, "policy_host:"), "policy__host"),
    his("policy__host:", "policy_host:"),
)
add(
    "three underscores",
    refused(at(HIS1, "policy___host:"), "did you mean 'host'?"),
    his("policy__host:", "policy___host:"),
)
add("a hyphen in policy-host", refused(at(HIS1, "policy-host:"), "policy__host"), his("policy__host:", "policy-host:"))
add("polcy__all", refused(at(ALL, "polcy__all:"), "policy__all"), site("policy__all:", "polcy__all:"))
add("Policy__host", refused(at(HIS1, "Policy__host:"), "policy__host"), his("policy__host:", "Policy__host:"))
add(
    "policy_servers",
    refused(at(SERVERS, "policy_servers:"), "policy__servers"),
    swap(SERVERS, "policy__servers:", "policy_servers:"),
)
add("policies__host", refused(at(HIS1, "policies__host:"), "policy__host"), his("policy__host:", "policies__host:"))
add(
    "10 policy__his1",
    refused(at(HIS1, "policy__his1:"), "no group 'his1'"),
    his("policy__host:", "policy__his1:"),
)
add(
    "11 policy__all in host_vars",
    refused(at(HIS1, "policy__all:"), "belongs in group_vars/all"),
    append(HIS1, "policy__all:\n  version: 1\n"),
)
add("12 assets without policy__host", refused(at(HIS1, "assets:"), "policy__host"), drop(HIS1, "policy__host:"))
add("12 assets before the first column", refused(at(HIS1), ""), his("policy__host:\n  assets:", "assets:"))
add("13 two hosts with one name", refused(at(HOSTS, "192.0.2.12"), "his1"), swap(HOSTS, "docs1: {", "his1: {"))
add(
    "a group twice in hosts.yml",
    refused(at(HOSTS), "backup_hosts"),
    append(HOSTS, "    backup_hosts:\n      hosts:\n        docs1:\n"),
)
add(
    "15 ansible_hots",
    noted(at(HOSTS, "ansible_hots"), "ansible_host"),
    swap(HOSTS, "his1: {ansible_host", "his1: {ansible_hots"),
)
for address in ("192.0.2.311", "192.0.2", "192.0.2.11.1", "192.0.2..11"):
    add(
        f"15 an address {address}",
        noted(at(HOSTS, f"{address}}}"), "no address"),
        swap(HOSTS, "192.0.2.11}", f"{address}}}"),
    )
for address in ("his1.hospital.example", '"2001:db8::11"', '"{{ address }}"'):
    add(f"15 an address {address}", ACCEPTED, swap(HOSTS, "192.0.2.11}", f"{address}}}"))
add("17 hosts.yml empty", refused(at(HOSTS, 1), "is empty"), write(HOSTS, ""))
add("17 hosts.yml of comments", refused(at(HOSTS, 1), "no host"), write(HOSTS, "# hosts\n# follow\n"))
add("18 hosts.yml missing", refused(None, "no file here names hosts"), remove(HOSTS))
add(
    "18 an empty folder",
    refused(None, "no file here names hosts"),
    remove(HOSTS),
    remove("group_vars"),
    remove("host_vars"),
)
add(
    "19 hosts as a list of names",
    refused(at(HOSTS, 6), "a list", "colon"),
    write(HOSTS, "---\nall:\n  children:\n    servers:\n      hosts:\n        - his1\n        - docs1\n"),
)
add(
    "19 hosts as one text",
    ACCEPTED,
    swap(HOSTS, "      hosts:\n        drill1: {ansible_host: 192.0.2.31}", "      hosts: drill1"),
)
add(
    "children as a list",
    refused(at(HOSTS), ""),
    write(HOSTS, "---\nall:\n  children:\n    - servers\n    - backup_hosts\n"),
)
add("host for hosts", refused(at(HOSTS), "hosts"), swap(HOSTS, "      hosts:", "      host:"))
add("childs for children", refused(at(HOSTS), "children"), swap(HOSTS, "  children:", "  childs:"))
add("groups without all", ACCEPTED, swap(HOSTS, "all:\n  children:\n", ""))
add(
    "21 his1 without a colon",
    refused(at(HOSTS, "        his1"), "colon"),
    swap(HOSTS, "his1: {ansible_host: 192.0.2.11}", "his1"),
)
add("22 a path that is not there", refused(None, "there is no inventory"), path="nope")
add("23 one policy file as the inventory", refused(at(ALL), ""), path=ALL)
add("24 hosts.yml as the inventory", ACCEPTED, path=HOSTS)
add(
    "26 the folder of another group",
    refused(at("group_vars/backup_host/policy.yml", 2), "group_vars/backup_hosts"),
    move("group_vars/backup_hosts", "group_vars/backup_host"),
)
add("27 an empty host policy", noted(at(HIS1), "his1", "asset"), write(HIS1, ""))
add("27 a host policy of comments", noted(at(HIS1), "his1", "asset"), write(HIS1, "---\n# to come\n"))
add("27 policy__host without anything", refused(at(HIS1, "policy__host:"), "nothing"), write(HIS1, "policy__host:\n"))
add("a server without any file", noted(None, "his1", "asset"), remove("host_vars/his1"))
add("assets without any", noted(None, "docs1", "asset"), write(DOCS1, "policy__host:\n  assets: {}\n"))
add("assets of nothing", refused(at(DOCS1, "assets:"), "nothing"), write(DOCS1, "policy__host:\n  assets:\n"))
add("29 an empty policy__all", refused(at(ALL), "policy__all", most=3), write(ALL, ""))
add("29 no policy__all", refused(None, "policy__all", most=3), remove(ALL))
add("30 a key twice", refused(at(HIS1, "rpo: 27h"), "rpo", "13"), his("      rto: 4h", "      rpo: 27h\n      rto: 4h"))
add(
    "32 policy__host twice in one file",
    refused(at(HIS1), "policy__host"),
    append(HIS1, "policy__host:\n  checks: {}\n"),
)
add(
    "32 policy__host in two files",
    refused(at("host_vars/his1/zz.yml", 1), "policy__host", "policy.yml"),
    write("host_vars/his1/zz.yml", "policy__host: {checks: {}}\n"),
)
add("33 policy.yaml", ACCEPTED, move(HIS1, "host_vars/his1/policy.yaml"))
add(
    "33 an editor's copy beside",
    ACCEPTED,
    write(HIS1 + ".bak", "policy__host: {}\n"),
    write(HIS1 + "~", "policy__host: {}\n"),
)
add(
    "33 host_vars/his1.yml",
    ACCEPTED,
    move("host_vars/docs1/policy.yml", "host_vars/docs1.yml"),
    remove("host_vars/docs1"),
)
add("policy.txt", refused(at("host_vars/his1/policy.txt"), "his1"), move(HIS1, "host_vars/his1/policy.txt"))
add("a folder hostvars", refused(at("hostvars/his1/policy.yml"), "host_vars"), move("host_vars", "hostvars"))
add("a folder host_var", refused(at("host_var/his1/policy.yml"), "host_vars"), move("host_vars", "host_var"))
add("a folder groups_vars", refused(at("groups_vars/all/policy.yml"), "group_vars"), move("group_vars", "groups_vars"))
add("policies beside hosts.yml", refused(at("his1.yml"), "host_vars"), move(HIS1, "his1.yml"))
add(
    "a host of no inventory",
    refused(at("host_vars/hsi1/policy.yml"), "hsi1", "his1"),
    move("host_vars/his1", "host_vars/hsi1"),
)
add(
    "a name in capitals",
    refused(at("host_vars/HIS1/policy.yml"), "HIS1", "his1"),
    move("host_vars/his1", "host_vars/HIS1"),
)
add(
    "a host's folder in group_vars",
    refused(at("group_vars/his1/policy.yml"), "host_vars/"),
    move("host_vars/his1", "group_vars/his1"),
)
add(
    "a group's folder in host_vars",
    refused(at("host_vars/servers/policy.yml"), "group_vars/servers"),
    move("group_vars/servers", "host_vars/servers"),
)
add(
    "a domain behind the host's name",
    refused(at("host_vars/his1.hospital.example/policy.yml"), "his1"),
    move("host_vars/his1", "host_vars/his1.hospital.example"),
)
add(
    "a space behind the host's name",
    refused(at("host_vars/his1 /policy.yml"), "his1"),
    move("host_vars/his1", "host_vars/his1 "),
)
for name in ("ups_device", "ups_devises", "UPS_devices", "ups-devices"):
    add(name, refused(at(UPS, f"{name}:"), "write ups_devices", most=1), swap(UPS, "ups_devices:", f"{name}:"))
add(
    "policies in hosts.yml",
    ACCEPTED,
    swap(HOSTS, "docs1: {ansible_host: 192.0.2.12}", "docs1: {ansible_host: 192.0.2.12, policy__host: {checks: {}}}"),
    drop(DOCS1, "policy__host"),
    write(DOCS1, "{}\n"),
)
add(
    "116 sealed values",
    ACCEPTED,
    write("host_vars/his1/secrets.yml", "x:\n  y: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    6162\n"),
)
add(
    "a file that is sealed as a whole",
    refused(at("host_vars/his1/secrets.yml"), "seal"),
    write("host_vars/his1/secrets.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n"),
)
add(
    "Windows-1250 in hosts.yml",
    refused(at(HOSTS), "UTF-8"),
    swap(HOSTS, "---", "--- # Nemocnice Žďár"),
    recode(HOSTS, "cp1250"),
)
for name, file, body in (("all", ALL, "{version: 1}"), ("servers", SERVERS, "{checks: {}}")):
    add(
        f"policy__{name} in hosts.yml, too",
        refused(at(HOSTS, f"policy__{name}"), "defined twice", f"{file}:2"),
        swap(HOSTS, "all:\n" if name == "all" else "    servers:\n", VARS[name].format(body)),
    )
add(
    "policy__all of a group in hosts.yml, too",
    refused(at(HOSTS, "policy__all"), "defined twice", f"{ALL}:2"),
    swap(HOSTS, "    servers:\n", "    servers:\n      vars: {policy__all: {version: 1}}\n"),
)
add(
    "policy__host in hosts.yml, too",
    refused(at(HOSTS, "policy__host"), "defined twice", f"{HIS1}:2"),
    swap(HOSTS, "192.0.2.11}", "192.0.2.11, policy__host: {checks: {}}}"),
)
add(
    "policy__servers in hosts.yml only",
    ACCEPTED,
    swap(HOSTS, "    servers:\n", VARS["servers"].format("{checks: {}}")),
    remove(SERVERS),
)
add(
    "policy__host of two hosts in hosts.yml",
    ACCEPTED,
    swap(HOSTS, "192.0.2.21}", "192.0.2.21, policy__host: {checks: {}}}"),
    swap(HOSTS, "192.0.2.31}", "192.0.2.31, policy__host: {checks: {}}}"),
)
for what, first, text in (
    ("groups", "[servers]", "[servers]\nhis1 ansible_host=192.0.2.11\n\n[backup_hosts]\nbackup1\n"),
    ("one group", "[servers]", "# our hosts\n[servers]\n"),
    ("a host", "his1", "his1 ansible_host=192.0.2.11\n[servers]\nhis1\n"),
    ("a group's groups", "[all", "; ours\n\n[all:children]\nservers\n"),
):
    add(
        f"hosts.yml as INI: {what}",
        refused(at(HOSTS, first), "INI", "hosts.ini", "YAML", most=1),
        write(HOSTS, text),
    )
for name in ("hosts", "hosts.ini"):
    add(f"INI in {name}", ACCEPTED, remove(HOSTS), write(name, INI))
