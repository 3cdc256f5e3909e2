# `make demo` and `make test` do all the set-up on a machine with Python and make.
PYTHON ?= python3
BIN := .venv/bin
CATALOGUE := src/regaudit/cli/locale/zh_CN/LC_MESSAGES/click
READY := .venv/.ready
SPARK := .venv/.spark

# Images of containers often set it: every process, and the tests start hundreds, would then compile all anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo desk bundle image test test-slow lint docs docs-check manual pictures messages accuracy bench mutants \
	lock clean

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# Some 450 MB, so it is apart: the tests on Spark need it, and Java 17.
$(SPARK): requirements-spark.lock $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	touch $@

# Anew each time: `demo-home/` of the last time is removed, with its users.
demo: $(READY)
	$(BIN)/python tools/demo.py --again

# The pages on the demonstration's workspace, until Ctrl+C; prints the address and the logins.
desk: $(READY)
	$(BIN)/python tools/desk.py

# One archive for a closed network, in `dist/`: by default for this system and Python. What it takes:
# make bundle BUNDLE_ARGUMENTS="--platform windows-x86_64 --python 3.12 --extras desk,reports"
bundle: $(READY)
	$(BIN)/python tools/bundle.py $(BUNDLE_ARGUMENTS)

# An image of this machine's Linux and Python 3.12; `CONTAINERS=podman` takes another program.
CONTAINERS ?= docker
image: $(READY)
	rm -rf dist/image
	$(BIN)/python tools/bundle.py --platform linux-$$(uname -m) --python 3.12 --output dist/image
	$(CONTAINERS) build --file deploy/Containerfile --tag regaudit dist/image

test: $(READY)
	$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST_ARGUMENTS)

test-slow: $(READY)
	$(BIN)/python -m pytest -n auto --dist worksteal -m "slow or not slow"

# An hour or more: 300 changes of the rules' SQL, one at a time; most must be noticed by a test.
mutants: $(READY)
	$(BIN)/python tools/mutants.py $(MUTANTS_ARGUMENTS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(READY)
	$(BIN)/python tools/generate_docs.py

docs-check: $(READY)
	$(BIN)/python tools/generate_docs.py --check

# The Chinese manual as a PDF in dist/.
manual: $(READY)
	$(BIN)/python tools/manual.py

# The catalogue that gettext reads, from the one that people write.
messages: $(READY)
	$(BIN)/python -c "import polib; polib.pofile('$(CATALOGUE).po').save_as_mofile('$(CATALOGUE).mo')"

# What the manual of the desk and the README show, by the tests in a browser.
pictures: $(READY)
	$(BIN)/python -m pytest tests/browser/test_desk_days.py tests/browser/test_mail_days.py -m long --pictures docs/pictures

# Some minutes: 23 simulated registries, every rule, into docs/simulation.md.
accuracy: $(READY)
	$(BIN)/python tools/accuracy.py

bench: $(READY)
	$(BIN)/python tests/benchmarks/run.py

# Needs the tool `uv`: resolves for every supported Python and platform, with hashes.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header --extra dev --output-file requirements.lock pyproject.toml
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header --extra spark --constraints requirements.lock \
		--output-file requirements-spark.lock pyproject.toml

clean:
	rm -rf .venv demo-home .pytest_cache .mypy_cache .ruff_cache .mutants
