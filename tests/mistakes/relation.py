"""What fits no other word of the policy: each word is right by itself. Numbers: the first list's."""

from mistakes.mistake import (
    ACCEPTED,
    ALL,
    DOCS1,
    HIS1,
    HOSTS,
    KEEPERS,
    SERVERS,
    Table,
    append,
    at,
    drop,
    his,
    noted,
    refused,
    site,
    swap,
    write,
)

TABLE = Table()
add = TABLE.add
DOCUMENT = """\
policy__host:
  assets:
    notes:
      owner: dba
      sources: {files: {kind: files, options: {paths: [/srv/notes]}}}
      repository: primary
      schedule: "*-*-* 00:10:00"
      rpo: 26h
      rto: 4h
      retention: {all: 14d}
"""
AGAIN = """\
    again:
      owner: dba
      sources: {database: {kind: postgresql, options: {database: his}}}
      repository: primary
      schedule: "*-*-* 00:10:00"
      rpo: 26h
      rto: 4h
      retention: {all: 14d}
"""

add(
    "41 one asset on two hosts",
    refused(at(DOCS1, "    his:"), "docs1", "his1", "'his'"),
    swap(DOCS1, "    documents:", "    his:"),
)
add(
    "42 an asset in policy__all",
    refused(at(ALL, "    notes:"), "an asset belongs to a host", most=2),
    append(ALL, DOCUMENT.removeprefix("policy__host:\n")),
)
add(
    "64 an owner that is nobody",
    refused(at(HIS1, "owner: dbaa"), "did you mean 'dba'?"),
    his("owner: dba", "owner: dbaa"),
)
add(
    "64 a repository that is none",
    refused(at(HIS1, "repository: prim"), "did you mean 'primary'?"),
    his("repository: primary", "repository: primry"),
)
add(
    "64 a drill host that is none",
    refused(at(HIS1, "host: drill2"), "did you mean 'drill1'?"),
    his("host: drill1", "host: drill2"),
)
add(
    "64 a repository's host that is none",
    refused(at(ALL, "backup2"), "did you mean 'backup1'?"),
    site("host: backup1", "host: backup2"),
)
add("65 a deputy of oneself", refused(at(ALL, "it_head: {"), "deputy"), site("deputy: dba", "deputy: it_head"))
add(
    "66 a contact without telephone and mail",
    noted(at(ALL, "it_head: {"), "neither phone nor mail"),
    site('name: Head of IT, phone: "+420 555 0100", mail: it@hospital.example', "name: Head of IT"),
)
add(
    "67 a repository on a host outside backup_hosts",
    refused(at(ALL, "host: docs1"), "backup_hosts"),
    site("host: backup1", "host: docs1"),
)
add(
    "67 a repository on a drill host",
    refused(at(ALL, "host: drill1"), "backup_hosts"),
    site("host: offsite1", "host: drill1"),
)
add("69 a repository without host", refused(at(ALL, "offsite: {kind"), "host"), site(", host: offsite1", ""))
add(
    "70 off-site on the host of primary",
    refused(at(ALL, "offsite: {"), "backup1 keeps primary, too"),
    site("host: offsite1", "host: backup1"),
)
add(
    "70 removable on the host of primary",
    refused(at(ALL, "offsite: {"), "lost together"),
    site("place: offsite, host: offsite1", "place: removable, host: backup1"),
)
add(
    "two repositories at one place",
    refused(at(ALL, "second: {kind"), "primary", "backup1"),
    site("    offsite: {", "    second: {kind: rest_server, place: primary, host: backup1}\n    offsite: {"),
)
add(
    "place local for a served repository",
    refused(at(ALL, "primary: {kind"), "local"),
    site("place: primary", "place: local"),
)
add(
    "72 a drill on a host outside drill_hosts",
    refused(at(HIS1, "host: docs1"), "drill_hosts"),
    his("host: drill1", "host: docs1"),
)
add(
    "73 a drill on the server itself",
    refused(at(HIS1, "host: his1"), "another machine"),
    his("host: drill1", "host: his1"),
)
add(
    "73 a drill on a backup host",
    refused(at(HIS1, "host: backup1"), "backup host"),
    his("host: drill1", "host: backup1"),
)
add(
    "74 an asset on a host outside servers",
    refused(at("host_vars/drill1/policy.yml", "    notes:"), "servers"),
    write("host_vars/drill1/policy.yml", DOCUMENT),
)
add(
    "74 an asset on a backup host",
    refused(at("host_vars/backup1/policy.yml", "    notes:"), "servers"),
    write("host_vars/backup1/policy.yml", DOCUMENT),
)
add(
    "74 a host of no group with an asset",
    refused(at("host_vars/lone1/policy.yml", "    notes:"), "servers"),
    swap(HOSTS, "  children:", "  hosts: {lone1: {}}\n  children:"),
    write("host_vars/lone1/policy.yml", DOCUMENT),
)
add(
    "a second server",
    ACCEPTED,
    swap(HOSTS, "        docs1:", "        notes1: {ansible_host: 192.0.2.13}\n        docs1:"),
    write("host_vars/notes1/policy.yml", DOCUMENT),
)
add(
    "75 PostgreSQL on a host outside postgresql_hosts",
    refused(at(HIS1, "kind: postgresql"), "postgresql_hosts"),
    swap(HOSTS, "    postgresql_hosts:\n      hosts:\n        his1:\n", ""),
)
add(
    "75 MariaDB on a host outside mariadb_hosts",
    refused(at(HIS1, "kind: mariadb"), "mariadb_hosts"),
    his("kind: postgresql", "kind: mariadb"),
)
add(
    "MariaDB in its group",
    ACCEPTED,
    his("kind: postgresql", "kind: mariadb"),
    swap(HOSTS, "postgresql_hosts", "mariadb_hosts"),
)
add(
    "77 a drill of files with kind database",
    refused(at(DOCS1, "drill:"), "files"),
    append(DOCS1, "      drill: {host: drill1, every: 31d}\n"),
)
add("77 a drill of files", ACCEPTED, append(DOCS1, "      drill: {host: drill1, every: 31d, kind: files}\n"))
add(
    "77 a drill of a database with kind files",
    refused(at(HIS1, "kind: files"), "database"),
    his("every: 31d", "every: 31d\n        kind: files"),
)
add(
    "77 a drill of a database with kind machine",
    refused(at(HIS1, "kind: machine"), "machine"),
    his("every: 31d", "every: 31d\n        kind: machine"),
)
add(
    "78 asks for a part that is not there",
    refused(at(HIS1, "asks:"), "database.lis"),
    his("every: 31d", "every: 31d\n        asks: database.lis"),
)
add(
    "all databases, and none is asked",
    refused(at(HIS1, "drill:"), "asks", "database.NAME"),
    his("{database: his}", "{all: true}"),
)
add(
    "all databases, and one is asked",
    ACCEPTED,
    his("{database: his}", "{all: true}"),
    his("every: 31d", "every: 31d\n        asks: database.his"),
)
add(
    "all databases, and no questions",
    ACCEPTED,
    his("{database: his}", "{all: true}"),
    drop(HIS1, "expectations:"),
    drop(HIS1, "patients:"),
)
add("asks for the database that is there", ACCEPTED, his("every: 31d", "every: 31d\n        asks: database"))
add(
    "expectations of files",
    refused(at(DOCS1, "drill:"), "expectations"),
    append(
        DOCS1, "      drill: {host: drill1, every: 31d, kind: files, expectations: {x: {sql: select 1, equals: 1}}}\n"
    ),
)
add(
    "102 one database in two assets",
    refused(at(HIS1, "kind: postgresql"), "again takes, too"),
    swap(
        HIS1,
        "  checks:\n",
        AGAIN + "  checks:\n",
    ),
)
add(
    "102 overlapping folders",
    refused(at(DOCS1, "paths:"), "lies in /srv/documents"),
    swap(DOCS1, "paths: [/srv/documents]", "paths: [/srv/documents, /srv/documents/old]"),
)
add(
    "103 the site in one host's policy",
    refused(at(HIS1, "  site:"), "policy__all"),
    append(HIS1, "  site: {timezone: UTC}\n"),
)
add(
    "the site in a group's policy",
    refused(at(SERVERS, "  site:"), "policy__all"),
    append(SERVERS, "  site: {timezone: UTC}\n"),
)
add("another version in one host's policy", refused(at(HIS1, "  version:"), ""), append(HIS1, "  version: 2\n"))
add(
    "control in one host's policy",
    refused(at(HIS1, "  control:"), "policy__all"),
    append(HIS1, "  control: {rpo: 9d}\n"),
)
add(
    "control in a repository of the site",
    refused(at(ALL, "repository: primary"), "offsite"),
    site("repository: offsite", "repository: primary"),
)
add(
    "control named as a host",
    refused(at(ALL, "name: his1"), "his1"),
    site("    rpo: 8d", "    rpo: 8d\n    name: his1"),
)
add(
    "a repository known to one host only",
    refused(at(HIS1, "host: drill1"), "drill1", "policy__all"),
    his("repository: primary", "repository: tape"),
    append(HIS1, "  repositories:\n    tape: {kind: rest_server, place: offsite, host: offsite1}\n"),
)
add("a copy to its own repository", refused(at(HIS1, "to: primary"), "primary"), his("to: offsite", "to: primary"))
add(
    "two copies to one repository",
    refused(at(HIS1, "offsite: {"), "offsite", "again"),
    his("      copies:\n", "      copies:\n        again: {to: offsite, calendar: last day}\n"),
)
add(
    "a copy in a name of a repository that is none",
    refused(at(HIS1, "to: offsit,"), "did you mean 'offsite'?"),
    his("to: offsite", "to: offsit"),
)
add(
    "groups that disagree",
    refused(at("group_vars/postgresql_hosts/policy.yml", "root_disk:"), "policy__servers"),
    write(
        "group_vars/postgresql_hosts/policy.yml",
        "policy__postgresql_hosts:\n  checks:\n    root_disk: {options: {warn_below: 30%}}\n",
    ),
)
add(
    "a repository of a group that no host has",
    refused(at(KEEPERS, "host: bakup1"), "did you mean 'backup1'?"),
    append(KEEPERS, "  repositories:\n    third: {kind: rest_server, place: primary, host: bakup1}\n"),
)
add(
    "a check on a mount point that is relative",
    refused(at(KEEPERS, "path: srv"), "absolute"),
    swap(KEEPERS, "path: /srv", "path: srv"),
)
add(
    "115 no control",
    ACCEPTED,
    drop(ALL, "control:"),
    drop(ALL, "    owner:"),
    drop(ALL, "    repository:"),
    drop(ALL, "    rpo:"),
    drop(ALL, "    rto:"),
    drop(ALL, "    retention:"),
    drop(ALL, "    safe:"),
)
