# Two commands matter: `make demo` and `make test`. Both need Python 3.11, make and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The locks name every package, so nothing is left to resolve: a newer release cannot break them.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
COVERED := 95

$(VENV)/runtime.stamp: requirements/runtime.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --require-hashes -r requirements/build.txt
	$(INSTALL) --no-build-isolation --require-hashes -r requirements/runtime.txt
	$(INSTALL) --no-build-isolation -e .
	touch $@

$(VENV)/dev.stamp: $(VENV)/runtime.stamp requirements/dev.txt
	$(INSTALL) --no-build-isolation --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip check --disable-pip-version-check
	touch $@

## Show the main job on real generated media of every supported format.
demo: $(VENV)/dev.stamp
	$(BIN)/python -m fixtures.demo

## Run every check; packages are fetched while the code is read.
test: $(VENV)/dev.stamp
	$(MAKE) --no-print-directory --jobs=2 --output-sync=line lint packages
	$(MAKE) --no-print-directory unit

lint: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

## See that what the tests start is there; installs it where that is allowed.
packages:
	.ci/packages

unit: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n 2 --cov --cov-branch --cov-report=term:skip-covered --cov-fail-under=$(COVERED)

## Print how fast the gate is beside other programs; half an hour, not part of the tests.
bench: $(VENV)/dev.stamp
	.ci/peers
	$(BIN)/python -m tests.benchmarks

## Print what polling a big quiet tree costs beside watchdog, and how soon files are taken; minutes.
bench-watch: $(VENV)/dev.stamp
	$(BIN)/python -m tests.benchmarks.idle_watch
	$(BIN)/python -m tests.benchmarks.latency

## Print time and memory of every hostile file, and how it ends; minutes, not part of the tests.
torture: $(VENV)/dev.stamp
	$(BIN)/python -m tests.benchmarks.bombs

## Kill, stop and cut off three hosts at one share, and print what was lost, doubled or harmed.
torture-hosts: $(VENV)/dev.stamp
	$(BIN)/python -m tests.benchmarks.hosts

## Kill tagging at random points, and edit while it tags; print what survived. Half an hour.
torture-kills: $(VENV)/dev.stamp
	$(BIN)/python -m tests.benchmarks.kills

## Let 50,000 files arrive while the watch is killed 20 times; print what was lost. Half an hour.
torture-loss: $(VENV)/dev.stamp
	$(BIN)/python -m tests.benchmarks.loss

## Let 50,000 files come and go, and print whether the watch grows. Ten minutes.
torture-soak: $(VENV)/dev.stamp
	$(BIN)/python -m tests.benchmarks.soak

## Write the lock files anew from pyproject.toml.
lock:
	uv pip compile pyproject.toml --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet -o requirements/runtime.txt
	uv pip compile --group build --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet -o requirements/build.txt
	uv pip compile pyproject.toml --group dev --extra postgresql --extra cluster --extra notify --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet -o requirements/dev.txt
	uv pip compile pyproject.toml --extra postgresql --extra cluster --extra notify --constraint requirements/dev.txt --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet -o requirements/service.txt

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
