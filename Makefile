# make demo    installs into .venv and proves the example's invariants
# make test    everything that CI checks
# make docs    the site, into build/site, its links checked
# make fuzz    long random agreement runs, a new seed each time
# make coverage  lines of the rooms that verdicts rest on which no test of theirs runs; red below the bound in pyproject.toml
# make mutation  faults put in on purpose, to see the tests go red (takes hours)
# make bench   the numbers of docs/performance.md
# make clean   takes away what the others made

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.PHONY: demo test lint types layers unit wheel docs fuzz coverage mutation bench clean

demo: $(VENV)/.installed
	@echo '$$ verifier prove examples/payments'
	@$(BIN)/verifier prove examples/payments; code=$$?; \
	if [ $$code -ne 1 ]; then echo "expected exit code 1 (refuted), got $$code" >&2; exit 1; fi; \
	echo; echo 'The exit code is 1 because some invariants are refuted, on purpose: examples/README.md says what each one shows.'

test: lint types layers unit wheel docs

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy --strict

layers: $(VENV)/.installed-dev
	$(BIN)/lint-imports

unit: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) -rfEs -q

wheel: $(VENV)/.installed-dev
	tests/project/wheel.sh $(BIN)/python

docs: $(VENV)/.installed-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

fuzz: $(VENV)/.installed-dev
	$(BIN)/python tools/fuzz.py --processes $(WORKERS)

RULES := evaluate problem recheck encode model witness agreement test_cases.py test_conformance.py test_agreement.py test_step_agreement.py test_sendable.py

coverage: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) -q $(addprefix tests/,$(RULES)) --cov

mutation: $(VENV)/.installed-dev
	$(BIN)/python tools/mutation.py --processes $(WORKERS) --page docs/mutation.md

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip runs only when pyproject.toml has changed since it ran last. It compiles what it installs, but not what stays where it is.
$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12 demo")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	@$(BIN)/python -m compileall -q verifier
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@
