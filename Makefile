# The verbs of this project. Each works alone on a clean clone with Python >= 3.11, make and a package index.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
SCRIPT ?= examples/neo-amsterdam.txt
ARGS   ?=

CHROMIUM ?= $(shell command -v chromium)

.PHONY: help film setup test test-browser test-cluster test-chart test-images image push names check ui bench bench-edit \
	lock lock-comfyui sbom clean
.DEFAULT_GOAL := help

help: ## What can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

film: $(VENV)/.film ## A film from SCRIPT=my.txt (default: the example); ARGS="--json" and the like are passed on
	$(BIN)/film make "$(SCRIPT)" $(ARGS)

setup: $(VENV)/.dev ## Everything needed to work on the project

test: $(VENV)/.dev ## Every test that needs no cluster
	$(BIN)/pytest $(ARGS)

test-browser: $(VENV)/.dev ## The pages in a real Chromium; screenshots in build/screenshots (as root on Debian installs it)
	@test -n "$(CHROMIUM)" || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null; } || { \
		echo "Chromium is missing, and installing it needs root on Debian: install it, or set CHROMIUM to its path."; exit 1; }
	@test -n "$(CHROMIUM)" || { apt-get -q update && apt-get -qy install --no-install-recommends chromium; }
	CHROMIUM="$(CHROMIUM)" $(BIN)/pytest tests/browser $(ARGS)

test-cluster: $(VENV)/.dev ## Films on a real Kubernetes with real S3; Debian 12, root; the first time builds for some minutes
	@cd tests && PYTHONPATH= $(abspath $(BIN))/python -m cluster $(ARGS)

check: $(VENV)/.dev ## Lint, types, import layers, Dagster definitions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	DAGSTER_HOME= DAGSTER_DISABLE_TELEMETRY=1 $(BIN)/dagster definitions validate -w workspace.yaml

ui: $(VENV)/.film ## Dagster's pages on ./film-home
	$(BIN)/film ui $(ARGS)

bench: $(VENV)/.dev ## Every benchmark in its default size, each printing ratios against a baseline of the same run (hours)
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

bench-edit: $(VENV)/.dev ## The edit of 20, 60 and 200 clips at 1280x720 (4 to 5 hours; ARGS="--long-rounds 1": about 2)
	$(BIN)/python benchmarks/edit.py --counts 20 60 200 --sizes 1280x720 --presets veryfast medium $(ARGS)

lock: $(VENV)/.dev ## Renew the pinned requirements (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--group dev --group build pyproject.toml -o requirements-dev.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--group build -c requirements-dev.txt pyproject.toml -o requirements.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--group build --extra cluster --extra c2pa -c requirements-dev.txt pyproject.toml -o requirements-cluster.txt

lock-comfyui: ## Renew what Dockerfile.comfyui installs; COMFYUI=checkout of the commit it names (needs uv)
	printf 'torch==2.13.0\n' | uv pip compile -q --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
		--generate-hashes --no-header --no-emit-index-url --no-annotate --constraints /dev/stdin \
		$(COMFYUI)/requirements.txt -o requirements-comfyui.txt

image: ## Both images, their base fixed by the digest it has now (needs docker with buildx)
	digest=$$(docker buildx imagetools inspect python:3.11-slim-bookworm --format '{{.Manifest.Digest}}') && \
	docker build --build-arg BASE=python:3.11-slim-bookworm@$$digest -t film-pipeline:0.1.0 . && \
	docker build --build-arg BASE=python:3.11-slim-bookworm@$$digest -t film-comfyui:0.33.0 -f Dockerfile.comfyui .

push: names ## Both images to REGISTRY=host/folder, and those names into helm-values/
	docker tag film-pipeline:0.1.0 $(REGISTRY)/film-pipeline:0.1.0 && docker push $(REGISTRY)/film-pipeline:0.1.0
	docker tag film-comfyui:0.33.0 $(REGISTRY)/film-comfyui:0.33.0 && docker push $(REGISTRY)/film-comfyui:0.33.0

names: ## The names of our images in helm-values/ lead to REGISTRY=host/folder
	@test -n "$(REGISTRY)" || { echo "say where to: REGISTRY=host/folder"; exit 2; }
	sed -i.before -E 's#((image|repository): )([^ ,]+/)?(film-pipeline|film-comfyui)#\1$(REGISTRY)/\4#' helm-values/*.yaml
	@rm helm-values/*.before

test-images: $(VENV)/.dev ## Install exactly what the Dockerfile installs, and make a film with it (Debian, root, 5 minutes)
	$(BIN)/pytest tests/farm/image_check.py $(ARGS)

test-chart: $(VENV)/.dev ## The values against the chart itself; CHART=folder from `helm pull dagster/dagster --untar`
	DAGSTER_CHART="$(CHART)" $(BIN)/pytest tests/farm/chart_check.py $(ARGS)

sbom: $(VENV)/.dev ## The Python packages of both images, as CycloneDX: build/sbom.json, build/sbom-comfyui.json
	@mkdir -p build
	$(BIN)/cyclonedx-py requirements --output-reproducible --pyproject pyproject.toml -o build/sbom.json \
		requirements-cluster.txt
	$(BIN)/cyclonedx-py requirements --output-reproducible -o build/sbom-comfyui.json requirements-comfyui.txt

clean: ## Remove what make made, but no films
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info

# pip installs exactly what is pinned, checked by hash; the project itself comes without another look at the index.
$(VENV)/bin/pip:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "film_pipeline needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.film: requirements.txt pyproject.toml | $(VENV)/bin/pip
	@test -e $(VENV)/.dev || { \
		echo "Installing into $(VENV) (once, about a minute) ..."; \
		$(BIN)/pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.txt; }
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml | $(VENV)/bin/pip
	@echo "Installing into $(VENV) (once, about a minute) ..."
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.film
