# Needs make and Python 3.11 or newer, and nothing else. Everything installed goes into .venv; nothing is installed twice
# while pyproject.toml stays as it is.
SHELL := /bin/sh
BIN := .venv/bin
SOURCES := bench cinctl tests tools
# The pages whose commands are run, beside the README.
RUN := $(shell grep -l '^```console' docs/*.md)

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-browser check docs interop interop-census build site bench bench-full bench-peers
.PHONY: clean moved

help:
	@echo "make demo    set up, then import a census return and print a duty manager's morning"
	@echo "make test    set up, then run every test"
	@echo "make test-slow  set up, then run the tests that take minutes: hundreds of kills, fifty writers at once"
	@echo "make test-browser  open the duty board in headless Chromium: clicks, keys, axe, how long 5,000 rows take"
	@echo "make check   lint, types, and whether docs and bank holidays are up to date"
	@echo "make docs    generate docs/ anew, and run what README.md and the pages show"
	@echo "make bench   how fast it is, in about ten minutes, as one table; in bench/results.json and README.md too"
	@echo "make bench-full   the same with five million events, an hour or more"
	@echo "make bench-peers  beside other tools only; says which are found, and how to install the others"
	@echo "make interop  exports held against the tools that read them, in environments of their own in build/"
	@echo "make site    the documentation as a site that works from a folder, in build/site"
	@echo "make build   wheel and source distribution, in dist/"
	@echo "make clean   remove all that these made, .venv too"

demo: .venv/installed
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/morning.sh demo

test: .venv/installed-dev
	$(BIN)/python -m pytest -n auto

test-slow: .venv/installed-dev
	$(BIN)/python -m pytest -n auto -m slow

# Chromium and axe are of an environment of their own, in build/; CHROMIUM=/path/to/chromium names another browser.
test-browser: build/browser/installed
	@CHROMIUM="$$(sh tools/find_chromium.sh build/browser/venv/bin/python)" && export CHROMIUM && \
		build/browser/venv/bin/python -m pytest -m browser tests/browser

check: .venv/installed-dev
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy --strict $(SOURCES)
	$(BIN)/python tools/make_docs.py --check
	$(BIN)/python tools/make_bank_holidays.py --check

docs: .venv/installed-dev
	$(BIN)/python tools/make_docs.py
	for page in README.md $(RUN); do $(BIN)/python tools/run_readme.py $$page || exit; done
	if command -v jq > /dev/null; then $(BIN)/python tools/run_readme.py --also shell-session docs/howto-scripts.md; fi

interop: interop-census

# The validator pins a pandas that no Python after 3.11 can install.
interop-census: .venv/installed build/interop/census/installed
	$(BIN)/python tools/interop_census.py build/interop/census/venv/bin/python

build/interop/census/installed:
	@mkdir -p build/interop/census
	@PYTHON=python3.11 sh tools/make_venv.sh build/interop/census/venv
	build/interop/census/venv/bin/python -m pip install --quiet \
		'csc-validator-be-cin==0.1.13' 'pandas==1.5.3' 'numpy<2' pytest
	@touch $@

site: build/docs/installed
	@NO_MKDOCS_2_WARNING=1 build/docs/venv/bin/python -m mkdocs build --strict --quiet
	@echo "build/site/index.html"

build/docs/installed: Makefile
	@mkdir -p build/docs
	@sh tools/make_venv.sh build/docs/venv
	build/docs/venv/bin/python -m pip install --quiet 'mkdocs-material>=9.8,<10' 'mkdocs>=1.6,<2'
	@touch $@

build: .venv/installed-dev
	$(BIN)/python -m build --no-isolation --outdir dist .

# An editable install slows every start, and so does an environment with more in it than cinctl needs.
BENCH := build/bench/venv/bin/python

bench: build/bench/installed
	@$(BENCH) -m bench

bench-full: build/bench/installed
	@$(BENCH) -m bench --full

bench-peers: build/bench/installed
	@$(BENCH) -m bench --peers

clean:
	rm -rf .venv demo dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A .venv that came along when the folder was copied or moved points to where it was made.
ifneq ($(shell cat .venv/made-in 2>/dev/null),$(CURDIR))
.venv/installed .venv/installed-dev: moved
endif

.venv/installed: pyproject.toml
	@sh tools/make_venv.sh .venv
	$(BIN)/python -m pip install --quiet -e .
	@pwd > .venv/made-in
	@touch $@

.venv/installed-dev: pyproject.toml
	@sh tools/make_venv.sh .venv
	$(BIN)/python -m pip install --quiet -e ".[dev]"
	@pwd > .venv/made-in
	@touch .venv/installed $@

build/browser/installed: pyproject.toml
	@mkdir -p build/browser
	@sh tools/make_venv.sh build/browser/venv
	build/browser/venv/bin/python -m pip install --quiet -e . \
		'pytest>=8.2' 'hypothesis>=6.100' 'playwright>=1.49' 'axe-playwright-python>=0.1.4'
	@touch $@

build/bench/installed: pyproject.toml $(shell find cinctl -type f ! -name '*.pyc')
	@mkdir -p build/bench
	@sh tools/make_venv.sh build/bench/venv
	@unset PYTHONDONTWRITEBYTECODE; $(BENCH) -m pip install --quiet --force-reinstall --no-deps .
	@unset PYTHONDONTWRITEBYTECODE; $(BENCH) -m pip install --quiet .
	@touch $@
