# Karhu. `make demo` and `make test` are all a newcomer needs; both set up .venv by themselves.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: demo test nightly fuzz check run bench clean setup format messages pictures

setup: $(STAMP)

# The stamp is older than the lock only when the lock has changed: a second run installs nothing.
$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: $(STAMP)
	$(BIN)/karhu demo

run: $(STAMP)
	$(BIN)/karhu up

# In two processes, each with servers of its own; then, alone, what runs a whole Karhu and kills it.
# Both halves are run, whatever becomes of the first.
test: $(STAMP)
	@trap 'exit 130' INT; failed=0; \
	$(BIN)/python -m pytest -n logical --maxprocesses 2 --dist loadfile \
	    --ignore=tests/stack --ignore=tests/browser || failed=1; \
	$(BIN)/python -m pytest tests/stack tests/browser || failed=1; \
	exit $$failed

# Ten thousand random lives in each property test of the procedure and the ledger.
nightly: $(STAMP)
	KARHU_TEST_DEPTH=10000 $(BIN)/python -m pytest --timeout=0 \
	    tests/unit/test_any_history.py tests/unit/test_ledger.py

# Ten minutes of coverage-guided fuzzing for the readers of invoices, ten for those of payments.
fuzz: $(STAMP)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-fuzz.lock
	$(BIN)/python -m tests.fuzz.invoices -max_total_time=600
	$(BIN)/python -m tests.fuzz.payments -max_total_time=600

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/karhu db check

bench: $(STAMP)
	$(BIN)/python -m bench

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Bring the pages' catalogues up to date with what they say; what is to be translated is listed.
messages: $(STAMP)
	$(BIN)/python -m starter.web.messages

# The pictures in docs/pictures, made anew by the story that tests/browser tells (needs Chromium).
pictures: $(STAMP)
	KARHU_BROWSER=required KARHU_PICTURES=docs/pictures $(BIN)/python -m pytest \
	    tests/browser/test_story.py

# Recompute the lock from pyproject.toml (needs uv on the PATH).
lock:
	uv pip compile pyproject.toml --extra embedded --extra dev --universal --python-version 3.11 \
	    --generate-hashes --no-header -o requirements.lock
	uv pip compile pyproject.toml --extra fuzz -c requirements.lock --universal \
	    --python-version 3.11 --generate-hashes --no-header -o requirements-fuzz.lock

clean:
	rm -rf $(VENV) var build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
