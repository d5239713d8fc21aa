# Two commands matter: `make run` (the whole office on this machine) and `make test` (the whole suite).
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
DATA   ?= $(HOME)/.juyang
PIP    := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: run install test test-kafka faults check bench bench-kafka lock docs clean

run: install
	$(BIN)/juyang up --data "$(DATA)"

install: $(VENV)/.installed

$(VENV)/.python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "需要 Python 3.11：未找到 $(PYTHON)。Python 3.11 is needed: install it, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: requirements.txt pyproject.toml $(VENV)/.python
	$(PIP) install --require-hashes -r requirements.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.developed: requirements-dev.txt $(VENV)/.installed
	$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

# File by file in the order of the folders: the long stories first, the short ones of the vouchers last.
test: $(VENV)/.developed
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# A real Apache Kafka, fetched by Maven (Java 17) and kept in the user's cache: the promises of the
# bus, the office in processes, and the campaign of faults.
test-kafka: $(VENV)/.developed
	JUYANG_TEST_KAFKA=apache $(BIN)/python -m pytest tests/shared/bus
	$(BIN)/python -m pytest tests/kafka
	$(BIN)/python -m tests.faults.run $(ONLY)

# FAULTS=ci, short or long, FAULTS_SEED=n to replay, ONLY="services cut" for some of them.
faults: $(VENV)/.developed
	$(BIN)/python -m tests.faults.run $(ONLY)

check: $(VENV)/.developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyrefly check

# OpenFisca, which the sweep is measured against, is a dependency of the benchmark alone.
$(VENV)/.benched: requirements-bench.txt $(VENV)/.developed
	$(PIP) install --require-hashes -r requirements-bench.txt
	@touch $@

bench: $(VENV)/.benched
	$(BIN)/python -m tests.bench.run

bench-kafka: $(VENV)/.developed
	$(BIN)/python -m tests.bench.kafka

docs: $(VENV)/.developed
	$(BIN)/python -m deploy.publish

# Locks carry hashes and no index address.
lock:
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile pyproject.toml --extra build -o requirements.txt --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q
	$(BIN)/uv pip compile pyproject.toml --extra build --group dev -o requirements-dev.txt -c requirements.txt --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q
	$(BIN)/uv pip compile pyproject.toml --extra build --group dev --group bench -o requirements-bench.txt -c requirements-dev.txt --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q

clean:
	rm -rf $(VENV) build dist
