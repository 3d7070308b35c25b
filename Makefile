# Everything that a person or CI does here. `make help` lists it.

PORT ?= 8000
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY := .venv/bin/python
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Installs the lock file $(1). uv takes seconds where pip takes most of a minute; pip does it where uv cannot.
define install
	@$(PY) -m uv --version >/dev/null 2>&1 || $(PY) -m pip install $(QUIETLY) -r requirements/installer.lock || true
	@$(PY) -m uv pip install --quiet --compile-bytecode --python $(PY) --require-hashes -r $(1) \
	  || { echo "going on with pip; this takes longer"; $(PY) -m pip install $(QUIETLY) -r $(1); }
endef
QUIETLY = --quiet --disable-pip-version-check --require-hashes

# Says what was not checked, without commas; CI does not let it pass.
define not_run
	{ echo "NOT RUN: $(1)" >&2; [ -z "$${CI:-}" ]; }
endef

.PHONY: help
help: ## list these targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z-]*:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it with PYTHON=")'
	@echo "making .venv"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/base.stamp: requirements/base.lock | $(PY)
	@echo "installing what the board needs"
	$(call install,requirements/base.lock)
	@touch $@

.venv/dev.stamp: requirements/dev.lock requirements/base.lock | $(PY)
	@echo "installing what the board and its tests need"
	$(call install,requirements/dev.lock)
	@touch .venv/base.stamp $@

.venv/bench.stamp: requirements/bench.lock .venv/dev.stamp
	@echo "installing what the benchmarks compare with"
	$(call install,requirements/bench.lock)
	@touch $@

.PHONY: dev
dev: .venv/dev.stamp ## make .venv with everything that tests and checks need

.venv/node.stamp: tests/node/package.json tests/node/package-lock.json | $(PY)
	@echo "installing npm's semver, which the tests compare version ranges with"
	@rm -rf .venv/node
	@mkdir .venv/node
	@cp $^ .venv/node
	@npm ci --prefix .venv/node --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: node
node: ## bring npm's semver, which the tests compare version ranges with
	@if ! command -v node >/dev/null || ! command -v npm >/dev/null; then \
	  $(call not_run,version ranges were not compared with npm's semver because there is no node or no npm (Debian: apt-get install nodejs npm)); \
	else $(MAKE) -s .venv/node.stamp \
	  || $(call not_run,version ranges were not compared with npm's semver because npm could not install it); fi

.PHONY: lock
lock: .venv/dev.stamp ## pin requirements/*.in again (UPGRADE=1 takes newer versions)
	@for name in base sso otel dev bench installer; do \
	  echo "requirements/$$name.lock"; \
	  $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade) \
	    requirements/$$name.in -o requirements/$$name.lock; \
	done

.PHONY: run
run: .venv/base.stamp ## the whole board with demo data on http://127.0.0.1:8000 (PORT=8001 for another port)
	@BOOKVERSE_DEMO=true SITE_URL=http://127.0.0.1:$(PORT) DEMO_PORT=$$(($(PORT) + 100)) \
	  $(PY) manage.py serve --bind 127.0.0.1:$(PORT)

.PHONY: check
check: lint types imports templates security django compose alerts ## everything but the tests: format, lint, types, import rules, settings

.PHONY: lint
lint: .venv/dev.stamp
	@$(PY) -m ruff format --check --quiet . || { echo "make format mends these"; exit 1; }
	@$(PY) -m ruff check --quiet .

.PHONY: format
format: .venv/dev.stamp ## format the code and mend what ruff can mend
	@$(PY) -m ruff check --fix --quiet . || true
	@$(PY) -m ruff format --quiet .
	@find templates -name '*.html' -print0 | xargs -0 --no-run-if-empty .venv/bin/djade --target-version 5.2 || true

.PHONY: types
types: .venv/dev.stamp
	@$(PY) -m mypy

.PHONY: imports
imports: .venv/dev.stamp
	@.venv/bin/lint-imports --no-logo

.PHONY: templates
templates: .venv/dev.stamp
	@find templates -name '*.html' -print0 | xargs -0 .venv/bin/djade --check --target-version 5.2

# Its warnings about lines that it was told to pass are only shown beside a finding.
.PHONY: security
security: .venv/dev.stamp ## look for what is unsafe in the code of the board and of its demo
	@said=$$($(PY) -m bandit --quiet --configfile pyproject.toml --recursive bookverse releases manage.py 2>&1) \
	  || { echo "$$said" >&2; exit 1; }

# Advisories that know nothing against this one, whose holes are long known, know nothing against any.
UNSAFE = django==3.2.0
LOCKS = $(wildcard requirements/*.lock)
AUDIT = $(PY) -m pip_audit --strict --disable-pip --progress-spinner off $(ADVISORIES)

# By itself, for it asks another machine: what it could not ask it never calls clean, and `make check` does not wait for it.
.PHONY: audit
audit: .venv/dev.stamp ## ask for known holes in what the locks pin (ADVISORIES="-s osv" asks osv.dev)
	@if [ -z "$$(echo "$(UNSAFE)" | $(AUDIT) --no-deps --requirement /dev/stdin 2>/dev/null)" ]; then \
	  echo "NOT RUN: nothing was audited because the advisories cannot be reached (they are silent on $(UNSAFE))" >&2; exit 2; fi
	@$(AUDIT) $(addprefix --requirement ,$(LOCKS))

# The settings are judged as production would have them, with secrets that live as long as this line.
.PHONY: django
django: .venv/dev.stamp
	@env DATABASE_URL=sqlite://:memory: DEBUG=false SECRET_KEY="$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	  ALLOWED_HOSTS=board.example.org CSRF_TRUSTED_ORIGINS=https://board.example.org SITE_URL=https://board.example.org \
	  JFROG_URL=https://apptrust.example.org JFROG_ACCESS_TOKEN="$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(16))')" \
	  sh -euc '$(PY) manage.py makemigrations --check --dry-run; $(PY) manage.py check --deploy --fail-level WARNING'

.PHONY: compose
compose:
	@if command -v docker-compose >/dev/null; then docker-compose --env-file .env.example -f docker-compose.yml config -q; \
	elif docker compose version >/dev/null 2>&1; then docker compose --env-file .env.example -f docker-compose.yml config -q; \
	else $(call not_run,docker-compose.yml was not validated because docker-compose is not installed); fi

.PHONY: alerts
alerts: ## judge Prometheus' rules and what they say in the cases of their tests
	@if command -v promtool >/dev/null; then cd deploy/prometheus; \
	  for check in "check rules rules.yml" "check config --syntax-only prometheus.yml" "test rules rules.test.yml"; do \
	    said=$$(promtool $$check 2>&1) || { echo "$$said" >&2; exit 1; }; done; \
	else $(call not_run,the alert rules were not tested because there is no promtool (Debian: apt-get install prometheus)); fi

# `make test` has them too, among the tests on SQLite.
.PHONY: manifests
manifests: .venv/dev.stamp ## judge the manifests of deploy/kubernetes by Kubernetes' own schemas, and compare them with the board
	@$(ON_SQLITE) $(PYTEST) tests/quality/test_kubernetes.py

BROWSER = $(shell command -v "$${CHROMIUM:-chromium}" || command -v chromium-browser || command -v google-chrome)
# What a second database says nothing new about: pure code, and pages and forms made of what the queries return.
SAME_ON_BOTH = admin browser chaos clients demo display domain project quality web

ON_SQLITE = env -u DATABASE_URL -u REDIS_URL
ON_POSTGRES = $(PY) -m tests.servers --

WITH_SSO = tests/sso tests/project/test_authorisation.py tests/quality/test_routes_listed.py

# CI draws the same order each time, so that a red run tells of the change; here each run draws another.
PYTEST = $(PY) -m pytest -q $(if $(CI),--randomly-seed=11)

.PHONY: test
test: check test-sqlite test-sso test-postgres test-browser test-processes ## check, then all tests: on SQLite, on PostgreSQL with Redis, in Chromium, with processes that are killed

.PHONY: test-sqlite
test-sqlite: .venv/dev.stamp node ## the tests on SQLite, without a browser and processes of their own
	@echo "tests on SQLite"
	@$(ON_SQLITE) $(PYTEST) -n 2 -m "not browser and not process and not postgres"

# By themselves, for settings decide what is installed: the other tests are of a board without it.
.PHONY: test-sso
test-sso: .venv/dev.stamp ## the tests of single sign-on, and of what it adds to the routes
	@echo "tests with single sign-on"
	@$(ON_SQLITE) $(PYTEST) -n 2 --ds=tests.sso_settings -m "not browser" $(WITH_SSO)

.PHONY: test-postgres
test-postgres: .venv/dev.stamp ## the same on PostgreSQL and Redis (TEST_DATABASE_URL, TEST_REDIS_URL or the wheels)
	@echo "tests on PostgreSQL and Redis"
	@$(ON_POSTGRES) $(PYTEST) -n 2 -m "not browser and not process" $(addprefix --ignore=tests/,$(SAME_ON_BOTH))

.PHONY: test-browser
test-browser: .venv/dev.stamp ## the tests that drive Chromium
	@if [ -n "$(BROWSER)" ]; then echo "tests in $(BROWSER)"; \
	  $(ON_SQLITE) CHROMIUM="$(BROWSER)" $(PYTEST) -m browser; \
	  $(ON_SQLITE) CHROMIUM="$(BROWSER)" $(PYTEST) -m browser --ds=tests.sso_settings tests/sso; \
	else $(call not_run,no page was tested in a browser because there is no chromium (Debian: apt-get install chromium)); fi

# They wait for processes more than they work, so two go on at a time; each says what it did when it is done.
.PHONY: test-processes
test-processes: .venv/dev.stamp ## the tests that start and kill processes, and 200 injected faults on each topology
	@$(MAKE) -j2 --output-sync=target processes-on-sqlite processes-on-postgres chaos-embedded chaos-split

.PHONY: processes-on-sqlite
processes-on-sqlite:
	@echo "tests on SQLite that start and end processes"
	@$(ON_SQLITE) $(PYTEST) -m "process and not browser and not postgres"

.PHONY: processes-on-postgres
processes-on-postgres:
	@echo "tests on PostgreSQL and Redis that start and end processes"
	@$(ON_POSTGRES) $(PYTEST) -m "process and not browser" $(addprefix --ignore=tests/,$(SAME_ON_BOTH))

# The same faults each time, so that a red run tells of the change; other seeds are for `make chaos`.
.PHONY: chaos-embedded chaos-split
chaos-embedded chaos-split: chaos-%:
	@$(MAKE) chaos SEED=11 INJECTIONS=200 TOPOLOGY=$*

.PHONY: screenshots
screenshots: .venv/dev.stamp ## take the pictures that README shows again
	@$(ON_SQLITE) SCREENSHOTS=docs/screenshots $(PY) -m pytest -q -m browser -k screenshot

.PHONY: coverage
coverage: .venv/dev.stamp ## which branches the tests on SQLite do not reach
	@$(PY) -m coverage erase
	@$(ON_SQLITE) $(PY) -m coverage run -m pytest -q -m "not browser and not process and not postgres"
	@$(PY) -m coverage combine --quiet
	@$(PY) -m coverage report

INJECTIONS ?= 200
TOPOLOGY ?= both

.PHONY: chaos
chaos: .venv/dev.stamp ## kill the board's processes and servers while it works (SEED= INJECTIONS= TOPOLOGY=embedded|split|both)
	@$(ON_SQLITE) $(PY) -m tests.chaos $(if $(SEED),--seed $(SEED)) --injections $(INJECTIONS) --topology $(TOPOLOGY)

FUZZ ?= 10000
FUZZED = tests/api/test_fuzz.py tests/api/test_hostile_callbacks.py tests/live/test_hostile_frames.py \
  tests/project/test_hostile_requests.py
# Ten thousand questions take one test longer than any other that works.
FUZZING = $(PY) -m pytest -q -o faulthandler_timeout=0 $(FUZZED)

.PHONY: fuzz
fuzz: .venv/dev.stamp ## ask API, pages and sockets what is wrong, 10000 times each on both databases (FUZZ= FUZZ_SEED=)
	@export FUZZ=$(FUZZ) FUZZ_SEED=$(or $(FUZZ_SEED),$$RANDOM); \
	  echo "on SQLite"; $(ON_SQLITE) $(FUZZING); \
	  echo "on PostgreSQL and Redis"; $(ON_POSTGRES) $(FUZZING)

.PHONY: bench
bench: .venv/bench.stamp ## measure the solver, plans, phases and sorting beside others; fails where a target is missed
	@$(ON_SQLITE) $(PY) -m tests.benchmarks

.PHONY: load
load: .venv/dev.stamp ## put load on real boards: viewers, restarts, a Redis that is away (PROOFS="soak stopping" MINUTES=10)
	@$(ON_SQLITE) $(PY) -m tests.load $(PROOFS) --minutes $(or $(MINUTES),2)

.PHONY: clean
clean: ## remove what the tools made; data and .venv stay
	@rm -rf .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache htmlcov staticfiles test-results
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
