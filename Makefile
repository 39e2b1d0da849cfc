# The handful of commands that .ci/run runs, by name. The environment: make setup, once.
PYTHON ?= python3
.DEFAULT_GOAL := help
.PHONY: help setup test lint format types risks docs site ci

help:    ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1\t/p' Makefile

setup:   ## .venv with everything that the tests need
	$(PYTHON) -m venv --upgrade-deps .venv && .venv/bin/pip install -q -c tests/constraints.txt '.[dev,models,llm]'

test:    ## every test, or some: make test ONLY=tests/ingest
	.venv/bin/python -m pytest $(ONLY)

lint:    ## lint and format, as CI looks at them
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

format:  ## mend what can be mended
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

types:   ## types, strict
	.venv/bin/mypy

risks:   ## what is risky in the code
	.venv/bin/bandit -q -c pyproject.toml -r .

docs:    ## the pages of docs/ that the code writes: settings and commands
	.venv/bin/python -m tests.generate_docs

site:    ## docs/ as a site in build/site; needs pip install '.[docs]'
	.venv/bin/mkdocs build --strict

ci:      ## what must hold for every commit, on clean clones
	.ci/run
