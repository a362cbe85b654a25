# Everything a person types. Each target first sets up what it needs; later runs skip that.
SHELL = /bin/sh
PYTEST = .venv/bin/pytest
export LC_ALL = C.UTF-8

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: ## install what the control machine and the lab need
	@ops/lab/setup.sh

demo: setup ## boot the lab and show everything; safe to repeat
	@.venv/bin/seawall demo

demo-down: setup ## remove everything that the demo created (CACHES=1: its caches, too)
	@.venv/bin/seawall lab down $(if $(CACHES),--caches)

test: setup ## all rings: lint, unit, contract, control, real restic, lab, first runs, drills
	@.venv/bin/python -m tests.rings

lint: setup ## ruff, mypy, import contracts, yamllint, ansible-lint, sizes and words
	@$(PYTEST) tests/lint

unit: setup ## the quick tests, for everyday work
	@$(PYTEST) tests/unit tests/contract

real: setup ## real databases all the way, on both releases: up to 40 minutes; writes docs/real-applications.md
	@.venv/bin/python -m tests.real

courses: setup ## 200 power cuts drawn by chance, on the real upsd and upsmon: 10 to 25 minutes; writes into docs/ups.md
	@.venv/bin/python -m tests.courses

disks: setup ## real RAID, SMART and NVMe that fail, in a machine in QEMU: 5 to 15 minutes; writes docs/disks-seen.md
	@SEAWALL_WRITE_PAGES=1 $(PYTEST) tests/disks

bench: setup ## measure Seawall against the same work done by hand (PARTS=machine: only that)
	@PATH="$$PWD/.cache/bin:$$PATH" .venv/bin/python -m tests.benchmarks $(PARTS)

messages: setup ## bring the catalogues of languages to what the source says
	@.venv/bin/python -m ops.fleet.packaging.catalogues renew

lock: setup ## update requirements.lock from pyproject.toml
	@ops/lab/lock.sh

.PHONY: help setup demo demo-down test lint unit real courses disks bench messages lock
