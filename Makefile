# `make help` lists the targets; docs/targets.md says more about each.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ENV ?= dev

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-18s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(VENV)/.installed .venv-emulator/.installed ## Create the virtual environments and install the pinned packages and catalogctl

$(VENV)/.installed: requirements.txt requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# The emulator runs the functions in its own Python: nothing else may be in there, so that a package that the zip lacks is missing in tests, too.
.venv-emulator/.installed: requirements-emulator.txt
	$(PYTHON) -m venv .venv-emulator
	.venv-emulator/bin/pip install --quiet --disable-pip-version-check -r requirements-emulator.txt
	touch $@

.PHONY: lock
lock: setup ## Resolve requirements*.in again into the pinned requirements*.txt
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate --quiet --upgrade requirements.in -o requirements.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate --quiet --upgrade requirements-dev.in -o requirements-dev.txt

.PHONY: demo
demo: setup ## Take 25,000 rows through every step on the local AWS, and show each row's outcome
	$(BIN)/python -m local demo

.PHONY: up
up: setup ## Start the local AWS with the app and the Amazon simulator, and leave it running
	$(BIN)/python -m local up

.PHONY: down
down: setup ## Stop the local AWS
	$(BIN)/python -m local down

.PHONY: test
test: setup ## Run all tests: unit, contract, end-to-end on the emulator; coverage of chalicelib
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

.PHONY: lint
lint: setup ## Check style, types, the direction of imports, and the state machine
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m packager.lint_state_machine

.PHONY: check
check: lint test ## lint and test

.PHONY: bench
bench: setup ## Measure speed and memory as ratios against named baselines
	$(BIN)/python -m benchmarks

.PHONY: clean
clean: ## Remove everything that make has made
	rm -rf $(VENV) .venv-* .build .local .coverage .coverage.* .hypothesis .mypy_cache .ruff_cache .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
