# Needs make and Python 3.11 or newer; every target does its own set-up the first time. `make help` lists the targets.
PORT ?= 8000
PYTHON ?= python3
UNITS ?= 27670
PEOPLE ?= 20000
REGISTRATIONS ?= 100000
ROUNDS ?= 200

RUN = .venv/bin/python
MANAGE = DEBUG=1 $(RUN) manage.py
RUNTIME = .venv/runtime.stamp
DEV = .venv/dev.stamp
FRONT_END = node_modules/.stamp
# The settings of a real installation, with generated secrets, for `check --deploy`.
PRODUCTION = DEBUG=0 DATABASE_URL=postgres://xueshi@localhost/xueshi ALLOWED_HOSTS=xueshi.example \
	SECRET_KEY="$$($(RUN) -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	FIELD_KEYS="k1:$$($(RUN) -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())')" \
	DIGEST_KEY="$$($(RUN) -c 'import secrets; print(secrets.token_urlsafe(48))')"

.DEFAULT_GOAL := help
.PHONY: help run test lint hooks screenshots manual bench mutants

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "make %-12s %s\n", $$1, $$2 }'

run: $(RUNTIME) $(FRONT_END) ## serve the demonstration on http://127.0.0.1:8000 (PORT changes it)
	@mkdir -p var
	@$(MANAGE) migrate --verbosity 1
	@$(MANAGE) load_base_data
	@$(MANAGE) load_demo
	@echo "http://127.0.0.1:$(PORT)  (Ctrl-C stops; the data stay in var/)"
	@DEBUG=1 PORT=$(PORT) $(RUN) -m gunicorn --config config/gunicorn.py config.wsgi

test: $(DEV) $(FRONT_END) ## run the tests without the slow ones; CI=true runs all, ARGS go to pytest
	@chromium="$$(sh scripts/chromium.sh)"; CHROMIUM="$$chromium" \
	$(RUN) -m pytest -n auto -m "($${chromium:+browser or }not browser)$(if $(CI),, and not slow)" $(ARGS)

lint: $(DEV) $(FRONT_END) ## check style, templates, types, import contracts, migrations and production settings
	@mkdir -p var
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m djlint templates --lint --quiet
	$(RUN) -m mypy
	.venv/bin/lint-imports --no-logo
	$(MANAGE) makemigrations --check --dry-run
	@echo "manage.py check --deploy, with production settings"
	@$(PRODUCTION) $(RUN) manage.py check --deploy --fail-level WARNING

hooks: $(DEV) ## let git run the linters before each commit
	.venv/bin/pre-commit install

screenshots: $(DEV) $(FRONT_END) ## take the pictures of README and manual anew
	@CHROMIUM="$$(sh scripts/chromium.sh)" $(RUN) scripts/screenshots.py

manual: $(RUNTIME) ## write docs/manual.md from the text of the help page
	@DEBUG=1 $(RUN) -m scripts.manual

# A database of its own, kept between runs; DATABASE_URL names another one.
bench: export DATABASE_URL ?= sqlite:///var/bench-$(UNITS).sqlite3
bench: $(RUNTIME) $(FRONT_END) ## measure each page beside a page that shows only a name
	@mkdir -p var
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) load_province --if-empty --units $(UNITS) --people $(PEOPLE) --registrations $(REGISTRATIONS)
	@$(MANAGE) benchmark --rounds $(ROUNDS)

# MUTANTS names some: make mutants MUTANTS='hours.counting.*'. See docs/mutants.md.
mutants: $(DEV) $(FRONT_END) ## change the program in small ways and count how many the tests notice
	@mkdir -p mutants && ln -sfn ../node_modules mutants/node_modules
	env -u DATABASE_URL .venv/bin/mutmut run $(MUTANTS)
	@.venv/bin/mutmut results --all true | $(RUN) -m scripts.mutants

$(RUN):
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

$(RUNTIME): requirements.txt requirements.lock | $(RUN)
	$(RUN) -m pip install --constraint requirements.lock --requirement requirements.txt
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	$(RUN) -m pip install --constraint requirements.lock --requirement requirements-dev.txt
	@touch $@

$(FRONT_END): package.json package-lock.json | $(RUNTIME)
	@sh scripts/front_end.sh
	@touch $@
