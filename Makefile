# Every target installs what it needs. `make run` serves the demo, `make test` runs the tests.

PORT ?= 8000
HOST ?= 127.0.0.1
PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3))
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet

export PRESSMARK_DEMO ?= 1

.PHONY: run test test-postgres test-browser test-r fuzz bench check lock clean

# Run a server and a worker. Ctrl-C stops both.
run: $(VENV)/.installed
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py load_demo --if-empty
	@$(BIN)/python manage.py collectstatic --no-input --verbosity 0
	@echo "Pressmark is at http://$(HOST):$(PORT)/ (Ctrl-C stops it)"
	@$(BIN)/python manage.py runworker & worker=$$!; \
	$(BIN)/gunicorn config.wsgi --bind $(HOST):$(PORT) --threads 8 --no-control-socket \
		--log-level warning & server=$$!; \
	trap 'interrupted=1' INT; trap 'interrupted=1; kill $$server $$worker' TERM HUP; \
	wait $$server; status=$$?; kill $$worker 2>/dev/null; wait; \
	[ -n "$$interrupted" ] || exit $$status

# Fails below 95 % of lines covered (settings: tool.coverage in pyproject.toml).
test: $(VENV)/.installed-dev
	$(BIN)/pytest -n auto --cov --cov-report=term --cov-fail-under=95

# The same suite on PostgreSQL. DATABASE_URL names a server on which databases may be created.
test-postgres: export DATABASE_URL ?= postgres://postgres@127.0.0.1:5432/postgres
test-postgres: $(VENV)/.installed-dev
	$(BIN)/pytest -n auto

# Uses the system's Chromium (Debian: chromium), or the one that CHROMIUM names.
test-browser: $(VENV)/.installed-dev
	$(BIN)/pytest -m browser tests/browser

# Run the R examples of the docs (Debian: r-base-core, r-cran-jsonlite).
test-r: $(VENV)/.installed-dev
	$(BIN)/pytest -m r tests/test_recipes.py

# Fuzz the API of a served demo against its OpenAPI schema, on PostgreSQL too if DATABASE_URL is set.
fuzz: $(VENV)/.installed-dev
	@$(BIN)/python tests/fuzz/api.py

# Benchmarks: API, growth with the number of annotations, search (on PostgreSQL too if DATABASE_URL
# is set), browser, imports, and the quality of re-anchoring and extraction.
bench: $(VENV)/.installed-dev
	@$(BIN)/python tests/bench/api.py
	@echo
	@$(BIN)/python tests/bench/growth.py
	@echo
	@$(BIN)/python tests/bench/search.py
	@echo
	@$(BIN)/python tests/bench/browser.py
	@echo
	@$(BIN)/python tests/bench/import.py
	@echo
	@$(BIN)/python -m tests.bench.reanchoring
	@echo
	@$(BIN)/python -m tests.articles.site.scoring

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	PRESSMARK_DEMO=0 SECRET_KEY=$$($(BIN)/python -c "import secrets; print(secrets.token_urlsafe(64))") \
		ALLOWED_HOSTS=pressmark.example $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

COMPILE = $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-annotate \
	--no-header --python-version 3.11 pyproject.toml

lock: $(VENV)/.installed-dev
	$(COMPILE) --output-file requirements.txt
	$(COMPILE) --group dev --constraint requirements.txt --output-file requirements-dev.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Pressmark needs Python 3.11 or newer (make PYTHON=/path/to/python3.11)"; exit 2; }
	@$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "No venv module here (Debian: apt install python3-venv)"; exit 2; }

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing what Pressmark needs into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "Installing the test tools into $(VENV) ..."
	@$(PIP) install --require-hashes --no-deps -r requirements-dev.txt
	@touch $@

clean:
	rm -rf $(VENV) build .pytest_cache .schemathesis .ruff_cache .mypy_cache .hypothesis
