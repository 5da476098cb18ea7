# Two commands do everything on a machine with Python 3.11+: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help demo test lint format docs docs-check bench bench-quick engines slow lock interop fuzz corpus clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

$(STAMP): requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q trustaudit # as pip does for what it installs: a start without bytecode takes 0.2 s longer
	touch $@

demo: $(STAMP)  ## audit the bundled example Hub, offline
	$(BIN)/trustaudit demo

test: $(STAMP)  ## all fast tests with the coverage gate
	$(BIN)/python -m pytest -n 2 -m "not slow" --cov --cov-report=term -q

engines: $(STAMP)  ## shared runs on dask and a PostgreSQL of their own, with processes killed (five minutes)
	$(BIN)/python -m pytest tests/engines -q

slow: $(STAMP)  ## every test that `make test` leaves out
	$(BIN)/python -m pytest -m slow -q

lint: $(STAMP)  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy trustaudit

format: $(STAMP)  ## rewrite the code in the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(STAMP)  ## write the generated pages
	$(BIN)/python docs/generate.py

docs-check: $(STAMP)  ## fail when a generated page is stale
	$(BIN)/python docs/generate.py --check

bench: $(STAMP)  ## measure all claims beside other scanners, write docs/performance.md (a quarter of an hour)
	$(BIN)/python benchmarks/run.py

bench-quick: $(STAMP)  ## the same smaller, within two minutes; prints, keeps nothing
	$(BIN)/python benchmarks/run.py --quick

interop: $(STAMP)  ## the real Hub clients and an independent Hub, each in its own environment
	$(BIN)/python -m tests.interop

fuzz: $(STAMP)  ## five minutes against CPython's own unpickler
	$(BIN)/python -m tests.formats.pickle.fuzz --seconds 300

corpus: $(STAMP)  ## model files of published wheels, none of which may alarm (downloads them)
	$(BIN)/python -m tests.corpus.run

lock: $(STAMP)  ## resolve the dependencies anew
	$(BIN)/python -m piptools compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --allow-unsafe --strip-extras --no-header -o requirements.lock pyproject.toml
	$(BIN)/python -m piptools compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --allow-unsafe --strip-extras --no-header --extra dev -o requirements-dev.lock pyproject.toml

clean:  ## remove everything the targets made
	rm -rf $(VENV) .corpus .interop .benchmarks .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
