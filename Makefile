# What people type. `make help` explains each target.

PYTHON ?= python3
EXTRA_INDEX ?=
LAB ?= 1
ARGS ?=
VENV_BIN := $(if $(filter Windows_NT,$(OS)),.venv/Scripts,.venv/bin)
PY := $(VENV_BIN)/python
LABS := $(patsubst %/readme.md,%,$(wildcard lab*/readme.md))
PIP_COMPILE := CUSTOM_COMPILE_COMMAND="make pip-tools" $(VENV_BIN)/pip-compile --quiet

.DEFAULT_GOAL := help
.PHONY: help setup install demo app download fonts texts standin generate train train-paragraphs test test-lab test-extras faults lint style check sync forward tree diff \
	notebooks clean pip-tools check-locks lfs

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/installed  ## install everything into .venv (EXTRA_INDEX=address: an index with CPU-only torch; PYTHON=python3.12)

.venv/installed: requirements/prod.txt requirements/dev.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else f"error: {sys.executable} is Python {v[0]}.{v[1]}; expected 3.11 or newer: make setup PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --disable-pip-version-check $(if $(EXTRA_INDEX),--extra-index-url $(EXTRA_INDEX)) \
		-r requirements/prod.txt -r requirements/dev.txt
	@touch $@

install: setup  ## an older name for make setup
	@echo "make install is an older name for make setup"

demo: setup  ## train on real handwriting for a minute and show what the model reads
	$(PY) tools/demo.py

download: setup  ## fetch the official data files into data/downloaded
	$(PY) tools/data.py download

fonts: setup  ## install about 200 free handwriting fonts into data/downloaded (needs npm)
	$(PY) tools/fonts.py install
	$(PY) tools/printed_fonts.py

texts: setup  ## fetch 12 MB of prose in the public domain for lab 7's language model (needs npm)
	$(PY) tools/texts.py

standin: setup  ## draw stand-ins for EMNIST, IAM, Copiste, IAM-OnDB where there are none (ARGS="--only iam --forms=300")
	$(PY) tools/standin.py $(ARGS)

generate: setup  ## prepare the downloaded files for the labs, in data/processed
	$(PY) tools/data.py generate

train: setup  ## train a model (LAB=2 ARGS="--model_class=CNN --max_epochs=3")
	cd lab$(LAB) && ../$(PY) training/run_experiment.py $(ARGS)

train-paragraphs: setup  ## train the recogniser from scratch, or resume its training (ARGS="--recipe=research": with IAM)
	cd lab7 && ../$(PY) training/train_recognizer.py $(ARGS)

app: .venv-extras/installed  ## start the recogniser's web page (needs the extras; ARGS="--port=7861 --backend=http://127.0.0.1:8000")
	cd lab7 && ../.venv-extras/$(notdir $(VENV_BIN))/python text_recognizer/paragraph_text_recognizer.py serve $(ARGS)

test: setup check lint  ## check that the labs are in step, lint, and run the tests of all labs and tools
	$(PY) tools/run_tests.py

test-lab: setup  ## run all tests of one lab but the slow ones (LAB=2)
	$(PY) tools/run_tests.py --whole lab$(LAB)

test-extras: .venv-extras/installed  ## run the tests that need the packages of requirements/extras.txt, in .venv-extras
	.venv-extras/$(notdir $(VENV_BIN))/python tools/run_tests.py --extras

faults: setup  ## test what can go wrong: damaged files, full disks, dead networks, kills; some minutes (ARGS="-k network")
	$(PY) -m pytest -q tools/faults $(ARGS)

# Sees what is installed in .venv, and has the extras on top.
.venv-extras/installed: .venv/installed requirements/extras.txt
	$(PY) -m venv .venv-extras
	$(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > "$$(.venv-extras/$(notdir $(VENV_BIN))/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/labs.pth"
	.venv-extras/$(notdir $(VENV_BIN))/python -m pip install --disable-pip-version-check -r requirements/extras.txt
	@touch $@

lint: setup  ## check style and types in all labs
	$(VENV_BIN)/ruff check .
	$(VENV_BIN)/ruff format --check .
	cd tools && ../$(PY) -m mypy --config-file=../pyproject.toml --cache-dir=../.mypy_cache .
	@set -e; for lab in $(LABS); do echo "mypy $$lab"; \
		(cd $$lab && ../$(PY) -m mypy --config-file=../pyproject.toml --cache-dir=../.mypy_cache text_recognizer training); done

style: setup  ## fix what the linter can fix
	$(VENV_BIN)/ruff check --fix .
	$(VENV_BIN)/ruff format .

check: setup  ## say which lab files are out of step with labs.txt, and how to mend it
	$(PY) tools/labs.py check

sync: setup  ## carry hand-written files forward into their copies in later labs
	$(PY) tools/labs.py sync

forward: setup  ## merge an edit of an older hand-written version into the newer ones
	$(PY) tools/labs.py forward

tree: setup  ## print a lab's files with what is new (LAB=2)
	$(PY) tools/labs.py tree $(LAB)

diff: setup  ## print a lab against its predecessor: the lecture (LAB=2)
	$(PY) tools/labs.py diff $(LAB)

notebooks: setup  ## run the labs' notebooks on the data that is here, into build/notebooks (LAB=5: one lab's)
	$(PY) tools/notebooks.py $(if $(filter command line,$(origin LAB)),lab$(LAB))

clean:  ## remove caches and prepared data; downloads, logs and .venv stay
	rm -rf data/processed .mypy_cache .ruff_cache .pytest_cache
	find $(LABS) tools -name __pycache__ -type d -prune -exec rm -rf {} +

lfs:  ## let this clone keep weights (*.ckpt, *.pt) in Git LFS
	@git lfs version >/dev/null 2>&1 || { echo "error: Git LFS is not installed. Debian and Ubuntu: sudo apt install" \
		"git-lfs; macOS: brew install git-lfs; Windows: it comes with Git. Then type again: make lfs"; exit 1; }
	git lfs install --local

pip-tools: setup  ## compile requirements/*.in to the locks *.txt
	$(PIP_COMPILE) --output-file=requirements/prod.txt requirements/prod.in
	$(PIP_COMPILE) --output-file=requirements/dev.txt requirements/dev.in
	$(PIP_COMPILE) --output-file=requirements/extras.txt requirements/extras.in

check-locks: setup  ## check that a resolver can install the locks on Linux, macOS and Windows
	@set -e; for platform in x86_64-manylinux_2_28 aarch64-apple-darwin x86_64-pc-windows-msvc; do \
		for version in 3.11 3.12; do \
			MACOSX_DEPLOYMENT_TARGET=14.0 $(VENV_BIN)/uv pip compile --quiet --no-header --python-platform $$platform \
				--python-version $$version requirements/prod.txt requirements/dev.txt --output-file /dev/null; \
			echo "$$platform, Python $$version: the locks can be installed"; \
		done; done
