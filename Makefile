# make demo | make test | make check | make fix        Each installs what it needs into .venv first.
#
# TORCH_ARGS chooses the build of torch, for example the index that PyTorch's install selector names:
#   make demo TORCH_ARGS="--index-url ADDRESS"
# Once .venv holds a torch of the pinned version, it is left as it is.
#
# make fuzz looks for defects in what reads strangers' texts, 60 seconds a reader: make fuzz SECONDS_EACH=600
#
# WORKERS is how many tests run at a time, 2 as it stands: make test WORKERS=3

PYTHON ?= python3
TORCH_ARGS ?=
WORKERS ?= 2
SECONDS_EACH ?= 60
VENV := .venv
BIN := $(VENV)/bin
TORCH := $(shell grep '^torch==' constraints.txt)

# Real documents for the tests that read them; those tests skip where the folder is absent.
SHARED_DATA := $(wildcard ../shared/data)
export TELOS_TEST_DATA ?= $(if $(SHARED_DATA),$(abspath $(SHARED_DATA)))
export HF_HUB_OFFLINE ?= 1

.PHONY: demo test unit check fix fuzz clean

demo: $(VENV)/.demo
	@$(BIN)/python -m assistant.demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest -m "not integration" -n $(WORKERS)
	$(BIN)/python -m pytest -m integration -n $(WORKERS) --dist loadgroup

unit: $(VENV)/.dev
	$(BIN)/python -m pytest -m "not integration" -n $(WORKERS)

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

fix: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fuzz: $(VENV)/.fuzz
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS_EACH)

clean:
	rm -rf $(VENV) .demo

$(VENV)/.torch: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Telos needs Python 3.11 or newer; $(PYTHON) is older. Name another: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check $(TORCH) $(TORCH_ARGS)
	@touch $@

$(VENV)/.demo: $(VENV)/.torch pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[offline,demo]'
	@touch $@

$(VENV)/.dev: $(VENV)/.torch pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[offline,demo,dev]'
	@touch $@ $(VENV)/.demo

$(VENV)/.fuzz: $(VENV)/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[offline,demo,dev,fuzz]'
	@touch $@
