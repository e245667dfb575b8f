# The tasks of this house; `make help` lists them.

PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
WORKERS ?= 2
PUBLIC_URL ?=
ARCHIVE ?=
VERSION ?=
RELEASING ?=
TESTERS ?= 2
VENV := .venv
BENCH_VENV := .venv-bench
COMUNICA := tests/comunica/node_modules/.package-lock.json
AXE := tests/browser/node_modules/.package-lock.json
WORKBENCH := server/workbench/node_modules/.package-lock.json
TWIN := publisher/twin/engine/node_modules/.package-lock.json
RUN := $(VENV)/bin/python
RELEASE := build/release

.DEFAULT_GOAL := help
.PHONY: help serve site release test nightly bench bench-large build validate format dump pages screenshots lock clean

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: build $(WORKBENCH) ## build if needed and serve at http://127.0.0.1:8000 (PORT=, HOST=, WORKERS=, PUBLIC_URL=, ARCHIVE=)
	@exec $(RUN) -m server --release $(RELEASE) --host $(HOST) --port $(PORT) --workers $(WORKERS) \
	    $(if $(PUBLIC_URL),--public-url '$(PUBLIC_URL)') $(if $(ARCHIVE),--archive '$(ARCHIVE)')

site: build $(WORKBENCH) $(TWIN) ## write the whole site as plain files, with SPARQL in the browser, into build/site
	@$(RUN) -m publisher site $(RELEASE) --out build/site

release: $(VENV)/runtime ## cut a release (VERSION=, RELEASING="--write --sign KEY"): build twice, compare, prove, archive
	@$(RUN) -m publisher release '$(VERSION)' $(RELEASING)

test: $(VENV)/development $(WORKBENCH) $(AXE) $(TWIN) ## install what the tests need, then run lint, types and all tests but the long ones
	$(RUN) -m ruff check publisher server bench tests docs
	$(RUN) -m ruff format --check publisher server bench tests docs
	$(RUN) -m mypy
	$(RUN) -m publisher format --check
	$(RUN) -m pytest -m "not nightly" -n $(TESTERS) --dist loadfile $(PYTEST)

nightly: $(VENV)/development $(COMUNICA) $(WORKBENCH) $(AXE) $(TWIN) ## run the long tests, which `make test` leaves out
	$(RUN) -m pytest -m nightly --timeout 1800 $(PYTEST)

bench: build $(BENCH_VENV)/peers ## measure beside other engines, up to 1 M triples; writes bench/RESULTS.md
	$(RUN) -m bench --triples 10000 100000 1000000 --release $(RELEASE) $(BENCH)

bench-large: build $(BENCH_VENV)/peers ## the same up to 10 M triples (needs 16 GB of memory)
	$(RUN) -m bench --triples 10000 100000 1000000 10000000 --release $(RELEASE) $(BENCH)

build: $(VENV)/runtime ## set up and build the release into build/release
	@$(RUN) -m publisher build --out $(RELEASE)

validate: $(VENV)/runtime ## parse, lint and validate the sources; write no release
	@$(RUN) -m publisher validate --report build/report

format: $(VENV)/runtime ## sort and format all Turtle and .rq files
	@$(RUN) -m publisher format

dump: build ## copy the dumps of the release into build/dumps
	@$(RUN) -m publisher dump --release $(RELEASE) --to build/dumps

pages: build ## renew docs/ontology.md and docs/coverage.md from the graph
	@$(RUN) -m publisher modelling
	@$(RUN) -m publisher coverage --release $(RELEASE) --to docs/coverage.md

screenshots: build ## renew the pictures of the README (needs chromium)
	@$(RUN) docs/images/screenshots.py $(RELEASE)

clean: ## remove what was built and installed; the sources stay
	rm -rf build $(VENV) $(BENCH_VENV) tests/*/node_modules server/workbench/node_modules publisher/twin/engine/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
	find publisher server bench tests -name __pycache__ -type d -exec rm -rf {} +

lock: $(VENV)/development ## renew the lock files from pyproject.toml (needs network)
	$(RUN) -m piptools compile -q --generate-hashes --strip-extras --allow-unsafe \
	    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	    --extra setup -o requirements.lock pyproject.toml
	$(RUN) -m piptools compile -q --generate-hashes --strip-extras --allow-unsafe \
	    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	    --extra setup --extra dev -o requirements-dev.lock pyproject.toml
	$(RUN) -m piptools compile -q --generate-hashes --strip-extras --allow-unsafe \
	    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	    --extra bench -o requirements-bench.lock pyproject.toml

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Python 3.11 or newer is needed; name one with PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "The venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/runtime: requirements.lock | $(VENV)/bin/python
	@echo "installing the pinned dependencies into $(VENV)"
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@$(RUN) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/development: requirements-dev.lock $(VENV)/runtime
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(COMUNICA): tests/comunica/package-lock.json
	@echo "installing Comunica, a client of the tests, into tests/comunica"
	@npm ci --prefix tests/comunica --no-audit --no-fund --silent

$(AXE): tests/browser/package-lock.json
	@if ! command -v npm >/dev/null; then \
	    echo "npm is missing: no page is searched for barriers (on Debian: apt-get install npm)"; \
	else \
	    echo "installing axe, which searches pages for barriers, into tests/browser"; \
	    npm ci --prefix tests/browser --ignore-scripts --no-audit --no-fund --silent; \
	fi

$(WORKBENCH): server/workbench/package-lock.json
	@if ! command -v npm >/dev/null; then \
	    echo "npm is missing: the query page will be a plain form (on Debian: apt-get install npm)"; \
	else \
	    echo "installing the query workbench into server/workbench"; \
	    npm ci --prefix server/workbench --ignore-scripts --no-audit --no-fund --silent || \
	    echo "the query workbench could not be installed: the query page will be a plain form"; \
	fi

$(TWIN): publisher/twin/engine/package-lock.json
	@if ! command -v npm >/dev/null; then \
	    echo "npm is missing: plain files of the site will have no query engine (on Debian: apt-get install npm)"; \
	else \
	    echo "installing the query engine of plain files into publisher/twin/engine"; \
	    npm ci --prefix publisher/twin/engine --ignore-scripts --no-audit --no-fund --silent || \
	    echo "the query engine could not be installed: plain files of the site will have none"; \
	fi

$(BENCH_VENV)/peers: requirements-bench.lock
	@echo "installing what the benchmark compares with into $(BENCH_VENV)"
	@$(PYTHON) -m venv $(BENCH_VENV)
	@$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
