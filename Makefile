# `make help` lists the targets; docs/targets.md says more about each.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ENV ?= dev
ARCHITECTURE ?= arm64
PYTHON_VERSION ?= 3.13
PLAN ?=
TERRAFORM := terraform -chdir=terraform
VARIABLES := environments/$(ENV).tfvars
BACKEND := environments/$(ENV).tfbackend

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
test: setup ## Run all tests but Terraform's: unit, contract, end-to-end on the emulator; coverage of chalicelib
	$(BIN)/pytest -n 2 --dist loadgroup --no-loadscope-reorder --cov --cov-report=term -q

.PHONY: lint
lint: setup ## Check style, types, the direction of imports, and the state machine
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m packager.lint_state_machine

.PHONY: check
check: lint test ## lint and test

.venv-checkov/.installed: requirements-checkov.txt
	$(PYTHON) -m venv .venv-checkov
	.venv-checkov/bin/pip install --quiet --disable-pip-version-check -r requirements-checkov.txt
	touch $@

.PHONY: package
package: setup ## Package the app for Lambda, for Terraform to deploy (ARCHITECTURE=arm64|x86_64, PYTHON_VERSION=3.13)
	$(BIN)/python -m packager --output terraform --environment $(ENV) --architecture $(ARCHITECTURE) --python $(PYTHON_VERSION)

# The package is there and current, the environment's files are there, and the state is that environment's.
.PHONY: terraform-ready
terraform-ready: setup
	@command -v terraform >/dev/null || { echo "make: Terraform is not installed; docs/deploy.md says which version" >&2; exit 1; }
	@for file in $(VARIABLES) $(BACKEND); do test -f terraform/$$file || { echo "make: terraform/$$file is missing: copy terraform/environments/$(ENV).$${file##*.}.example and fill it in (docs/deploy.md)" >&2; exit 1; }; done
	@$(BIN)/python -m packager --check --output terraform
	$(TERRAFORM) init -input=false -reconfigure -backend-config=$(BACKEND)

.PHONY: plan
plan: terraform-ready ## Show what Terraform would change in an environment (ENV=dev), and keep the plan
	$(TERRAFORM) plan -input=false -var-file=$(VARIABLES) -out=$(ENV).tfplan

.PHONY: apply
apply: terraform-ready ## Apply to an environment (ENV=dev); PLAN=dev.tfplan applies a plan as it was shown
	$(TERRAFORM) apply $(if $(PLAN),$(PLAN),-var-file=$(VARIABLES))

.PHONY: destroy
destroy: terraform-ready ## Delete an environment (ENV=dev), unless it protects its data
	$(TERRAFORM) destroy -var-file=$(VARIABLES)

.PHONY: check-terraform
check-terraform: setup .venv-checkov/.installed ## Check the Terraform code without an account; says what it skips, and why
	TERRAFORM_TESTS=1 $(BIN)/python -m pytest -rs tests/contract/test_terraform_static.py tests/terraform/test_needs.py tests/terraform/test_checks.py

.PHONY: e2e-terraform
e2e-terraform: setup ## Apply to the emulator with policies checked, twice; process catalogs; hold the policies to what was used
	TERRAFORM_TESTS=1 $(BIN)/python -m pytest -rs --durations=5 tests/terraform/test_applied.py

.PHONY: bench
bench: setup ## Measure speed and memory as ratios against named baselines
	$(BIN)/python -m benchmarks

.PHONY: clean
clean: ## Remove everything that make has made
	rm -rf $(VENV) .venv-* .build .local .coverage .coverage.* .hypothesis .mypy_cache .ruff_cache .import_linter_cache *.egg-info
	rm -rf terraform/chalice.tf.json terraform/deployment.zip terraform/package.json terraform/.terraform terraform/*.tfplan
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
