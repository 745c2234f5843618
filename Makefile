# What you can do here. `make` alone lists it.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.svarut-ready

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(STAMP) ## make .venv with exactly the locked packages

# The lock is complete, so pip need not resolve again (--no-deps); every file is checked by hash.
$(STAMP): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP) ## 240 letters from inbox to workbook, three simulated days, no server, no network
	$(BIN)/svarut demo

# Two for each processor, since many tests wait: for schedules, servers, processes that start.
TESTERS ?= $(shell echo $$((2 * $$(nproc))))
test: $(STAMP) ## every test; what this machine lacks is skipped with its reason
	$(BIN)/python -m pytest --numprocesses=$(TESTERS) --dist=worksteal

SEEDS ?= 1-200
LETTERS ?= 2000
JOBS ?= 1
faults: $(STAMP) ## 200 seeded nights of 2,000 letters in which much goes wrong; SEEDS=17 runs one
	$(BIN)/python -W ignore tests/faults/run_seeds.py --seeds $(SEEDS) --letters $(LETTERS) --jobs $(JOBS)

soak: $(STAMP) ## 30 simulated days of 2,000 letters: does anything grow but the data?
	$(BIN)/python -W ignore tests/soak/run_days.py

check: $(STAMP) ## format, lint, types, the arrows between the rooms, and known faults in what we use
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/audit

format: $(STAMP) ## put the code in its usual shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP) ## measure the steps beside the cost of their unavoidable part
	$(BIN)/python benchmarks/steps_of_a_night.py
	$(BIN)/python benchmarks/dispatch.py
	$(BIN)/python benchmarks/intake.py
	$(BIN)/python benchmarks/receipts.py
	$(BIN)/python benchmarks/sftp.py
	$(BIN)/python benchmarks/assembly.py
	$(BIN)/python benchmarks/print_night.py

lock: ## compile requirements.lock anew from pyproject.toml
	$(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --all-extras --no-strip-extras --generate-hashes --no-header \
		--no-emit-index-url --no-emit-find-links --python-version 3.11 pyproject.toml -o requirements.lock

shape: ## list long files and functions; fails nothing
	@git ls-files '*.py' | xargs wc -l | sort -n | awk '$$1 > 300 && $$2 != "total"'

.PHONY: help setup demo test faults soak check format bench lock shape
