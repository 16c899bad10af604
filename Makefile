# Everything a developer does, by name. `make` alone lists the targets. Needs python3 (3.10 or newer) with venv and pip.

PYTHON ?= python3
VENV ?= .venv
DEMO ?= demo-project
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
PACKAGE := MedOptCore/medopt
TESTS := env OMP_NUM_THREADS=1 $(PY) -m pytest --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long bench bench-peers lint format docs clean

help: ## List the targets
	@echo "MedOpt. Targets:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

setup: $(READY) ## Make the environment .venv (once; again when pyproject.toml or the lock changes)

$(READY): pyproject.toml requirements-lock.txt
	@command -v $(PYTHON) > /dev/null || { \
	  echo "There is no $(PYTHON). Install Python 3.10 or newer, or name yours: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "$$($(PYTHON) --version) is too old: MedOpt needs Python 3.10 or newer. Name one: make PYTHON=/path/to/python3"; exit 1; }
	@test -x $(PY) || $(PYTHON) -c 'import venv, ensurepip' 2> /dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments: its modules venv and ensurepip are missing."; \
	  echo "On Debian and Ubuntu install the package python3-venv, then repeat. Or name another Python: make PYTHON=/path/to/python3"; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "Installing the packages that MedOpt needs into $(VENV); the first time this loads some gigabytes."
	$(PY) -m pip install --disable-pip-version-check -c requirements-lock.txt -e ".[worker,test,lint]"
	@touch $(READY)

demo: $(READY) ## See the whole way on made-up scans: import to report, five minutes (DEMO=folder)
	$(PY) -m medopt demo $(DEMO)

test: $(READY) ## Run the tests
	$(TESTS) -n 2 -m "not long"

test-long: $(READY) ## Run the tests that take minutes
	$(PY) -m pytest -m long

bench: $(READY) ## Measure time and memory beside other libraries; one table a benchmark
	$(PY) -m pip install -q --disable-pip-version-check -c requirements-lock.txt -e ".[worker,bench]"
	@set -e; for script in $$(grep -l '^if __name__' Testing/Benchmarks/*.py); do echo "== $$script"; $(PY) $$script; done

bench-peers: $(READY) ## Quality against minutes beside nnU-Net and MONAI on a data set of yours; takes hours (DATA=folder)
	@test -n "$(DATA)" || { echo "Name a task of the Medical Segmentation Decathlon: make bench-peers DATA=folder"; exit 1; }
	@test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install -q --disable-pip-version-check -r Testing/Benchmarks/peers/requirements.txt
	$(PY) Testing/Benchmarks/peers/curve.py $(DATA)

lint: $(READY) ## Check style and types
	$(PY) -m ruff check --no-cache .
	$(PY) -m ruff format --no-cache --check .
	$(PY) -m mypy $(PACKAGE)

format: $(READY) ## Mend what can be mended of the style
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

docs: $(READY) ## Make the pictures of the documentation anew, those of the report from the demo
	$(PY) -m medopt demo $(DEMO)
	$(PY) Docs/make_pictures.py $(DEMO)/project/runs/demo
	$(PY) -m medopt preview $(DEMO)/project --output Docs/pictures/preview.png

clean: ## Remove what the targets made, the environment excepted
	rm -rf build dist $(DEMO) .pytest_cache .hypothesis .ruff_cache .mypy_cache MedOptCore/*.egg-info
	find MedOptCore MedOptLabel MedOptTrain MedOptValidate Testing Docs -name __pycache__ -type d -prune -exec rm -rf {} +
