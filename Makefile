# Every target sets up what it needs in .venv, inside this clone; nothing is installed elsewhere.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
  command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= auto
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help demo test test-extra lint format bench docs clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "reassure needs Python 3.11 or newer: install it, or name it with make PYTHON=/path/to/python"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) -e .
	@touch $@

$(VENV)/.test: $(VENV)/.core
	$(PIP) -e '.[test,zarr]'
	@touch $@

$(VENV)/.docs: $(VENV)/.core
	$(PIP) -e '.[docs]'
	@touch $@

$(VENV)/.bench: $(VENV)/.core
	$(PIP) -e '.[bench]'
	@touch $@

demo: $(VENV)/.core ## Easley (2007) from the model file to a brief one can read and print
	$(BIN)/reassure brief easley2007 --scenarios 48 --max-replications 32 --out out/easley2007.html

test: $(VENV)/.test lint ## lint, types, layers and the whole test suite, in parallel
	$(BIN)/python -m pytest -n $(WORKERS) -m "not extra"

test-extra: $(VENV)/.test ## the slow and heavy checks that `make test` leaves out
	$(BIN)/python -m pytest -n $(WORKERS) -m extra

lint: $(VENV)/.test ## formatting, lint, strict types, import layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test ## mend formatting
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.bench ## speed against peers, side by side, with the regression guard
	$(BIN)/python benchmarks/run.py

docs: $(VENV)/.docs ## the documentation as a site in docs/_build/html
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo docs/_build/html/index.html

clean: ## remove what the targets made
	rm -rf $(VENV) build dist out docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis
