# Everything Dropwright does, by name. Each target sets up what it needs.
PYTHON ?= python3
BIN := .venv/bin
CORE := $(wildcard router/core/* router/bound_core/*)
CORE_UNITS := $(filter-out %/binding.cpp,$(wildcard router/core/*.cpp)) tests/core/test_core.cpp
CORE_OBJECTS := $(patsubst %.cpp,build/sanitized/%.o,$(CORE_UNITS))
CORE_FLAGS := -std=c++20 -g -O1 -Wall -Wextra -fno-omit-frame-pointer -fsanitize=address,undefined \
  -fno-sanitize-recover=all -I. -Irouter/core -Irouter/bound_core
BOUND_UNITS := $(filter-out %/binding.cpp,$(wildcard router/bound_core/*.cpp)) tests/core/test_days.cpp
BOUND_OBJECTS := $(patsubst %.cpp,build/sanitized/%.o,$(BOUND_UNITS))

.DEFAULT_GOAL := help
.PHONY: help install check format test test-setup core-test demo bench migration lock clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: .venv/installed  ## set up .venv from the locks and put Dropwright in it

.venv/bin/uv: requirements-bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Dropwright needs Python 3.11 or later: make PYTHON=python3.11 install")'
	@$(PYTHON) -c 'import ensurepip' || { echo "Python lacks venv. On Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/locked: requirements.lock .ci/uv .venv/bin/uv
	.ci/uv pip sync -q --require-hashes $<
	@touch $@

.venv/installed: .venv/locked pyproject.toml CMakeLists.txt $(CORE)
	@command -v $${CXX:-c++} > /dev/null || { echo "The core needs a C++20 compiler. On Debian: apt-get install g++"; exit 1; }
	.ci/uv pip install -q --no-build-isolation --no-deps --reinstall -e .
	@touch $@

check: install  ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install  ## put the Python sources in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: install test-setup core-test  ## every test; PYTEST="-k words" picks some
	$(BIN)/pytest -n 2 $(PYTEST)

test-setup:  ## what the tests need beside Python: Chromium, for the map
	@.ci/chromium

core-test:  ## the C++ core's own tests, under sanitizers
	@$(MAKE) --no-print-directory -j $$(getconf _NPROCESSORS_ONLN) build/sanitized/core-test build/sanitized/bound-test
	build/sanitized/core-test
	build/sanitized/bound-test

build/sanitized/core-test: $(CORE_OBJECTS)
	$${CXX:-c++} $(CORE_FLAGS) $^ -o $@

build/sanitized/bound-test: $(BOUND_OBJECTS)
	$${CXX:-c++} $(CORE_FLAGS) $^ -o $@

build/sanitized/%.o: %.cpp $(wildcard router/core/*.hpp router/bound_core/*.hpp tests/core/*.hpp)
	@mkdir -p $(@D)
	$${CXX:-c++} $(CORE_FLAGS) -c $< -o $@

demo: install  ## plan the drop of central Helsinki into out/
	$(BIN)/dropwright demo --out out

bench: install  ## Dropwright beside its peers; BENCH="--help" lists the choices
	$(BIN)/python -m bench.peers $(BENCH)

migration: install  ## write the next revision of the tables; WHY="Keep the plans of a drop"
	@$(BIN)/python -m api.db.revise "$(WHY)"
	@$(BIN)/ruff format -q api/db/migrations

lock: .venv/bin/uv  ## pin anew what pyproject.toml asks for; UPGRADE=--upgrade takes newer versions
	.ci/uv pip compile -q pyproject.toml --group dev --generate-hashes --no-emit-index-url --universal \
	  --python-version 3.11 --no-header $(UPGRADE) -o requirements.lock

clean:  ## remove everything that make made
	rm -rf .venv build dist out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
