# SPDX-License-Identifier: GPL-2.0
#
# make                  the module for x86_64 and arm64, in build/<arch>/
# make KDIR=...         the module against that prepared kernel tree, with the host's toolchain
# make run              a demonstration in a VM                          [ARCH=...]
# make test             all tests                  [ARCH=...] [T=pattern] [KERNEL=debian|debug|kcsan|rfc]
# make test-long        the tests that take longer, some on debug kernels  [ARCH=...]
# make test-ibt         the tests for x86_64's Indirect Branch Tracking, in Bochs
# make fuzz             the fuzzers, for two minutes each                 [SECONDS=...]
# make bench            ours against the stock engine, in instructions     [ARCH=...]
# make rfc              the series for the kernel's tree, in build/rfc/
# make check            formatting, lints, documentation
# make tools            the command secpol, static, in build/tools-<arch>/bin, with its manual
#                       pages and completions in share beside that  [ARCH=...]
# make shell            a shell in a VM with the module loaded           [ARCH=...]
# make clean            removes build/; the cache (toolchain, kernels) stays
#
# Nothing need be set up before: see README.md.

ARCH ?=
KERNEL ?= debian
# KCSAN's kernel is for one architecture.
ARCHES := x86_64 $(if $(filter kcsan,$(KERNEL)),,arm64)
T ?=
SECONDS ?= 120

# One architecture if asked for, else both; `uname -m` style names are understood.
wanted := $(or $(patsubst aarch64,arm64,$(ARCH)),$(ARCHES))
one := $(or $(patsubst aarch64,arm64,$(ARCH)),x86_64)

.PHONY: all modules run test test-long test-ibt fuzz bench rfc check tools shell clean

ifneq ($(KDIR),)

all modules:
	@grep -qs '^CONFIG_RUST=y' $(KDIR)/.config || \
		{ echo "make: $(KDIR) is not a prepared kernel tree with CONFIG_RUST=y" >&2; exit 1; }
	+@qemu/build build/kdir $(MAKE) -C $(KDIR) M=$(CURDIR) MO=$(CURDIR)/build/kdir modules

else

all modules:
	@for arch in $(wanted); do qemu/module $$arch $(KERNEL) || exit; done

endif

run:
	@qemu/module $(one) $(KERNEL)
	@qemu/demo $(one)

test:
	@qemu/test $(foreach arch,$(wanted),--arch $(arch)) --kernel $(KERNEL) $(if $(T),--only '$(T)')

bench:
	@qemu/bench $(foreach arch,$(wanted),--arch $(arch))

test-long:
	@status=0; for kernel in debian debug; do \
		qemu/test $(foreach arch,$(wanted),--arch $(arch)) --kernel $$kernel --long || status=1; \
	done; \
	$(if $(filter x86_64,$(wanted)),qemu/ibt || status=1;) exit $$status

test-ibt:
	@qemu/ibt

fuzz:
	@qemu/fuzz $(SECONDS)
	@qemu/test $(foreach arch,$(wanted),--arch $(arch)) --kernel $(KERNEL) --only differential_long

rfc:
	@qemu/rfc

check:
	@qemu/check

tools:
	@for arch in $(wanted); do qemu/tools $$arch || exit; done
	@qemu/pages $(wanted)

shell:
	@qemu/module $(one) $(KERNEL)
	@qemu/vm --arch $(one) --kernel $(KERNEL) --console -- sh -il

clean:
	@qemu/clean
