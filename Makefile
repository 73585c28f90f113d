# Anpei. make shows what there is to do; demo and test each work as the first
# command on a fresh machine and are quick the second time.

SHELL         := /bin/bash
.SHELLFLAGS   := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
MAKEFLAGS     += --no-print-directory

STARTED := $(shell date +%s)

bold    := $(if $(MAKE_TERMOUT),\033[1m)
plain   := $(if $(MAKE_TERMOUT),\033[0m)
section = printf '\n$(bold)%s$(plain)\n' "$(1)"
elapsed = s=$$(($$(date +%s) - $(STARTED))); printf '%d min %02d s' $$((s / 60)) $$((s % 60))

# What the pages are tried with in a browser, as pinned in deploy/browser.
axe        := deploy/browser/node_modules/axe-core/axe.min.js
lighthouse := deploy/browser/node_modules/lighthouse/package.json

##@ Run it

.PHONY: demo dev reset
demo: setup .bin/local minio .bin/api .bin/worker .bin/demo ## play four claims from report to money, then stay up (EXIT=1: then stop)
	@$(call section,demo)
	@deploy/with-stack.sh .local -- .bin/demo $(if $(EXIT),--exit)

dev: setup .bin/local minio .bin/api .bin/worker .bin/demo ## the stack, api and worker in the foreground, seeded, no story played
	@$(call section,dev)
	@deploy/with-stack.sh .local -- .bin/demo --dev

reset: .bin/local ## forget all claims: stop the local stack and remove its data
	@.bin/local reset

##@ Work on it

.PHONY: test check generate fmt bench crash histories eval-indemnity eval-ocr eval-pictures fuzz shots lighthouse
test: setup check .bin/local minio .bin/api .bin/worker .bin/demo $(axe) ## all checks, then all tests with the race detector, on a stack of their own
	@$(call section,tests of the local stack)
	@cd deploy/local && go test -count=1 ./...
	@$(call section,tests of the product)
	@.bin/local reset --data .local-test >/dev/null
	@# The demo that the browsers look at compares ledger and bank: nobody else may be paid meanwhile.
	@# What drives processes, and what draws and what reads a page, is one goroutine: the race detector would only slow them.
	@# Tests of the whole wait for most of their time: more of them at once than there are processors.
	@# What kills processes has the machine to itself.
	@deploy/with-stack.sh .local-test --ports auto -- bash -euo pipefail -c \
		'go test -race -shuffle=on -parallel 4 -timeout 20m $$(go list ./... | grep -Ev "/(activities/ocr|internal/specimen)$$") && \
		go test -shuffle=on ./activities/ocr ./internal/specimen && cd deploy && \
		go test -race -shuffle=on $$(go list ./... | grep -Ev "^anpei/deploy$$|/(browser|crash)$$") && \
		go test -shuffle=on -parallel 4 -timeout 20m . && \
		go test -count=1 -timeout 10m ./crash && \
		go test -shuffle=on -parallel 3 -timeout 30m ./browser'
	@.bin/local reset --data .local-test >/dev/null
	@$(call section,passed after $$($(elapsed)))

check: .bin/golangci-lint .bin/govulncheck .bin/oapi-codegen .bin/sqlc .bin/workflowcheck setup ## what can be told without running it (VULNDB=a copy of Go's vulnerability database)
	@$(call section,checks)
	@VULNDB="$(VULNDB)" deploy/check.sh

generate: .bin/sqlc .bin/oapi-codegen ## write the Go code of schemas/db and schemas/rest from their contracts
	@cd schemas/db && $(abspath .bin/sqlc) generate
	@cd schemas/rest && for part in models server client; do $(abspath .bin/oapi-codegen) -config $$part.yaml openapi.yaml; done

fmt: .bin/golangci-lint ## format all Go code and order its imports
	@.bin/golangci-lint fmt

bench: setup .bin/local minio .bin/api .bin/worker .bin/bench ## measure the product against its yardsticks, on a stack of its own (AGAINST=a commit: and beside that one)
	@$(call section,bench)
	@.bin/local reset --data .local-bench >/dev/null
	@against=$(if $(AGAINST),$$(deploy/against.sh $(AGAINST))); \
		deploy/with-stack.sh .local-bench --ports auto -- .bin/bench $${against:+--against "$$against"}

crash: setup .bin/local minio .bin/api .bin/worker .bin/crash ## kill the product and its servers while claims run (SEED=1 KILLS=20; COMMANDS=20: Temporal, then PostgreSQL, just after commands)
	@$(call section,crash)
	@.bin/local reset --data .local-crash >/dev/null
	@.bin/crash --seed $(SEED) $(if $(COMMANDS),--kills 0 --commands $(COMMANDS),--kills $(or $(KILLS),20))

eval-indemnity: ## run worked cases through the calculation (CASES=a file of one JSON case a line)
	@go test ./claim/indemnity -run TestWorkedExamples -v -count=1 -args -cases=$(abspath $(CASES))

shots: setup .bin/local minio .bin/api .bin/worker .bin/demo $(axe) ## pictures of every page in .local-shots, and what WCAG 2.2 AA forbids on them
	@$(call section,shots)
	@.bin/local reset --data .local-shots-stack >/dev/null
	@deploy/with-stack.sh .local-shots-stack --ports auto -- go -C deploy test -count=1 -timeout 20m ./browser -pictures
	@.bin/local reset --data .local-shots-stack >/dev/null

lighthouse: setup .bin/local minio .bin/api .bin/worker .bin/demo $(lighthouse) ## Lighthouse on the claimant's pages, as on a phone
	@$(call section,lighthouse)
	@.bin/local reset --data .local-lighthouse >/dev/null
	@deploy/with-stack.sh .local-lighthouse --ports auto -- go -C deploy test -count=1 -v -tags lighthouse -run TestLighthouse -timeout 20m ./browser
	@.bin/local reset --data .local-lighthouse >/dev/null

# SPOILED=1 draws pictures that nobody can read, APART=1 layouts and typefaces
# that the reader was not developed on.
DRAW ?= 120
SEED ?= 1
eval-ocr: setup .bin/worker .bin/evalocr ## read papers and compare with the truth (DATA=a folder with a manifest.tsv; else DRAW=120 SEED=1 specimens)
	@.bin/evalocr $(if $(VERBOSE),-v) $(if $(DATA),$(abspath $(DATA)),-draw $(DRAW) -seed $(SEED) $(if $(APART),-apart) $(if $(SPOILED),-spoiled) .bin/specimens/$(SEED)$(if $(APART),-apart)$(if $(SPOILED),-spoiled))

eval-pictures: setup .bin/evalpictures ## count different pictures that are taken for one, and copies that are not found (SEED=1, DATA=a folder of papers to cut from)
	@.bin/evalpictures $(if $(VERBOSE),-v) -seed $(SEED) $(if $(DATA),$(abspath $(DATA)))

fuzz: ## fuzz the parsers of strangers' files (FOR=how long each, 60s)
	@for package in ./claim/document ./activities/ocr; do \
		for target in $$(go test -list '^Fuzz' $$package | grep ^Fuzz); do \
			echo "$$package $$target"; go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(or $(FOR),60s) $$package; \
		done; \
	done

RELEASE ?= v0.4.0
histories: setup .bin/local minio .bin/api .bin/worker .bin/demo $(axe) ## record the histories that TestReplay replays, of the demo, the browsers' journeys and the API's tests, at a release (RELEASE=its tag)
	@$(call section,histories)
	@.bin/local reset --data .local-histories >/dev/null
	@deploy/with-stack.sh .local-histories --ports auto -- bash -c '.bin/demo --env .local-histories/env --exit && go -C deploy test -count=1 -parallel 2 -timeout 20m ./browser && go test -count=1 -run "OneActResumes|Transfer|TestAPI" ./api && go test ./workflows -run TestReplay -v -count=1 -args -release=$(RELEASE)'
	@.bin/local reset --data .local-histories >/dev/null
	@# The same stories where a run goes on in a new one after a few dozen events.
	@ANPEI_RUN_EVENTS=60 deploy/with-stack.sh .local-histories --ports auto -- bash -c '.bin/demo --env .local-histories/env --exit && go test ./workflows -run TestReplay -v -count=1 -args -release=$(RELEASE)'
	@.bin/local reset --data .local-histories >/dev/null

##@ Build it

.PHONY: setup build tools clean
setup: ## install the Debian packages it needs and the OCR models, if one is missing
	@deploy/setup.sh
	@deploy/models.sh .bin/ocr

build: setup .bin/local minio .bin/api .bin/worker ## the two mains and the local stack

tools: .bin/golangci-lint .bin/govulncheck .bin/oapi-codegen .bin/sqlc .bin/workflowcheck ## the generators and linters, as pinned in deploy/tools

clean: ## remove what was built (make reset removes data)
	@rm -rf .bin api/web/node_modules api/web/dist/*

# The two mains and what drives them. go build knows what is current.
.PHONY: .bin/api .bin/worker .bin/demo .bin/bench .bin/crash .bin/evalocr .bin/evalpictures
.bin/api: api/web/dist/manifest.json # static, since it links no C
	@$(if $(wildcard $@),,echo "building $@")
	@CGO_ENABLED=0 go build -o $@ ./api
.bin/worker: setup # links the OCR engine
	@$(if $(wildcard $@),,echo "building $@, with the OCR engine")
	@go build -o $@ ./worker
.bin/evalocr .bin/evalpictures: setup # links what the worker links
	@$(if $(wildcard $@),,echo "building $@")
	@go -C deploy build -o ../$@ ./$(@F)
.bin/demo .bin/bench .bin/crash:
	@$(if $(wildcard $@),,echo "building $@")
	@go -C deploy build -o ../$@ ./$(@F)

# What browsers load: styles and scripts, from packages that the lockfile pins.
api/web/node_modules/.package-lock.json: api/web/package.json api/web/package-lock.json
	@echo "installing the packages of the pages (npm ci)"
	@cd api/web && npm ci --silent
	@touch $@
api/web/dist/manifest.json: api/web/node_modules/.package-lock.json api/web/build.mjs api/web/tsconfig.json \
  $(shell find api/web/styles api/web/islands api/web/*/templates -type f)
	@echo "building the styles and scripts of the pages"
	@cd api/web && node build.mjs

# The servers. Building them takes minutes once, so each says so.
.bin/local: $(shell find -L deploy/local -type f)
	@echo "building .bin/local with the Temporal server$(if $(wildcard $@),,, about 7 minutes the first time)"
	@cd deploy/local && go build -o ../../$@ .
	@touch $@

# minio's own releases have ended; this is the last. One on the PATH is used as it is.
MINIO := v0.0.0-20260212201848-7aac2a2c5b7c
.PHONY: minio
minio: $(if $(shell command -v minio),,.bin/minio)
.bin/minio:
	@echo "building .bin/minio, about 4 minutes the first time"
	@GOBIN=$(abspath .bin) go install github.com/minio/minio@$(MINIO)

# The tools, at the versions of deploy/tools/go.mod.
.bin/golangci-lint: tool = github.com/golangci/golangci-lint/v2/cmd/golangci-lint
.bin/golangci-lint: takes = 70 s
.bin/govulncheck: tool = golang.org/x/vuln/cmd/govulncheck
.bin/govulncheck: takes = 5 s
.bin/oapi-codegen: tool = github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen
.bin/oapi-codegen: takes = 10 s
.bin/sqlc: tool = github.com/sqlc-dev/sqlc/cmd/sqlc
.bin/sqlc: takes = 80 s
.bin/workflowcheck: tool = go.temporal.io/sdk/contrib/tools/workflowcheck
.bin/workflowcheck: takes = 5 s
.bin/golangci-lint .bin/govulncheck .bin/oapi-codegen .bin/sqlc .bin/workflowcheck: deploy/tools/go.mod deploy/tools/go.sum
	@echo "building $@$(if $(wildcard $@),,, about $(takes) the first time)"
	@cd deploy/tools && go build -o ../../$@ $(tool)
	@touch $@

$(axe): deploy/browser/package-lock.json
	@cd deploy/browser && npm ci --omit=dev --silent && touch ../../$@
$(lighthouse): deploy/browser/package-lock.json
	@echo "fetching lighthouse"
	@cd deploy/browser && npm ci --silent && touch ../../$(axe) ../../$@

.PHONY: help
help:
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n$(bold)%s$(plain)\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
