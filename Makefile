# Winnow: `make run` and `make test` prepare what they need; Python 3.11+ with venv is enough.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup run test test-full lint bench bench-full lock

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
JOBS ?= 2
# What is installed is told by what the pins say, not by when they were written. To run needs less
# than to test.
sum = $(shell cat $(1) | cksum | tr -c '0-9\n' '-')
TO_RUN := $(VENV)/.to-run-$(call sum,requirements.txt)
TO_TEST := $(VENV)/.to-test-$(call sum,requirements.txt requirements-dev.txt)
PIP := $(PY) -m pip install --disable-pip-version-check --progress-bar off --require-hashes
# Names each package as it comes.
NAMED := sed -n 's/^Collecting \([^ ;]*\).*/  \1/p'
KERNELS := $(VENV)/.kernels
# The suite waits more than it works. A file's tests stay together: they share what they start.
SIDE_BY_SIDE := -n $(JOBS) --dist loadfile
# In CI a test that fails is tried once more and told as RERUN: its machine is not ours alone. By
# hand it fails at once.
AGAIN := $(if $(CI),--reruns 1 -rR)

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

$(TO_RUN):
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Winnow needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	@echo "Making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@echo "Installing what Winnow needs to run:"
	@$(PIP) -r requirements.txt | $(NAMED)
	@rm -f $(VENV)/.to-run-*
	@touch $@

$(TO_TEST): $(TO_RUN)
	@echo "Installing what its tests and checks need:"
	@$(PIP) -r requirements.txt -r requirements-dev.txt | $(NAMED)
	@rm -f $(VENV)/.to-test-*
	@touch $@

# numba keeps compiled kernels beside their source; a changed source is compiled again.
$(KERNELS): $(TO_RUN) $(shell find classifier -name '*.py' 2>/dev/null)
	@echo "Compiling the filter"
	@$(PY) -m moderation.cli.kernels
	@touch $@

setup: $(KERNELS)  ## prepare .venv to run, and compile the filter

run: $(TO_RUN)  ## start everything in this terminal; Ctrl-C ends it
	@exec ./winnow up

lint: $(TO_TEST)  ## formatting, lint, types, import contracts
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

test: $(TO_TEST) $(KERNELS) lint  ## lint and the test suite
	$(PY) -m pytest -q -rs $(SIDE_BY_SIDE) $(AGAIN)

test-full: $(TO_TEST) $(KERNELS) lint  ## lint and the test suite with its slow cases
	$(PY) -m pytest -q -rs $(SIDE_BY_SIDE) $(AGAIN) -m ""

bench: $(TO_TEST) $(KERNELS)  ## figures beside the budgets, two minutes
	@$(PY) -m tests.bench

bench-full: $(TO_TEST) $(KERNELS)  ## all figures
	@$(PY) -m tests.bench --full

lock: $(TO_TEST)  ## write requirements*.txt from requirements*.in
	$(VENV)/bin/pip-compile --quiet $(LOCK_OPTIONS) --output-file=requirements.txt requirements.in
	$(VENV)/bin/pip-compile --quiet $(LOCK_OPTIONS) --output-file=requirements-dev.txt requirements-dev.in

LOCK_OPTIONS := --allow-unsafe --generate-hashes --strip-extras \
	--no-emit-find-links --no-emit-index-url --no-emit-trusted-host
