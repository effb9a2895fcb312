# Everything is done from here; CI runs the same targets. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PYTHON_STAMP := $(VENV)/.installed
NODE_STAMP := node_modules/.installed
# What touches nothing but memory runs on every core; servers and what is timed by people run one after the other.
IN_MEMORY := tests/unit tests/flows --numprocesses=logical

.PHONY: help setup browser run serve look check lint types contracts format docs test bench torture-quick torture fresh lock picture clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

setup: $(PYTHON_STAMP) $(NODE_STAMP) ## Make the virtual environment and install what is pinned

$(PYTHON_STAMP): requirements-dev.txt pyproject.toml
	@python=$$(bash scripts/find-python) || exit 1; \
	echo "Installing Python packages into $(VENV) ..."; \
	rm -rf $(VENV) && "$$python" -m venv $(VENV) && \
	$(BIN)/python -m pip install --quiet --no-deps --requirement requirements-dev.txt && \
	$(BIN)/python -m pip install --quiet --no-deps --editable . && \
	touch $@

browser: # For tests that look at what people see.
	@bash scripts/find-chromium >/dev/null

$(NODE_STAMP): package-lock.json
	@bash scripts/check-node && echo "Installing Azurite and what renders cards into node_modules ..." && \
	npm ci --no-audit --no-fund --no-update-notifier --loglevel=error && \
	find node_modules/@octokit/openapi -type f ! -name api.github.com.json ! -name package.json -delete && touch $@

run: setup ## The main job, end to end, without Azure: prints the story and writes out/
	@exec $(BIN)/python -m sandbox.story run

serve: setup ## Keep all of it up until Ctrl-C
	@exec $(BIN)/python -m sandbox.story serve

look: setup ## Make one more check happen on what `make serve` keeps up
	@exec $(BIN)/python -m sandbox.story look

check: $(PYTHON_STAMP) lint types contracts ## The fast part: lint, types, import contracts, unit tests
	@$(BIN)/python -m pytest $(IN_MEMORY)

lint: $(PYTHON_STAMP)
	@$(BIN)/ruff check && $(BIN)/ruff format --check

types: $(PYTHON_STAMP)
	@$(BIN)/mypy

contracts: $(PYTHON_STAMP)
	@$(BIN)/lint-imports --no-logo

format: $(PYTHON_STAMP) ## Put the code in order
	@$(BIN)/ruff check --fix && $(BIN)/ruff format

docs: $(PYTHON_STAMP) ## Write docs/rules anew, from the rules themselves
	@$(BIN)/python -m tests.unit.rules.write_pages

test: setup browser lint types contracts ## Everything, with coverage
	@$(BIN)/python -m pytest $(IN_MEMORY) --cov --cov-report=
	@$(BIN)/python -m pytest tests --ignore=tests/unit --ignore=tests/flows --cov --cov-append --cov-report=term:skip-covered

bench: setup ## What it costs to judge a large fleet, and to tell of 10,000 problems
	@$(BIN)/python -m benchmarks.judging
	@$(BIN)/python -m benchmarks.telling

torture-quick: setup ## Longer proofs, at most ten minutes
	@$(BIN)/python -m pytest tests/torture --torture=quick --numprocesses=logical

torture: setup ## The longest proofs, at most forty minutes
	@$(BIN)/python -m pytest tests/torture --torture=whole --numprocesses=logical --dist=worksteal

fresh: ## Clone HEAD into an empty folder and run the README's two commands there
	@bash scripts/fresh

lock: $(PYTHON_STAMP) ## Compile exact versions from pyproject.toml
	@bash scripts/lock

picture: setup ## Take the README's picture of the page that `make run` wrote (needs Chromium)
	@bash scripts/picture

clean: ## Remove everything that was made
	rm -rf $(VENV) node_modules out .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info
