# Winnow: `make run` and `make test` prepare what they need; Python 3.11+ with venv is enough.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup run test test-full lint bench bench-full lock

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
JOBS ?= 2
PINS := requirements.txt requirements-dev.txt
# What is installed is told by what the pins say, not by when they were written.
STAMP := $(VENV)/.pins-$(shell cat $(PINS) | cksum | tr -c '0-9\n' '-')
KERNELS := $(VENV)/.kernels
# The suite waits more than it works. A file's tests stay together: they share what they start.
SIDE_BY_SIDE := -n $(JOBS) --dist loadfile

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

$(STAMP):
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Winnow needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-dev.txt
	rm -f $(VENV)/.pins-*
	touch $@

# numba keeps compiled kernels beside their source; a changed source is compiled again.
$(KERNELS): $(STAMP) $(shell find classifier -name '*.py' 2>/dev/null)
	$(PY) -m moderation.cli.kernels
	touch $@

setup: $(KERNELS)  ## prepare .venv and compile the classifier's kernels

run: $(KERNELS)  ## start everything in this terminal; Ctrl-C ends it
	@exec $(PY) -m moderation up

lint: $(STAMP)  ## formatting, lint, types, import contracts
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

test: $(KERNELS) lint  ## lint and the test suite
	$(PY) -m pytest -q -rs $(SIDE_BY_SIDE)

test-full: $(KERNELS) lint  ## lint and the test suite with its slow cases
	$(PY) -m pytest -q -rs $(SIDE_BY_SIDE) -m ""

bench: $(KERNELS)  ## figures beside the budgets, two minutes
	@$(PY) -m tests.bench

bench-full: $(KERNELS)  ## all figures
	@$(PY) -m tests.bench --full

lock: $(STAMP)  ## write requirements*.txt from requirements*.in
	$(VENV)/bin/pip-compile --quiet $(LOCK_OPTIONS) --output-file=requirements.txt requirements.in
	$(VENV)/bin/pip-compile --quiet $(LOCK_OPTIONS) --output-file=requirements-dev.txt requirements-dev.in

LOCK_OPTIONS := --allow-unsafe --generate-hashes --strip-extras \
	--no-emit-find-links --no-emit-index-url --no-emit-trusted-host
