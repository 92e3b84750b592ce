# Stammis. `make demo` shows it, `make test` proves it; both do all set-up themselves.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV := uv==0.13.9
BIN := .venv/bin
DEMO := demo

.PHONY: help setup demo demo-broken ui test lint picture proof torture bench clean

help:  ## Show these lines
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: .venv/ready  ## Install everything into .venv, from the lock

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
		|| { echo "Stammis needs Python 3.11: install it, or run make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "This Python cannot make a virtual environment. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Setting up .venv (once, a minute or so) ..."
	@$(PYTHON) -m venv --clear .venv
	@if $(BIN)/python -m pip install -q --disable-pip-version-check $(UV); then \
		$(BIN)/uv pip sync -q --compile-bytecode --python $(BIN)/python requirements.lock && \
		$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e .; \
	else \
		$(BIN)/python -m pip install -q --no-deps -r requirements.lock && \
		$(BIN)/python -m pip install -q --no-deps -e .; \
	fi
	@$(BIN)/python -m compileall -q stammis
	@touch $@

demo: setup  ## A seeded shop, a real Prefect server, one run: everything into demo/
	@$(BIN)/stammis demo --data $(DEMO)

demo-broken: setup  ## The same with a slip in the points: one journey is held, the others are sent
	@$(BIN)/stammis demo --data $(DEMO) --broken

ui: setup  ## The Prefect UI with the demo's runs, until Ctrl-C
	@$(BIN)/stammis demo --data $(DEMO) --ui

test: lint  ## Lint, types and all tests
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: setup  ## Style of Python and SQL, types, templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar dbt_project
	@$(BIN)/stammis lint

picture: setup  ## Draw the rooms of docs/architecture.md from what they import
	@$(BIN)/python -m tests.support.picture

proof: setup  ## What the issues promise, on the sample exports (minutes)
	@$(BIN)/python -m tests.proofs
	@$(BIN)/python -m tests.proofs.golden_fortnight

torture: setup  ## Kill the sender 220 times and runs 55 times; nothing may be sent twice, lost or left half built
	@$(BIN)/python -m tests.proofs.torture_deliver
	@$(BIN)/python -m tests.proofs.torture_run
	@$(BIN)/python -m tests.proofs.torture_tick
	@$(BIN)/python -m tests.proofs.torture_send
	@$(BIN)/python -m tests.proofs.torture_send --naive --kills 20

SIZE := S
bench: setup  ## What runs cost: beside dbt's, and a rebuild of 10k customers (SIZE=M: a million) beside a bare script
	@$(BIN)/python -m tests.bench tick
	@$(BIN)/python -m tests.bench unify --size $(SIZE)

clean:  ## Remove the demo and everything built; .venv stays
	@rm -rf $(DEMO) data dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache .stammis_cache
