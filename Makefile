# make run   makes the environment, builds the index and serves the page on http://127.0.0.1:8000
# make test  makes the environment and runs every test, those in a real browser included

VENV := .venv
PY := $(VENV)/bin/python
# --no-compile: most of what torch brings is never imported.
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --no-compile
SUPPORTED := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python
CHROMIUMS := chromium chromium-browser google-chrome google-chrome-stable

.PHONY: run test audit environment test-environment chromium postgresql servers

run: environment
	@$(PY) -m assistant serve

# -m "" also runs the tests marked slow and browser; -rs tells what was skipped, and why.
test: test-environment chromium postgresql servers
	@HF_HUB_OFFLINE=1 $(PY) -m pytest -m "" -rs

# Known flaws in the packages that are pinned, as `test` asks too; without the network it says so.
audit: test-environment
	@$(PY) -m pytest --quiet -m "" -rs tests/test_auditing.py

environment: $(VENV)/.installed
test-environment: $(VENV)/.installed-test

# A stamp is written last, so that an installation cut short is taken up again the next time.
$(VENV)/.installed: requirements.txt pyproject.toml | $(VENV)/.created
	@echo "Installing requirements.txt into $(VENV) (once; torch makes this a few minutes) …"
	@$(PIP) -r requirements.txt
	@$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/.installed-test: requirements-dev.txt requirements-milvus.txt requirements-dask.txt $(VENV)/.installed
	@echo "Installing requirements-dev.txt into $(VENV) …"
	@$(PIP) -r requirements-dev.txt
	@touch $@

# An environment that is there and works is kept.
$(VENV)/.created:
	@if $(PY) -c '$(SUPPORTED)' 2>/dev/null && $(PY) -m pip --version >/dev/null 2>&1; then touch $@; exit 0; fi; \
	for python in $(CANDIDATES); do \
	  if $$python -c '$(SUPPORTED)' 2>/dev/null; then \
	    echo "Making $(VENV) with $$($$python --version) …"; \
	    $$python -m venv --clear $(VENV) && touch $@ && exit 0; \
	  fi; \
	done; \
	echo "No usable Python 3.11 or newer was found: install python3 and python3-venv, then run make again." >&2; \
	exit 1

# Finds a Chromium and a Chinese font, or installs Debian's where that needs no password.
chromium:
	@missing=""; \
	command -v $(CHROMIUMS) >/dev/null || missing="chromium"; \
	fc-list :lang=zh 2>/dev/null | grep -q . || missing="$$missing fonts-noto-cjk fontconfig"; \
	[ -n "$$missing" ] || exit 0; \
	root=""; [ "$$(id -u)" = 0 ] || root="sudo -n"; \
	if command -v apt-get >/dev/null && $$root true 2>/dev/null; then \
	  echo "Installing $$missing …"; \
	  $$root apt-get -qq update && \
	  DEBIAN_FRONTEND=noninteractive $$root apt-get -qq install --no-install-recommends $$missing >/dev/null && exit 0; \
	fi; \
	echo "The browser tests need Chromium and a Chinese font: install $$missing, then run make test again." >&2; \
	exit 1

# Finds a PostgreSQL server for the tests to start one of their own, or installs Debian's (with no
# cluster that would run beside it) where that needs no password; without it those tests are skipped.
postgresql:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null && exit 0; \
	root=""; [ "$$(id -u)" = 0 ] || root="sudo -n"; \
	if command -v apt-get >/dev/null && $$root true 2>/dev/null; then \
	  echo "Installing postgresql …"; \
	  $$root mkdir -p /etc/postgresql-common/createcluster.d && \
	  echo "create_main_cluster = false" | $$root tee /etc/postgresql-common/createcluster.d/no-main.conf >/dev/null && \
	  $$root apt-get -qq update && \
	  DEBIAN_FRONTEND=noninteractive $$root apt-get -qq install --no-install-recommends postgresql >/dev/null && exit 0; \
	fi; \
	echo "Without PostgreSQL its tests are skipped: install postgresql to run them." >&2

# Finds a Redis and an nginx for the tests to start their own, or installs Debian's (with no service
# that would run beside them) where that needs no password; without them those tests are skipped.
servers:
	@missing=""; \
	command -v redis-server >/dev/null || missing="redis-server"; \
	command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing="$$missing nginx-light"; \
	[ -n "$$missing" ] || exit 0; \
	root=""; [ "$$(id -u)" = 0 ] || root="sudo -n"; \
	if command -v apt-get >/dev/null && $$root true 2>/dev/null; then \
	  echo "Installing $$missing …"; \
	  [ -e /usr/sbin/policy-rc.d ] || mask=1; \
	  [ -z "$$mask" ] || printf '#!/bin/sh\nexit 101\n' | $$root tee /usr/sbin/policy-rc.d >/dev/null; \
	  [ -z "$$mask" ] || $$root chmod +x /usr/sbin/policy-rc.d; \
	  $$root apt-get -qq update && \
	  DEBIAN_FRONTEND=noninteractive $$root apt-get -qq install --no-install-recommends $$missing >/dev/null; \
	  done=$$?; [ -z "$$mask" ] || $$root rm /usr/sbin/policy-rc.d; \
	  [ $$done = 0 ] && exit 0; \
	fi; \
	echo "Without Redis and nginx their tests are skipped: install $$missing to run them." >&2
