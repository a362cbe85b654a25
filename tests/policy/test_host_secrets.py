"""Secrets stand in their own files and nowhere else."""


def test_no_secret_outside_its_file(machine, leaks):
    found = [f"{leak['secret']} in {leak['place']}" for leak in leaks["found"]]
    assert not found, f"a secret stands where it must not: {'; '.join(found)}"


def test_secrets_were_looked_for(machine, leaks):
    assert leaks["secrets"], f"{machine.host} has no secret to look for"
    assert leaks["places"] > 1, "there was nothing to search"
