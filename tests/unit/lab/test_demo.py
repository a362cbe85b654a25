from ops.lab.demo import recap

RECAP = """\
PLAY RECAP *********************************************************************
backup1                    : ok=31   changed=12   unreachable=0    failed=0    skipped=2
his1                       : ok=40   changed={changed}   unreachable=0    failed=0    skipped=0
"""


def test_a_recap_counts_machines_and_changes():
    assert recap(RECAP.format(changed=3)) == "2 machines, 15 changes"


def test_a_run_that_changed_nothing_says_so():
    text = RECAP.format(changed=0).replace("changed=12", "changed=0")
    assert recap(text) == "2 machines, nothing to change"
