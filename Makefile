# Everything there is to do, one target each: make help.

PORT      ?= 8080
PHOTOS    ?=
RENDERERS ?=
FRONT     ?=
CHAOS     ?=
ARCH      ?= arm64
FUZZTIME  ?= 30s
CORPUS    ?= ../shared/corpus
PICTURES  ?= ../shared/pictures

# Static binaries, whether or not there is a C compiler, and -trimpath, as what is
# deployed has it: a module is compiled for programs, tests and the function alike,
# and once.
export CGO_ENABLED = 0
export GOFLAGS := -trimpath $(GOFLAGS)
export PORT PHOTOS RENDERERS FRONT CHAOS MINUTES ARCH FUNCTION STACK PARAMETERS VERSION SINCE YES PRESETS MANIFEST ACTION JOB

.DEFAULT_GOAL := help
.PHONY: help build run presets test test-browser test-arm64 test-aws test-images images chaos soak check bench bench-peers bench-auto contact-sheet looks fuzz lambda.zip deploy deploy-code deploy-gateway deploy-edge rollback logs batch destroy clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9.-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

build: ## install nginx and Redis where missing, build everything into .bin/
	@deploy/tools/install.sh
	@deploy/tools/build.sh versitygw

run: build ## run the whole system at http://localhost:8080/ (PORT=, PHOTOS=dir, PRESETS=file, RENDERERS=n, FRONT=edge: without servers, CHAOS=fault: a game day)
	@$(if $(CHAOS),deploy/tools/install.sh prometheus)
	@.bin/local

presets: ## print the effective presets, and where each value comes from (PREW_PRESETS=file, PRESET_<NAME>=field=value,...)
	@go build -buildvcs=false -o .bin/ ./prewmanager
	@PREW_PRESETS="$${PREW_PRESETS:-presets.yaml}" .bin/prewmanager presets

test: ## run every test, on real nginx, Redis, S3 and function (CORPUS=dir)
	@deploy/tools/install.sh prometheus webp av1 node
	@deploy/tools/build.sh versitygw gotestsum
	@CORPUS='$(CORPUS)' deploy/tools/test.sh

test-browser: ## see every picture of the gallery loaded by Chromium, and AVIFs by Firefox
	@deploy/tools/install.sh chromium firefox
	@go test -count=1 -tags browser -run 'Chromium|Firefox' ./lambda/render/avif
	@deploy/tools/build.sh versitygw
	@cd deploy/tools && go test -count=1 -v .

test-arm64: ## run the engine's tests as an arm64 program, under qemu
	@deploy/tools/install.sh qemu
	@GOARCH=arm64 go test -count=1 -timeout=40m -exec qemu-aarch64-static ./lambda/render/...

test-images: ## build the container images from Debian's packages and run them (as root)
	@deploy/tools/install.sh images
	@deploy/tools/build.sh versitygw
	@go test -count=1 -v -timeout 20m -tags images ./deploy/images

images: ## build the container images prew-gateway and prew-nginx (BUILDER=docker, podman or buildah)
	@deploy/images/images.sh

test-aws: ## deploy to an AWS on this machine: needs the AWS CLI, moto and cfn-lint
	@deploy/tools/install.sh
	@deploy/tools/build.sh versitygw
	@deploy/aws/test-aws.sh

chaos: ## break what can break, and see fifteen promises kept (FULL=1, ONLY=1,3, SEED=n, RACE=1)
	@deploy/tools/install.sh prometheus network
	@deploy/tools/build.sh versitygw
	@go build -buildvcs=false -o .bin/ ./prewmanager/chaos
	@$(if $(RACE),CGO_ENABLED=1 go build -race -buildvcs=false -o .bin/race/ ./prewmanager)
	@.bin/chaos

soak: ## run the whole system under load and faults and see that nothing grows (MINUTES=60), into docs/bench/ from an hour on, or else into .local/soak/
	@deploy/tools/install.sh prometheus
	@deploy/tools/build.sh versitygw
	@go build -buildvcs=false -o .bin/ ./deploy/local/soak
	@.bin/soak

check: ## gofmt, go vet and staticcheck over both modules
	@deploy/tools/build.sh staticcheck
	@deploy/tools/check.sh

bench: ## run the benchmarks, for benchstat: the engine by stages, misses, hits, the whole stack, an import (CORPUS=dir)
	@deploy/tools/install.sh wrk
	@deploy/tools/build.sh versitygw
	@CORPUS='$(abspath $(CORPUS))' go test -run '^$$' -bench . ./...

bench-peers: ## hold the engine against libvips, into docs/bench/ (CORPUS=dir, ONLY=part of a job's name: into .local/peers/)
	@deploy/tools/install.sh peers sharp av1
	@lambda/peers/build.sh
	@CORPUS='$(abspath $(CORPUS))' .bin/peers

bench-auto: ## what quality auto saves of photographs' previews, into docs/bench/auto.md (CORPUS=dir, PHOTOS=dir)
	@go build -buildvcs=false -o .bin/ ./lambda/peers/auto
	@CORPUS='$(CORPUS)' PHOTOS='$(PHOTOS)' .bin/auto

contact-sheet: ## crops of its previews beside libvips', into .local/contact-sheet/ (CORPUS=dir)
	@deploy/tools/install.sh peers sharp
	@lambda/peers/build.sh
	@CORPUS='$(abspath $(CORPUS))' .bin/peers -sheet

looks: ## hold every test picture and look against sharp's, into docs/bench/looks.md and .local/looks/, and make those of the README (CORPUS=dir, PICTURES=dir, ONLY=part of a name)
	@go test -count=1 -run '^TestPicturesOfTheREADME$$' ./lambda/render -update
	@deploy/tools/install.sh sharp heif
	@deploy/tools/build.sh
	@lambda/peers/sharp/install.sh
	@go build -buildvcs=false -o .bin/ ./lambda/peers/looks
	@CORPUS='$(CORPUS)' PICTURES='$(PICTURES)' .bin/looks

fuzz: ## run every fuzz target for FUZZTIME=30s
	@FUZZTIME='$(FUZZTIME)' deploy/tools/fuzz.sh

lambda.zip: ## pack the function for AWS (ARCH=arm64 or amd64, PREW_PRESETS=file)
	@go run ./deploy/aws/lambdazip -arch '$(ARCH)' $(if $(PREW_PRESETS),-presets '$(PREW_PRESETS)' )-o $@

# What is missing is said before anything is built.
deploy: ## put it on AWS: deploy/aws/render.yaml as STACK=name (PARAMETERS="Access=public ...", ARCH=), or the code alone into FUNCTION=name
	@deploy/aws/deploy$(if $(FUNCTION),-function).sh ready
	@$(MAKE) --no-print-directory lambda.zip
	@deploy/aws/deploy$(if $(FUNCTION),-function).sh

deploy-code: ## make this checkout's function live in STACK=name, at once (ARCH=)
	@deploy/aws/deploy-code.sh ready
	@$(MAKE) --no-print-directory lambda.zip
	@deploy/aws/deploy-code.sh

deploy-gateway: ## put nginx and gateways on AWS too, in front of STACK=name: deploy/aws/gateway.yaml (PARAMETERS=, ARCH=)
	@deploy/aws/deploy-gateway.sh

deploy-edge: ## put CloudFront, or what Front= says, before STACK=name, without servers: deploy/aws/edge.yaml (PARAMETERS=, ARCH=, PREW_PRESETS=file, PRESET_<NAME>=...)
	@deploy/aws/deploy-edge.sh ready
	@$(MAKE) --no-print-directory lambda.zip
	@go build -buildvcs=false -o .bin/ ./nginx/prewnginx
	@deploy/aws/deploy-edge.sh

rollback: ## have gateways call the version before in STACK=name (VERSION=n)
	@deploy/aws/rollback.sh

logs: ## follow the function's log of STACK=name (SINCE=10m)
	@deploy/aws/logs.sh

batch: ## have previews rendered or deleted by S3 Batch Operations: STACK=name PRESETS=card,thumb MANIFEST=keys.txt or s3://... (ACTION=purge, JOB=id)
	@deploy/aws/batch.sh

destroy: ## delete STACK=name but for its buckets; asks (YES=1)
	@deploy/aws/destroy.sh

clean: ## remove what was built, and the data of make run
	rm -rf .bin .local lambda.zip
