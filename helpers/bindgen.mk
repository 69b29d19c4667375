# SPDX-License-Identifier: GPL-2.0
#
# The declarations of the helpers for Rust, made as the kernel makes those of its own helpers
# (rust/Makefile). The types are those of the kernel's bindings, but for what these leave out.
#
# For a makefile of Kbuild, which tells the target and its header by a rule of its own.
bindgen_flags := \
	--rust-target 1.85 --use-core --ctypes-prefix ffi --no-layout-tests --no-debug '.*' \
	--enable-function-attribute-detection --no-recursive-allowlist \
	--allowlist-function '(rsc_.*|anon_inode_getfile)' \
	--allowlist-var '(rsc_.*|__tracepoint_seccomp_verdict)' \
	--allowlist-type '(rsc_.*|bpf_aux_classic_check_t)'

bindgen_skipped := $(CC_FLAGS_LTO) -ftrivial-auto-var-init=%

# libclang parses the header whatever compiler the kernel was built with. Which options of gcc it
# does not know, the kernel's makefile knows.
ifndef CONFIG_CC_IS_CLANG
bindgen_skipped += $(shell sed -n '/^bindgen_skip_c_flags :=/,/[^\\]$$/{s/.*:=//;s/\\$$//;p}' \
	$(srctree)/rust/Makefile)
bindgen_target_x86 := x86_64-linux-gnu
bindgen_target_arm64 := aarch64-linux-gnu
bindgen_extra := -w --target=$(bindgen_target_$(SRCARCH))
endif

# Under its name there is only a whole file, even if everything is killed half way.
quiet_cmd_bindgen = BINDGEN $@
      cmd_bindgen = \
	$(BINDGEN) $< $(bindgen_flags) -o $(tmp-target) -- \
		$(filter-out $(bindgen_skipped),$(c_flags)) $(bindgen_extra) \
		-fno-builtin -D__BINDGEN__ $(bindgen_defines); \
	mv $(tmp-target) $@
