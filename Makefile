# `make demo` and `make test` need Python >= 3.11, git and make, and nothing else prepared.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CATTA_CORPUS ?= .demo/corpus.sqlite

# One thread a process: trainings run side by side, and the tests' networks are tiny.
TEST_ENVIRONMENT := OMP_NUM_THREADS=1

# The benchmarks of bench-corpus, which take LEMUR's wheel, and up to half an hour.
CORPUS_BENCHES := $(addprefix benchmarks/,corpus.py growth.py writers.py peer.py)

.DEFAULT_GOAL := help
.PHONY: help install demo test check bench bench-corpus bench-train clean

help:
	@echo "make install  the package with all but the phone runtimes, and the development tools, into $(VENV)"
	@echo "make demo     a whole run: 2 cycles x 8 candidates; again: resume it or start a new one"
	@echo "make test     all tests"
	@echo "make check    what CI runs: lint, format, types, layers, tests"
	@echo "make bench    the benchmarks but those of bench-corpus"
	@echo "make bench-corpus  what importing LEMUR costs, and each question, beside LEMUR's own"
	@echo "              package; WHEEL=FILE, PEER='--again --full' to measure that package anew"
	@echo "make bench-train   one epoch beside a plain PyTorch loop and one over loaded tensors"
	@echo "make clean    remove $(VENV), the demo's corpus and caches of the tools"

install: $(STAMP)

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Error: Catta needs Python 3.11 or newer, and '$(PYTHON)' is older or missing;" \
	    "name another one with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Error: '$(PYTHON)' cannot make virtual environments;" \
	    "on Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@echo 'Installing Catta and what it needs; PyTorch is large, so the first time takes minutes.'
	$(BIN)/python -m pip install --editable '.[llm,postgres,excel,hpo,report,export,prune]' --group dev
	@touch $@

demo: $(STAMP)
	@mkdir -p .demo
	CATTA_CORPUS='$(CATTA_CORPUS)' $(BIN)/catta evolve runs/demo.toml --resume-unfinished --best .demo/best.py

test: $(STAMP)
	$(TEST_ENVIRONMENT) $(BIN)/python -m pytest $(PYTEST_ARGUMENTS)

check: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory test

bench: $(STAMP)
	@for file in $(filter-out $(CORPUS_BENCHES),$(wildcard benchmarks/*.py)); do \
	  echo "== $$file"; $(BIN)/python "$$file" || exit 1; \
	done

bench-corpus: $(STAMP)
	$(BIN)/python benchmarks/corpus.py $(WHEEL)
	$(BIN)/python benchmarks/growth.py $(WHEEL)
	$(BIN)/python benchmarks/writers.py
	$(BIN)/python benchmarks/peer.py $(WHEEL) $(PEER)

bench-train: $(STAMP)
	$(BIN)/python benchmarks/train.py

clean:
	rm -rf $(VENV) .demo .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist build
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
