# Loopdesk: `make run` for a desk, `make test` for what is checked before a change lands, `make help` for the rest.
# Variables: PORT= and DATA= and DEMO=0 for `make run`, QUICK=1 for `make bench`, PYTHON= for another Python.

VENV := .venv
BIN := $(VENV)/bin
FLASK := $(BIN)/flask --app wsgi
PIP := $(BIN)/python -m pip --disable-pip-version-check
CODE := desk config.py wsgi.py scripts bench tests migrations
WORKERS ?= 2
WIDGET := scripts/widget.mjs $(wildcard static/widget/src/*) $(wildcard static/widget/locales/*.json)
CATALOGUES := $(wildcard desk/translations/*/LC_MESSAGES/messages.po)

# Without compiled modules every start of the desk would compile a thousand of them again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run test test-all lint format bench lock translations clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | awk -F'|' '{ printf "  make %-14s %s\n", $$1, $$2 }'

install: $(VENV)/.installed static/vendor/.installed static/widget/dist/widget.js $(CATALOGUES:.po=.mo)  ## environment, dependencies, browser libraries

$(VENV)/.installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || "$$(sh scripts/find-python)" -m venv $(VENV)
	@echo "installing the Python packages that constraints.txt names"
	@$(PIP) install --quiet -c constraints.txt 'pip>=25'
	@$(PIP) install --quiet -c constraints.txt -e '.[dev]'
	@touch $@

static/vendor/.installed: package-lock.json package.json scripts/assets.py | $(VENV)/.installed
	@echo "installing the browser libraries that package-lock.json names"
	@$(BIN)/python scripts/assets.py
	@touch $@

# A changed line of the widget bundles it again, without asking npm.
static/widget/dist/widget.js: $(WIDGET) | static/vendor/.installed
	@$(BIN)/python scripts/assets.py widget

%.mo: %.po | $(VENV)/.installed
	@$(BIN)/python scripts/translations.py

run: install  ## a working desk on http://127.0.0.1:5000 (PORT=, DATA=, DEMO=0)
	@exec $(FLASK) serve --bootstrap

test: lint  ## lint, then every test but the long ones
	@$(BIN)/python -m pytest -n $(WORKERS) -m 'not long' $(ARGS)

# The properties run again at depth: ten times as many examples as in `make test`.
test-all: test  ## `make test`, then the long ones
	@HYPOTHESIS_PROFILE=deep $(BIN)/python -m pytest -n $(WORKERS) -m 'long or property' --timeout 1200 $(ARGS)

lint: install  ## ruff, mypy, import-linter, codespell, djlint, scripts that parse, locks without addresses
	@$(BIN)/ruff check $(wildcard $(CODE))
	@$(BIN)/ruff format --check --quiet $(wildcard $(CODE)) || { echo "make format puts this right"; exit 1; }
	@$(BIN)/mypy
	@mkdir -p build
	@$(BIN)/lint-imports --config importlinter.ini --cache-dir build/import-linter >build/imports.txt 2>&1 || { cat build/imports.txt; exit 1; }
	@$(BIN)/codespell
	@$(BIN)/djlint --lint --quiet templates
	@node_modules/@esbuild/*/bin/esbuild static/js/*.js --outdir=build/js --log-level=warning
	@! grep -nE '//' constraints.txt || { echo "constraints.txt must name no addresses"; exit 1; }
	@! grep -nE '"resolved"' package-lock.json || { echo "package-lock.json must name no addresses"; exit 1; }

format:  ## puts the layout of the code right
	@$(BIN)/ruff check --fix --quiet $(wildcard $(CODE)) || true
	@$(BIN)/ruff format $(wildcard $(CODE))

bench: install  ## the benchmarks: a table, and bench/results.json (QUICK=1 for two minutes)
	@$(BIN)/python -m bench.run $(if $(QUICK),--quick)

lock: $(VENV)/.installed  ## resolves pyproject.toml and package.json again (UPGRADE=1 takes newer versions)
	@$(BIN)/pip-compile --quiet --extra dev --extra node --allow-unsafe --strip-extras --no-annotate --no-header \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host $(if $(UPGRADE),--upgrade) \
		--output-file constraints.txt pyproject.toml
	@npm install --package-lock-only --loglevel=error

translations: $(VENV)/.installed  ## gathers new texts into the catalogues
	@mkdir -p build
	@$(BIN)/pybabel --quiet extract -F babel.cfg -k _l -k lazy_gettext --no-location --sort-output \
		--project Loopdesk -o build/messages.pot .
	@$(BIN)/pybabel --quiet update -i build/messages.pot -d desk/translations --no-fuzzy-matching --omit-header

clean:  ## removes what was built; the desk's data stays
	@rm -rf $(VENV) node_modules static/vendor static/widget/dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find desk -name '*.mo' -delete
