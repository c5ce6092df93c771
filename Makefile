# make run        start everything on http://localhost:8000 (another port: make run PORT=8001)
# make test       install what the tests need and run all of them (some: make test ARGS="-k history";
#                 a file of them: make test ARGS=tests/chats/test_hub.py, in one process)
# make faults     break real servers under load, with every repeat: about an hour (some: make faults ARGS="-k valkey")
# make bench      measure beside the peers, write benchmarks/RESULTS.md and the table of the README: half an hour
#                 (some: make bench ARGS=history)
# make bench-quick   the same in a short form, on less data; prints what it measured, keeps nothing
# make lint       everything that is checked without running the project
# make format     put the code in the agreed form
# make requirements   pin the newest releases that pyproject.toml allows

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE := $(BIN)/uv --no-config pip compile --quiet --upgrade --universal --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --no-annotate \
	--custom-compile-command "make requirements" pyproject.toml
FIND_CHROMIUM := echo $$CHROMIUM | grep . || command -v chromium-headless-shell || command -v chromium \
	|| command -v chromium-browser || command -v google-chrome
# A worker has servers of its own and takes whole files, in the order of tests/conftest.py.
PARALLEL := --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder
APPS := chatproject chats users
# What a deployment sets, for the checks of one.
PRODUCTION := DEBUG=0 TRUSTED_PROXIES=1 ALLOWED_HOSTS=chat.example.org ORIGINS=https://chat.example.org \
	SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(64))')

.PHONY: run test faults bench bench-quick lint format requirements chromium
.DEFAULT_GOAL := run

run: $(VENV)/.installed
	@exec $(BIN)/python manage.py dev

test: $(VENV)/.installed-dev chromium
	@CHROMIUM=$$($(FIND_CHROMIUM)) $(BIN)/python -m pytest $(if $(findstring .py,$(ARGS)),,$(PARALLEL)) $(ARGS)

faults: $(VENV)/.installed-dev chromium
	@CHROMIUM=$$($(FIND_CHROMIUM)) timeout 75m $(BIN)/python -m pytest tests/faults tests/browser/test_offline.py --long -o faulthandler_timeout=1200 $(ARGS)

bench: $(VENV)/.installed-bench chromium
	@CHROMIUM=$$($(FIND_CHROMIUM)) $(BIN)/python -m benchmarks $(ARGS)

bench-quick: $(VENV)/.installed-bench chromium
	@CHROMIUM=$$($(FIND_CHROMIUM)) BENCH_DIR=var/bench/quick $(BIN)/python -m benchmarks --quick $(ARGS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	DEBUG=1 $(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint --check templates
	$(BIN)/djlint --quiet --lint templates
	@echo "group_send is called in chats/events/publish.py only"
	@! grep -rnE --include='*.py' '\.group_send(_now)?\(' $(APPS) | grep -v '^chats/events/publish.py:'
	$(BIN)/python -m chatproject.development.embedded manage.py makemigrations --check --dry-run
	@echo "manage.py check --deploy"
	@$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .
	-$(BIN)/djlint --quiet --reformat templates

requirements: $(VENV)/.installed-dev
	$(COMPILE) --output-file requirements.txt
	$(COMPILE) --constraint requirements.txt --extra embedded --output-file requirements-embedded.txt
	$(COMPILE) --constraint requirements-embedded.txt --extra dev --output-file requirements-dev.txt
	$(COMPILE) --constraint requirements-embedded.txt --extra bench --output-file requirements-bench.txt

# The stamps are newer than the requirements that they stand for: a second run installs nothing.
$(VENV)/.installed: requirements-embedded.txt | $(BIN)/pip
	@echo "Installing the requirements ..."
	@$(PIP_INSTALL) -r $<
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt | $(BIN)/pip
	@echo "Installing the requirements of development ..."
	@$(PIP_INSTALL) -r $<
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-bench: requirements-bench.txt | $(BIN)/pip
	@echo "Installing the requirements of the benchmarks ..."
	@$(PIP_INSTALL) -r $<
	@touch $@ $(VENV)/.installed

$(BIN)/pip:
	@command -v $(PYTHON) >/dev/null || { \
		echo "There is no $(PYTHON): install Python 3.11 or newer, or name it: make PYTHON=python3.12"; \
		exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V 2>&1): make PYTHON=python3.12"; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || .ci/apt-install python3-venv
	@$(PYTHON) -m venv $(VENV)

chromium:
	@{ $(FIND_CHROMIUM); } >/dev/null || .ci/apt-install chromium-headless-shell || .ci/apt-install chromium
