"""The role that dumps a database: it reads everything and changes nothing."""

# What taking the files of a cluster while it runs needs more.
BACKUP = ["pg_backup_start(text,boolean)", "pg_backup_stop(boolean)", "pg_create_restore_point(text)"]


def test_role_is_no_superuser(database, role):
    found = role["role"]
    assert found["exists"], f"there is no role {role['role']}"
    unwanted = ("superuser", "create_database", "create_role", *(() if database.taken else ("replication",)))
    powers = [power for power in unwanted if found[power]]
    assert not powers, f"{database.options.user} has {', '.join(powers)}"


def test_role_has_only_the_rights_of_a_dump(database, role):
    name, found = database.options.user, role["role"]
    assert found["member_of"] == ["pg_read_all_data"], (
        f"{name} is a member of {', '.join(found['member_of']) or 'none'}"
    )
    assert found["bypass_rls"], f"{name} has no BYPASSRLS: a dump would leave out rows in silence"
    functions = BACKUP if database.taken else []
    assert found["functions"] == functions, f"{name} may call {found['functions']}, and needs {functions}"
    assert found["replication"] or not database.taken, f"{name} has no REPLICATION: the log would not be kept"
    assert not found["owns"], f"{name} owns {found['owns']} relations"
    assert not found["has_password"], f"{name} has a password"


def test_role_is_set_to_read_only(database, role):
    settings = role["role"]["settings"]
    for setting in ("default_transaction_read_only=on", "lo_compat_privileges=on"):
        assert setting in settings, f"{database.options.user} has no {setting}"


def test_role_reads_and_cannot_write(database, role):
    assert role["readable"], f"user seawall can't read {database.name}: {role['reading']}"
    assert not role["written"], f"{database.options.user} was able to {', '.join(role['written'])}"


def test_role_is_for_seawall_s_account_only(database, role):
    assert not role["strangers"], f"user nobody is let in as {database.options.user}"
