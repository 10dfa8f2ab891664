# `make demo` and `make test` need nothing but Python >= 3.11 on the path.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install demo test app up down lint lock docs clean faults soak
.DEFAULT_GOAL := demo

$(VENV)/installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing pinned dependencies into $(VENV) (once; a few minutes)"
	@$(BIN)/python -m pip install -qq --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install -qq -c constraints.txt torch==2.13.0 -e . --group dev
	@touch $@

install: $(VENV)/installed

demo: $(VENV)/installed
	@$(BIN)/candorcast demo

app: $(VENV)/installed
	@$(BIN)/candorcast serve demo

up: $(VENV)/installed
	@$(BIN)/candorcast up demo

down: $(VENV)/installed
	@$(BIN)/candorcast down

lint: $(VENV)/installed
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright

# Hundreds of processes are started: each reads our modules as they were compiled once.
test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/installed lint
	$(BIN)/python -m pytest --numprocesses 2 --dist loadscope

faults: $(VENV)/installed
	CANDORCAST_KILLS=100 $(BIN)/python -m pytest tests/faults tests/flows/test_lock.py tests/flows/test_faults.py \
	  tests/flows/test_mlflow.py --timeout 1200

soak: $(VENV)/installed
	CANDORCAST_SOAK=120 $(BIN)/python -m pytest tests/serving/test_soak.py --timeout 9000

# What pip checks by its hash, for Linux and macOS and Python 3.11.5 to 3.13; wants uv on the path.
lock:
	uv pip compile --quiet --universal --python-version 3.11.5 --generate-hashes --no-emit-index-url --no-annotate \
	  --all-extras --constraint constraints.txt --output-file requirements.lock pyproject.toml

# The site of the documents, in build/site: its pages open as files too, its search wants any server of files.
docs: $(VENV)/installed
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "build/site/index.html"

clean:
	rm -rf .candorcast build *.egg-info
