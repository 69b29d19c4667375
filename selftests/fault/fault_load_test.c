// SPDX-License-Identifier: GPL-2.0
/*
 * Out of memory: loading the module, hooking the calls with extensible arguments, and unloading
 * fail at one place after another. Each is done or not done; in both cases seccomp works, by one
 * engine or the other.
 */

#include "ea.h"
#include "fault.h"
#include "leaks.h"

#define MODULE "/rust_seccomp.ko"
#define KSFT_SKIP 4

static int module_fd;

/* Whether the calls are hooked. */
static bool is_hooked(void)
{
	FILE *functions = fopen("/sys/kernel/tracing/enabled_functions", "r");
	bool found = false;
	char line[512];

	CHECK(functions);
	while (fgets(line, sizeof(line), functions))
		found |= !!strstr(line, "sys_openat2");
	fclose(functions);
	return found;
}

static bool is_loaded(void)
{
	return module_references() >= 0;
}

static long load(void)
{
	return syscall(__NR_finit_module, module_fd, "", 0);
}

static long unload(void)
{
	return syscall(__NR_delete_module, "rust_seccomp", O_NONBLOCK);
}

static void be_loaded(void)
{
	if (!is_loaded())
		CHECK(!load());
}

static void be_unloaded(void)
{
	/* The kernel frees the filters of ended processes a little later. */
	for (int i = 0; i < 100 && is_loaded() && unload(); i++)
		usleep(100000);
	CHECK(!is_loaded());
}

static int confined(const void *arg)
{
	no_new_privs();
	if (install_for(__NR_getppid, SECCOMP_RET_ERRNO | 1011, 0))
		return 1;
	if (syscall(__NR_getppid) != -1 || errno != 1011)
		return 2;
	return syscall(__NR_getuid) ? 3 : 0;
}

static void check_seccomp(void)
{
	CHECK(!in_child(confined, NULL));
}

static void load_setup(const void *arg)
{
	be_unloaded();
}

static long load_run(const void *arg)
{
	return FAULTY(load());
}

static void load_verify(const void *arg, long result)
{
	CHECK(is_loaded() == (result >= 0));
	check_seccomp();
}

static void hook_setup(const void *arg)
{
	if (is_hooked())
		be_unloaded();
	be_loaded();
	CHECK(!no_new_privs());
}

static long hook_run(const void *arg)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 437, 0, 3),
		LOAD_EA(20),
		RET_IF_EQ(0x100, SECCOMP_RET_ERRNO | 1051),
		RET(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = FPROG(insns);
	struct seccomp_append_filter append = {
		.flags = USE_EA, .filter = (uintptr_t)&prog, .extensible_arg_size = EA_KNOWN,
	};

	return FAULTY(syscall(__NR_seccomp, SECCOMP_APPEND_FILTER, sizeof(append), &append));
}

static void hook_verify(const void *arg, long result)
{
	static const __u64 good[3];
	__u64 bad[EA_ROOM / 8];
	bool attached = result >= 0;
	long fd;

	CHECK(is_hooked() || !attached);
	CHECK(proc_status(getpid(), "Seccomp_filters") == attached);
	ea_bad(ea_find("openat2"), bad);
	CHECK(syscall(437, AT_FDCWD, "/", bad, 24) == -1);
	CHECK(errno == (attached ? 1051 : EINVAL));
	fd = syscall(437, AT_FDCWD, "/", good, 24);
	CHECK(fd >= 0);
	close(fd);
	check_seccomp();
}

static void unload_setup(const void *arg)
{
	/* Unloading with hooked calls, which have to be unhooked as well. */
	be_loaded();
	CHECK(!in_child((int (*)(const void *))(void *)hook_run, NULL));
	for (int i = 0; i < 100 && module_references() > 0; i++)
		usleep(100000);
}

static long unload_run(const void *arg)
{
	return FAULTY(unload());
}

static void unload_verify(const void *arg, long result)
{
	CHECK(is_loaded() == (result < 0));
	check_seccomp();
	for (int i = 0; i < 100 && module_references() > 0; i++)
		usleep(100000);
}

/*
 * All but those from which the kernel allocates a struct static_key_mod while it loads a module. If
 * it cannot, it warns.
 */
static bool may_fail_while_loading(const char *name)
{
	return fault_any_cache(name) && strcmp(name, "kmalloc-32");
}

static int number, failed;

static void report(bool fine, const char *what)
{
	printf("%sok %d %s\n", fine ? "" : "not ", ++number, what);
	fflush(stdout);
	failed |= !fine;
}

int main(void)
{
	static const struct fault_op ops[] = {
		{ .name = "loading", .setup = load_setup, .run = load_run, .verify = load_verify },
		{ .name = "hooking calls with extensible arguments", .setup = hook_setup,
		  .run = hook_run, .verify = hook_verify },
		{ .name = "unloading", .setup = unload_setup, .run = unload_run,
		  .verify = unload_verify },
	};
	int leaks;

	printf("TAP version 13\n");
	if (!fault_init()) {
		printf("ok 1 loading # SKIP no fault injection in this kernel\n1..1\n");
		return KSFT_SKIP;
	}
	module_fd = open(MODULE, O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < LENGTH(ops); i++) {
		if (!fault_caches(ops[i].run == load_run ? may_fail_while_loading
			  : fault_any_cache)) {
			printf("Bail out! not all caches can be made to fail\n");
			return 1;
		}
		report(!fault_drive(&ops[i]), ops[i].name);
	}
	report(!is_loaded() || !unload(), "the module can be unloaded");
	leaks = find_leaks();
	if (leaks >= 0)
		report(!leaks, "nothing is lost");
	printf("1..%d\n", number);
	return failed;
}
