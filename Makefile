# Development tasks. Requires python3 (3.11 or newer, with venv), git and make. To start: `make demo`, `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup test browser-test lint types format demo bench bench-peers prove ablate fuzz lock lock-check workflows wheel-demo image-test fixtures geodata catalogue cldr pictures samples clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; do \
		printf '  make %-12s %s\n' "$$name" "$$what"; done

setup: $(STAMP) ## install the locked dependencies into .venv

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "cmr-watch requires Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

# one process more than the cores of a small machine: a quarter of the time, each waits for a timer or another process
test: $(STAMP) ## all tests, also on PostgreSQL, with the ten slowest; one of them: make test ARGS="-k diff"
	$(BIN)/python -m pytest -n 3 --dist worksteal --durations=10 $(ARGS)

lint: $(STAMP) ## check the code with ruff (rules and format)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## check the types with mypy --strict
	$(BIN)/mypy

format: $(STAMP) ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

browser-test: $(STAMP) ## test the public site in a real browser (installs Chromium, Java and Node.js as root on Debian)
	.ci/browser-test $(ARGS)

demo: $(STAMP) ## run the demo: the main job on real pages, without network
	$(BIN)/cmr-watch demo $(ARGS)

prove: $(STAMP) ## kill thousands of runs at every point, and count lost and duplicate messages
	$(BIN)/python -m tests.prove $(ARGS)

ablate: $(STAMP) ## list the words and rules of the reading engine that no saved page needs; takes minutes
	$(BIN)/python -m tests.ablate $(ARGS)

fuzz: $(STAMP) ## fuzz the parsers for a minute; longer: make fuzz ARGS="-max_total_time=600"
	$(PIP) install --require-hashes --no-deps -r tests/fuzz/requirements.txt
	$(BIN)/python -m tests.fuzz.parse $(ARGS)

bench: $(STAMP) ## measure performance
	$(BIN)/python -u -m bench $(ARGS)

bench-peers: $(STAMP) ## measure beside urlwatch, webchanges and changedetection.io; one part: make bench-peers ARGS=cold
	$(BIN)/python -m bench.peers $(ARGS)

lock: ## update both lock files (requires uv: pipx install uv)
	@command -v uv >/dev/null || { echo "make lock requires uv: pipx install uv, or python3 -m pip install --user uv" >&2; exit 1; }
	$(LOCK) pyproject.toml --all-extras -o requirements.lock $(ARGS)
	$(LOCK) pyproject.toml --all-extras --group dev -c requirements.lock -o requirements-dev.lock $(ARGS)

lock-check: $(STAMP) ## check that the lock files are complete, hashed and match pyproject.toml
	$(BIN)/python .ci/lock_check.py
	$(PIP) install --require-hashes --dry-run -r requirements.lock
	$(PIP) install --require-hashes --dry-run -r requirements-dev.lock

workflows: $(STAMP) ## check the GitHub Actions workflows
	.ci/workflows

wheel-demo: $(STAMP) ## the wheel, alone in an empty environment elsewhere, runs the demo
	.ci/wheel-demo

image-test: $(STAMP) ## build the container image and test it (as root on Debian; no Docker needed)
	.ci/image-test $(ARGS)

fixtures: $(STAMP) ## regenerate the fixture pages
	$(BIN)/python -m tests.shapes
	$(BIN)/python -m tests.shapes.pages

geodata: $(STAMP) ## regenerate the places and outlines of the map (downloads them; requires npm)
	$(PIP) install --require-hashes --no-deps -r tests/geodata/requirements.txt
	$(BIN)/python -m tests.geodata

catalogue: $(STAMP) ## update the catalogues of the text that readers see, in all languages
	$(BIN)/python -m tests.render.catalogue

cldr: $(STAMP) ## regenerate the dates, numbers and names of countries of all languages from the CLDR
	$(BIN)/python -m tests.render.cldr

pictures: $(STAMP) ## make the pictures of README.md from the demo (requires Chromium)
	$(BIN)/python -m tests.pictures $(ARGS)

samples: $(STAMP) ## write a sample of every message; rewrite the golden files of the tests: make samples ARGS=--golden
	$(BIN)/python -m tests.samples $(ARGS)

clean: ## remove all generated files
	rm -rf $(VENV) build dist demo-output samples-output .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
