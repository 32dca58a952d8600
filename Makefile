# Insula's targets. `make help` lists them; each does its own set-up.
SHELL := /bin/bash
OUT   := $(CURDIR)/out
CONFIGURATION ?= Release
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1
export DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE := 1
export DOTNET_CLI_UI_LANGUAGE := en
# The SDK itself would want ICU, which a fresh machine lacks.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT := 1

# An SDK need not be in PATH, and one that is there may be too old.
SDK := $(shell scripts/find-sdk.sh)
export PATH := $(if $(SDK),$(SDK):)$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup build native daemon dns failpoints cli images app-images registry run stop demo test test-full check fuzz format format-check unit native-test \
        system-test soak upgrade-test bench weak-test setup-test test-build docs golden order compare-attempts deb vm-smoke vm-apparmor vm-selinux vm-firewalls vm-system vm-test vagrant-test vagrant-box clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

setup: ## install what building and running need (apt packages, the .NET SDK); asks for sudo when something is missing
	@scripts/setup.sh

build: setup native daemon dns cli ## build the programs into out/: insulad, insula, insula-dns, insula-shim, insula-copy; QUICK=1 for the inner loop

native:
	@$(MAKE) --no-print-directory -C native OUT=$(OUT)/insula-shim BUILD=$(OUT)/native

dns: setup # native always: what it is confined to leaves no room for a compiler
	@QUICK= scripts/publish.sh insula-dns $(OUT) $(CONFIGURATION)

daemon: setup
	@QUICK=$(QUICK) scripts/publish.sh insulad $(OUT) $(CONFIGURATION)

# Compiling to native code takes longer than the sample of crashes gains by it; all of them take a third of the time.
failpoints: setup dns # a daemon and a shim that tests can end at any step, into out/failpoints/
	@$(MAKE) --no-print-directory -C native failpoints OUT=$(OUT)/failpoints/insula-shim BUILD=$(OUT)/native/failpoints
	@QUICK=$(if $(filter full,$(INSULA_CRASHES)),,1) scripts/publish.sh insulad $(OUT)/failpoints $(CONFIGURATION) -p:Failpoints=true
	@install -m 755 $(OUT)/insula-dns $(OUT)/failpoints/insula-dns

cli: setup
	@QUICK=$(QUICK) scripts/publish.sh insula $(OUT) $(CONFIGURATION)

images: setup ## make the test images as OCI layouts in out/images
	@rootfs/build.sh $(OUT)/images

app-images: setup ## build the images of examples/guestbook.yaml (nginx, PostgreSQL, Redis, the guestbook) from Debian's packages into out/app (needs root)
	@scripts/apt-install.sh images mmdebstrap debian-archive-keyring
	@scripts/as-root.sh rootfs/build.sh $(OUT)/app nginx redis postgres guestbook
	@echo 'load them: for name in nginx redis postgres guestbook; do insula load out/app/$$name; done'

registry: setup # a real registry for the tests, into out/registry/
	@scripts/registry.sh $(OUT)/registry

run: build images ## start the daemon, run examples/hello.yaml, and show what it does
	@scripts/as-root.sh scripts/run.sh

stop: ## end what `make run` left running, and remove its state
	@scripts/as-root.sh scripts/stop.sh

demo: build images test-build ## show a load balancer, three workers, an ingress and three pods on each, and who notices what is killed (needs root)
	@scripts/as-root.sh scripts/demo.sh

test: build images registry failpoints test-build ## all tests: unit, native with sanitizers, a minute of fuzzing, system on this kernel, memory and counts, a short run in a VM (needs root)
	@scripts/as-root.sh scripts/test.sh unit native fuzz system bench vm-short

# What `make test` does a part of, it does whole: crashes and errors of system calls at every step, a thousand ends at once, the soak.
test-full: export INSULA_CRASHES = full
test-full: build images app-images registry failpoints test-build ## `make test` with every crash and fault, defences left out, ten thousand pods, upgrades, set-up on a fresh Debian, and virtual machines (hours; needs root)
	@INSULA_SYSCALLS=full INSULA_EXITS=50 INSULA_REPLICAS=200 INSULA_SOAK=10000 INSULA_LINKS=1000 scripts/as-root.sh scripts/test.sh unit native weak fuzz system app upgrade setup vm vagrant

check: format-check test-build ## the fast loop: format, build, unit tests
	@scripts/test.sh unit

unit: test-build ## unit tests only
	@scripts/test.sh unit

native-test: setup ## the C tests, with sanitizers (needs root)
	@scripts/as-root.sh scripts/test.sh native

system-test: build images registry failpoints test-build ## system tests only; FILTER='ClassName' runs some (needs root)
	@FILTER='$(FILTER)' scripts/as-root.sh scripts/test.sh system

soak: build images test-build ## run and delete CYCLES=10000 pods, and see that nothing grows (needs root)
	@INSULA_SOAK=$(or $(CYCLES),10000) FILTER=SoakTests scripts/as-root.sh scripts/test.sh system

weak-test: build images ## leave out one defence after another in a copy, and see its test fail; FILTER='35' or 'ClassName' tries some (needs root)
	@scripts/as-root.sh tests/weak/run.py $(FILTER)

upgrade-test: build images test-build ## from the last release (before the first: tests/upgrade/base), or FROM=COMMIT, to this build and back under running pods (needs root)
	@FROM='$(FROM)' scripts/as-root.sh scripts/test.sh upgrade

setup-test: setup ## `make setup` and `make build` on a fresh Debian in a directory (needs root)
	@scripts/as-root.sh scripts/test.sh setup

test-build: setup
	@dotnet build Runtime.sln -c Debug -v quiet --nologo -p:Analyze=true

format: setup ## put the sources into the house format
	@dotnet format whitespace src --folder
	@dotnet format whitespace tests --folder
	@dotnet format whitespace bench --folder
	@clang-format -i $$(git ls-files '*.c' '*.h')

format-check: setup
	@dotnet format whitespace src --folder --verify-no-changes
	@dotnet format whitespace tests --folder --verify-no-changes
	@dotnet format whitespace bench --folder --verify-no-changes
	@clang-format --dry-run --Werror $$(git ls-files '*.c' '*.h')

docs: test-build ## write the generated parts of docs/ (the field and kind tables)
	@INSULA_WRITE_DOCS=1 dotnet tests/Insula.Api.Tests/bin/Debug/net10.0/Insula.Api.Tests.dll -noLogo -class '*ManifestPageTests'
	@INSULA_WRITE_DOCS=1 dotnet tests/insulad.Tests/bin/Debug/net10.0/insulad.Tests.dll -noLogo -class '*ConfigurationPageTests'

golden: build images test-build ## write down anew what a container can do, after a change that is meant (needs root)
	@INSULA_WRITE_GOLDEN=1 FILTER=AttemptTests scripts/as-root.sh scripts/test.sh system

order: build images ## record which methods a day like others calls, for the layout of the programs, after larger changes (needs root)
	@scripts/as-root.sh scripts/order/record.sh $(OUT)

deb: build ## make the Debian package out/insula_VERSION_ARCHITECTURE.deb
	@packaging/build-deb.sh $(OUT)

fuzz: test-build ## fuzz for hours, guided by coverage: SECONDS_EACH=3600 for each target, TARGETS='tar http' for some (installs afl++)
	@tests/fuzz/run.sh $(or $(SECONDS_EACH),3600) $(TARGETS)

bench: build images test-build ## measure Insula beside crun, runc, podman and containerd, into bench/RESULTS.md; BENCH='--quick --only life' for some (needs root)
	@scripts/as-root.sh scripts/bench.sh $(BENCH)

compare-attempts: build images ## what a container can do beside podman's and containerd's, into docs/security.md (installs them; needs root)
	@scripts/as-root.sh tests/compare/attempts.sh

vm-smoke: build images ## run examples/hello.yaml in a VM with pure cgroup v2
	@scripts/as-root.sh tests/vm/run.sh smoke

vm-apparmor: build images ## AppArmor profiles of containers in a VM whose kernel has AppArmor
	@scripts/as-root.sh tests/vm/run.sh apparmor

vm-selinux: build images ## SELinux contexts of containers, and what they are kept from, in a VM whose kernel has SELinux on
	@scripts/as-root.sh tests/vm/run.sh selinux

vm-firewalls: build images ## the Debian package beside ufw and Docker, in a VM
	@scripts/as-root.sh tests/vm/run.sh firewalls

vm-system: build images registry failpoints ## the system tests in a VM with systemd and pure cgroup v2; FILTER='ClassName' runs some (an hour and more)
	@FILTER='$(FILTER)' VM_TIMEOUT=14400 scripts/as-root.sh tests/vm/run.sh system

vm-test: build images ## the Debian package in a VM: install, upgrade, shutdown, boot, power cut, removal, purge; Debian 12's systemd, too
	@scripts/as-root.sh tests/vm/package.sh
	@scripts/as-root.sh tests/vm/package.sh debian12 install boot

vagrant-test: build images ## `vagrant up` by libvirt, end to end, with hello.yaml inside
	@scripts/as-root.sh tests/vm/vagrant.sh

vagrant-box: ## build the box that `vagrant up` uses instead of a public one
	@scripts/as-root.sh tests/vm/box.sh $(OUT)/vm

clean: ## remove what was built
	@rm -rf out
	@dotnet clean Runtime.sln -v quiet --nologo 2>/dev/null || true
