# MR-CPR: `make demo` shows it, `make test` proves it. Both install what they need.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
DEMO_OUT ?= out/demo
FUZZ_SECONDS ?= 600
SOURCES := mr calibration overlays tests
PAGE := mr/review/page

.PHONY: demo test lint bench fuzz firmware page page-parts clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   run a simulated training session: score, recording, report, picture"
	@echo "make test   pass the tests (installs what they need)"
	@echo "make lint   style, types, who may import whom"
	@echo "make bench  print accuracy and timings; asserts none of the timings"
	@echo "make fuzz   ten minutes each at the firmware's core and the decoder"
	@echo "make page   build the review's web page from its source (needs node 18 or newer)"
	@echo "make clean  remove the virtual environment and everything that was built"

# --- the virtual environment: made once, made again only when the project's file changes ---

$(VENV)/.demo: pyproject.toml
	@./system-packages.sh demo
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "MR-CPR needs Python 3.11 or newer; name one with: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing MR-CPR into $(VENV) (about a minute, once)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[all]'
	@touch $@

$(VENV)/.dev: $(VENV)/.demo
	@echo "installing what the tests need into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

# --- what people ask for ---

demo: $(VENV)/.demo
	@$(BIN)/mrcpr demo --out $(DEMO_OUT) $(DEMO_FLAGS)

test: $(VENV)/.dev
	@./system-packages.sh test
	@$(MAKE) --no-print-directory page-parts
	@case "$$CI" in true|1) $(BIN)/mrcpr fetch-hands ;; esac
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --max-worker-restart=0 $(PYTEST_FLAGS)

lint: $(VENV)/.dev
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/mypy
	@$(BIN)/lint-imports

$(VENV)/.bench: $(VENV)/.dev
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@

bench: $(VENV)/.bench
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.bench

fuzz: $(VENV)/.dev
	@./system-packages.sh fuzz
	@$(MAKE) --no-print-directory -C firmware/fuzz libfuzzer
	@mkdir -p firmware/build/fuzz/corpus
	firmware/build/fuzz/fuzz-core-libfuzzer -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 firmware/build/fuzz/corpus
	$(BIN)/python -m tests.firmware.fuzz_decoder --seconds $(FUZZ_SECONDS)

firmware:
	@$(MAKE) --no-print-directory -C firmware

# What the page is built with, and axe-core, which looks at it in the tests; without npm they skip.
page-parts:
	@command -v npm >/dev/null || exit 0; cd $(PAGE) && { \
	    [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent; }

page: $(VENV)/.demo
	@command -v npm >/dev/null || { echo "the page is built by node 18 or newer, with npm: install nodejs and npm"; exit 2; }
	@$(BIN)/python -m mr.review.web.describe > $(PAGE)/openapi.json
	@cd $(PAGE) && npm ci --silent && npm run --silent types && npm run --silent check && npm run --silent build

clean:
	rm -rf $(VENV) out build dist *.egg-info .mypy_cache .ruff_cache .import_linter_cache .hypothesis $(PAGE)/node_modules
	@$(MAKE) --no-print-directory -C firmware clean
