"""Assessment results against NIST's own schema, where a person put it: nothing is fetched by a test.

.cache/oscal_assessment-results_schema.json    the schema of OSCAL 1.1.2 or 1.2, of a release on GitHub
check-jsonschema                               in the virtual environment, or on the PATH
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from conforming import excusing, facts, packs, policies

from ops.core.run import run
from ops.fleet.conformity.judge import judge
from ops.reports.conformity import oscal

SCHEMA = Path(__file__).parents[3] / ".cache/oscal_assessment-results_schema.json"


@pytest.fixture
def check() -> str:
    program = shutil.which("check-jsonschema", path=f"{SCHEMA.parents[1] / '.venv/bin'}:{os.environ['PATH']}")
    if program is None or not SCHEMA.exists():
        pytest.skip(f"OSCAL's schema: there is no check-jsonschema, or no {SCHEMA.name} in .cache")
    return program


def test_the_results_are_valid_and_spoiled_ones_are_not(check: str, tmp_path: Path) -> None:
    healthy = facts(policies())
    lost = {host: type(one)() for host, one in healthy.ledgers.items()}
    known = type(healthy)(**{**vars(healthy), "ledgers": lost})
    used = packs({"hcf-hemod-po-10": excusing("7.4")})
    content = oscal.render(judge(used, known))
    assert '"deviation-approved"' in content
    right, wrong = tmp_path / "right.json", tmp_path / "wrong.json"
    right.write_text(content)
    run([check, "--schemafile", SCHEMA, right], timeout=120)
    spoiled = json.loads(content)
    del spoiled["assessment-results"]["import-ap"]
    wrong.write_text(json.dumps(spoiled))
    assert run([check, "--schemafile", SCHEMA, wrong], timeout=120, ok=(1,)).code == 1
