# `make run` and `make test` need Python 3.11 or later, git and make; nothing else.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
COMPILE := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
CODE := console messaging senders tests manage.py
N ?= 100000
.DEFAULT_GOAL := help
.PHONY: help run test test-services lint format types layers check audit bench messages lock clean

help:  ## these lines
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

run: .venv/production  ## start everything; Ctrl-C stops it
	@exec $(BIN)/python manage.py up

test: .venv/development  ## every test, on an embedded PostgreSQL
	$(BIN)/pytest -n 2 --dist loadgroup

test-services: .venv/development  ## the end-to-end tests over DATABASE_URL and CELERY_BROKER_URL
	$(BIN)/pytest -m end_to_end

lint: .venv/development  ## style of code and templates
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/djlint --quiet --lint templates

format: .venv/development  ## put code into its form
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

types: .venv/development  ## mypy
	$(BIN)/mypy

layers: .venv/development  ## which module may import which
	$(BIN)/lint-imports

check: .venv/development  ## settings of production, and that no migration is missing
	$(BIN)/python manage.py makemigrations --check --dry-run
	.ci/check_production $(BIN)/python

audit: .venv/development  ## weaknesses in our code (bandit) and in what it stands on (pip-audit)
	$(BIN)/bandit --quiet --configfile pyproject.toml --confidence-level medium --recursive console messaging senders
	$(BIN)/python .ci/audit_locks

bench: .venv/development  ## how fast, with N=1000000 messages
	$(BIN)/python manage.py bench --count $(N)

messages: .venv/development  ## gather strings for translation (needs gettext)
	$(BIN)/python manage.py makemessages --locale ko --no-obsolete --no-wrap --no-location --ignore '.venv/*' --ignore 'var/*' --ignore 'tests/*' --ignore 'tmp/*'

lock:  ## resolve dependencies anew (needs uv)
	$(COMPILE) --output-file requirements/production.txt
	$(COMPILE) --extra development --output-file requirements/development.txt

clean:  ## remove the virtual environment and caches; the data in var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# A stamp is newer than its lock as long as what it stands for is installed.
.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Bongsu needs Python 3.11 or later: PYTHON=python3.11 make run")'
	$(PYTHON) -m venv .venv

.venv/production: requirements/production.txt | .venv/bin/python
	$(INSTALL) -r requirements/production.txt
	@touch $@

.venv/development: requirements/development.txt | .venv/bin/python
	$(INSTALL) -r requirements/development.txt
	@touch $@ .venv/production
