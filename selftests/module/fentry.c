// SPDX-License-Identifier: GPL-2.0
/*
 * Attaches a BPF program that does nothing to the entry of a kernel function, and runs a command
 * while it is there.
 *
 *	fentry FUNCTION COMMAND [ARGUMENT...]
 *
 * Exits with the command's status, or with 1 if the program cannot be attached.
 */

#include "common.h"

#include <linux/bpf.h>
#include <linux/btf.h>

static int bpf(int cmd, union bpf_attr *attr)
{
	return syscall(__NR_bpf, cmd, attr, sizeof(*attr));
}

/* The length of what follows a BTF type of this kind, or -1 if the kind is unknown. */
static long extra_bytes(__u32 info)
{
	long vlen = BTF_INFO_VLEN(info);

	switch (BTF_INFO_KIND(info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case BTF_KIND_ENUM64:
		return 12 * vlen;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return 8 * vlen;
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	default:
		return -1;
	}
}

/* The id of the function in the kernel's BTF, or -1. */
static int function_id(const char *name)
{
	const char *path = "/sys/kernel/btf/vmlinux";
	const struct btf_header *header;
	const char *type, *end, *strings;
	struct stat st;
	char *btf;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st))
		return -1;
	btf = malloc(st.st_size);
	for (ssize_t len, at = 0; at < st.st_size; at += len) {
		len = read(fd, btf + at, st.st_size - at);
		if (len <= 0)
			return -1;
	}
	close(fd);
	header = (void *)btf;
	type = btf + header->hdr_len + header->type_off;
	end = type + header->type_len;
	strings = btf + header->hdr_len + header->str_off;
	for (int id = 1; type < end; id++) {
		const struct btf_type *t = (const void *)type;
		long extra = extra_bytes(t->info);

		if (extra < 0)
			return -1;
		if (BTF_INFO_KIND(t->info) == BTF_KIND_FUNC && !strcmp(strings + t->name_off, name))
			return id;
		type += sizeof(*t) + extra;
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_TRACING,
		.expected_attach_type = BPF_TRACE_FENTRY,
		.insns = (unsigned long)insns,
		.insn_cnt = LENGTH(insns),
		.license = (unsigned long)"GPL",
	};
	int id, prog, link, status = 1;
	pid_t pid;

	if (argc < 3)
		return 2;
	id = function_id(argv[1]);
	if (id < 0) {
		fprintf(stderr, "fentry: no BTF of %s\n", argv[1]);
		return 1;
	}
	attr.attach_btf_id = id;
	prog = bpf(BPF_PROG_LOAD, &attr);
	if (prog < 0) {
		perror("fentry: BPF_PROG_LOAD");
		return 1;
	}
	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.prog_fd = prog;
	link = bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
	if (link < 0) {
		perror("fentry: cannot attach");
		return 1;
	}
	pid = fork();
	if (!pid) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	close(link);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
