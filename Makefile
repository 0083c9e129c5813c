# Everything a person or CI runs. `make` prints this help; the virtual environment lives in .venv.
PYTHON ?= python3
PYTEST_ARGS ?=
WORKERS ?= 2
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
RUNTIME := .venv/.runtime
DEV := .venv/.dev
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
export PYTHONUTF8 := 1

.PHONY: opensearch opensearch-cluster opensearch-stop opensearch-jars help demo test test-slow test-services walk soak check format docs lock clean setup setup-dev

help: ## this help 本说明
	@echo 'kbsearch 全网业务平台二线客服知识检索    make TARGET'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo '  PYTHON=python3.12 chooses the interpreter (≥ 3.11); KBSEARCH_PORT moves the demo from port 8000'

demo: $(RUNTIME) ## service, HQ and provinces with demo content 演示：服务、总部、省公司与示例知识，一条命令
	@exec $(BIN)/kbsearch demo

test: $(DEV) ## all tests, then the walk, ≤ 15 minutes 全部测试，最后走一遍流程
	@$(BIN)/python -m pytest -n $(WORKERS) -m 'not slow' $(PYTEST_ARGS)
	@$(BIN)/kbsearch walk

test-slow: $(DEV) ## the long random runs 长时间的随机测试
	@$(BIN)/python -m pytest -m slow $(PYTEST_ARGS)

test-services: $(DEV) opensearch-jars ## tests on a private PostgreSQL and OpenSearch, started here 在临时 PostgreSQL 与 OpenSearch 上测试
	@bash .ci/with-postgres $(BIN)/python -m pytest -m '(postgres or opensearch) and not slow' $(PYTEST_ARGS)

opensearch: ## a real OpenSearch node without containers, on PORT (9200) 不用容器起一个 OpenSearch 节点
	@$(PYTHON) infra/opensearch/nodes.py one --port $(or $(PORT),9200)

opensearch-cluster: ## three of them, processes of their own, on PORT and the next two 三个节点的集群
	@$(PYTHON) infra/opensearch/nodes.py cluster --port $(or $(PORT),9200)

opensearch-stop: ## stop the nodes started by the two above 停止上面起的节点
	@$(PYTHON) infra/opensearch/nodes.py stop

opensearch-jars: ## fetch what nodes are made of; tests then start their own 只取所需的 jar，之后测试自行启动节点
	@$(PYTHON) infra/opensearch/nodes.py jars

soak: $(RUNTIME) ## the walk with faults, seeds 1 to 20 带故障走流程，种子 1 至 20
	@$(BIN)/kbsearch walk --misbehave $(foreach n,$(shell seq 1 20),--seed $(n))

walk: $(RUNTIME) ## drive every numbered step of the flows and show the evidence 逐步走完流程，逐步出示证据
	@$(BIN)/kbsearch walk

check: $(DEV) ## format, lint, types, import direction, fresh docs 格式、规则、类型、引用方向、文档是否最新
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m docs.build --check

format: $(DEV) ## let ruff put the code in order 整理代码格式
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: $(DEV) ## write the generated pages of docs/ again 由代码重写生成的文档
	@$(BIN)/python -m docs.build

setup: $(RUNTIME) ## only make .venv, to run 只建运行环境
setup-dev: $(DEV) ## only make .venv, to develop 只建开发环境

lock: $(DEV) ## compile the lock files again 重新锁定依赖版本
	@$(BIN)/$(COMPILE) pyproject.toml -o requirements.lock
	@$(BIN)/$(COMPILE) --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## remove .venv and caches, never data/ 删除环境与缓存，不动 data/
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov build *.egg-info
	@rm -f .coverage .coverage.*
	@find kbsearch tests docs -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps: an environment is made once and filled again only when a lock file or pyproject.toml changed.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "需要 Python 3.11 以上；$(PYTHON) 是 $$($(PYTHON) --version 2>/dev/null || echo "找不到的 not found")。请用 make PYTHON=/路径/python3.11 指定。" >&2; \
	  echo "Python 3.11 or later is needed; choose it with make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo '建立 .venv …  making .venv …'
	@$(PYTHON) -m venv .venv || { \
	  echo "不能建立 .venv：Debian、Ubuntu 请先 apt-get install python3-venv。" >&2; rm -rf .venv; exit 1; }

$(RUNTIME): requirements.lock pyproject.toml | .venv/bin/python
	@echo '安装运行所需的包，首次需几分钟 …  installing what it runs on, minutes the first time …'
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --editable .
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo '安装测试与检查所需的包 …  installing what tests and checks need …'
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
