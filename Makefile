# Everything a person types. Each target sets up what it needs first; the second time that costs nothing.
SHELL = /bin/sh
PYTEST = .venv/bin/pytest
export LC_ALL = C.UTF-8

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: ## install what the control machine and the lab need
	@ops/lab/setup.sh

demo: setup ## boot the lab and show the whole main job; safe to repeat
	@.venv/bin/seawall demo

demo-down: setup ## remove all that the demo made (CACHES=1: also what makes it quick)
	@.venv/bin/seawall lab down $(if $(CACHES),--caches)

test: setup ## all rings: lint, unit, contract, control, real restic, lab, drills
	@.venv/bin/python -m tests.rings

lint: setup ## ruff, mypy, import contracts, yamllint, ansible-lint, sizes and words
	@$(PYTEST) tests/lint

unit: setup ## the daily round
	@$(PYTEST) tests/unit tests/contract

bench: setup ## ratios, against the same work done by hand (PARTS=machine: only that)
	@PATH="$$PWD/.cache/bin:$$PATH" .venv/bin/python -m tests.benchmarks $(PARTS)

lock: setup ## resolve requirements.lock anew from pyproject.toml
	@ops/lab/lock.sh

.PHONY: help setup demo demo-down test lint unit bench lock
