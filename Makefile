PYTHON_BIN = .venv/bin/python
export PYTHONPATH = $(CURDIR):$(CURDIR)/platform

.PHONY: help run setup test test-slow check bench bench-training messages lock

help: ## List the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

run: ## Start everything on this machine and print the address (PORT, DATA_DIR)
	@sh scripts/environment.sh runtime
	@exec $(PYTHON_BIN) manage.py run_platform

setup: ## Install what tests, checks and training need
	@sh scripts/environment.sh development

test: setup ## Run the tests (under 25 minutes on two cores)
	$(PYTHON_BIN) -m pytest -n auto --dist loadfile -m "not slow and not browser"
	$(PYTHON_BIN) -m pytest -m "browser and not slow"

test-slow: setup ## Run the slow tests
	$(PYTHON_BIN) -m pytest -m slow

check: setup ## Lint, types, import contracts, Django checks, OpenAPI
	$(PYTHON_BIN) -m ruff check .
	$(PYTHON_BIN) -m ruff format --check .
	$(PYTHON_BIN) -m mypy accounts gallery retouch_engine platform/portrait_platform platform/job_queue
	.venv/bin/lint-imports
	DJANGO_SETTINGS_MODULE=portrait_platform.settings.test $(PYTHON_BIN) manage.py check
	DJANGO_SETTINGS_MODULE=portrait_platform.settings.test $(PYTHON_BIN) manage.py makemigrations --check --dry-run
	DJANGO_SETTINGS_MODULE=portrait_platform.settings.test $(PYTHON_BIN) manage.py spectacular --validate --fail-on-warn --file /dev/null

bench: setup ## Measure the speed and write the tables of docs/performance.md (about 10 minutes)
	$(PYTHON_BIN) -m tests.benchmarks

bench-training: setup ## Compare the speed of training with a bare loop
	$(PYTHON_BIN) -m tests.benchmarks.training_speed

messages: setup ## Update and compile the catalogues in locale/; says what is not translated
	$(PYTHON_BIN) scripts/messages.py

lock: setup ## Resolve requirements/*.in into the lock again
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--override requirements/overrides.txt requirements/runtime.in -o requirements/runtime.txt
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--override requirements/overrides.txt requirements/development.in -o requirements/development.txt
