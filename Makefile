# Every target sets up what it needs first; `make demo` and `make test` work on a fresh clone.
BIN := .venv/bin
export PYTHON

.PHONY: demo test check bench words docs sample lock setup lint clean

demo: setup       ## simulate two campaigns and write their report into reports/
	$(BIN)/growthml demo

test: setup lint  ## everything that must hold
	$(BIN)/python -m pytest -n auto --dist loadfile

check: setup lint ## the same without the slow tests, stopping at the first failure
	$(BIN)/python -m pytest -q -x -m "not slow"

bench: setup      ## speed and memory
	$(BIN)/python -m benchmarks

words: setup      ## take the texts from the code into the catalogues, and compile them
	.ci/words

docs: setup       ## write docs/reference/ anew, from the code
	$(BIN)/python -m docs.generator

sample: setup     ## write reports/sample/ and docs/pictures/ anew, from the demo
	$(BIN)/python -m docs.sample

lock: setup       ## pin all dependencies anew, with the hashes of all platforms' files
	.ci/lock

setup:
	@.ci/setup

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

clean:            ## remove the environment and caches; reports/ and data/ stay
	rm -rf .venv build dist .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find growthml tests -name __pycache__ -prune -exec rm -rf {} +
