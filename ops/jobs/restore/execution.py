"""Carrying out one step of a restore, and comparing what came of it with the manifest."""

from __future__ import annotations

from ops.jobs.restore.act import Act, Done
from ops.jobs.restore.database import into_database
from ops.jobs.restore.folder import into_folder
from ops.jobs.restore.in_place import in_place
from ops.jobs.restore.plan import Step


def carry_out(act: Act, step: Step) -> Done:
    """Do one step; raise SeawallError when its data can't be brought."""
    if step.folder:
        return into_folder(act, step, step.folder)
    if step.database:
        return into_database(act, step)
    return in_place(act, step)
