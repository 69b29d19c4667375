// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the copies of extensible arguments: what was copied is read,
 * whatever is in user memory by then, and once.
 *
 * Each test is run by a thread of its own, at whose end its copy is freed.
 */

#include <kunit/test.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/seccomp_append.h>
#include <linux/seccomp_ea.h>
#include <linux/uaccess.h>

#define SIZE 64

struct ea_test {
	/* Two pages. */
	u8 __user *umem;
	u8 got[SIZE];
};

static int ea_test_init(struct kunit *test)
{
	struct ea_test *priv;
	unsigned long addr;

	if (!IS_ENABLED(CONFIG_MMU)) {
		kunit_skip(test, "needs user memory");
		return 0;
	}
	priv = kunit_kzalloc(test, sizeof(*priv), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, priv);
	addr = kunit_vm_mmap(test, NULL, 0, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			     MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE(test, addr, 0);
	KUNIT_ASSERT_LT(test, addr, (unsigned long)TASK_SIZE);
	priv->umem = (u8 __user *)addr;
	test->priv = priv;
	return 0;
}

/* Sets bytes of user memory. */
static void fill_user(struct kunit *test, u8 __user *to, u8 value, size_t len)
{
	u8 *bytes = kunit_kmalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	memset(bytes, value, len);
	KUNIT_ASSERT_EQ(test, copy_to_user(to, bytes, len), 0);
}

static struct seccomp_ea *fill(struct kunit *test, const void __user *uptr, size_t len)
{
	struct seccomp_ea *ea = seccomp_ea_fill(uptr, len);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ea);
	KUNIT_ASSERT_PTR_EQ(test, ea, current->seccomp.ea);
	return ea;
}

/* Reads with the function under test, as a call that knows SIZE bytes does. */
static int read(struct kunit *test, const void __user *from, size_t usize)
{
	struct ea_test *priv = test->priv;

	memset(priv->got, 0xee, SIZE);
	return seccomp_ea_copy(priv->got, SIZE, from, usize);
}

#define EXPECT_BYTES(test, bytes, value, len) \
	KUNIT_EXPECT_NULL(test, memchr_inv(bytes, value, len))

static void ea_test_none(struct kunit *test)
{
	struct ea_test *priv = test->priv;

	KUNIT_EXPECT_FALSE(test, seccomp_ea_in_use());
	KUNIT_EXPECT_EQ(test, read(test, priv->umem, SIZE), SECCOMP_EA_NONE);
	seccomp_ea_forget();
	KUNIT_EXPECT_FALSE(test, seccomp_ea_in_use());

	/* Nor if there could be a copy, but none was made. */
	KUNIT_ASSERT_NOT_NULL(test, seccomp_ea_get());
	KUNIT_EXPECT_TRUE(test, seccomp_ea_in_use());
	KUNIT_EXPECT_EQ(test, read(test, priv->umem, SIZE), SECCOMP_EA_NONE);
	KUNIT_EXPECT_EQ(test, read(test, NULL, 0), SECCOMP_EA_NONE);
	EXPECT_BYTES(test, priv->got, 0xee, SIZE);
}

static void ea_test_read_once(struct kunit *test)
{
	struct ea_test *priv = test->priv;
	struct seccomp_ea *ea;

	fill_user(test, priv->umem, 0x11, SIZE);
	ea = fill(test, priv->umem, SIZE);
	KUNIT_EXPECT_EQ(test, ea->len, SIZE);
	KUNIT_EXPECT_EQ(test, ea->error, 0);
	EXPECT_BYTES(test, ea->data, 0x11, SIZE);
	/* It is where filters load from. */
	KUNIT_EXPECT_PTR_EQ(test, (void *)ea->data, (void *)ea->view + SECCOMP_DATA_APPEND_SIZE);

	fill_user(test, priv->umem, 0x22, SIZE);
	KUNIT_EXPECT_EQ(test, read(test, priv->umem, SIZE), 0);
	EXPECT_BYTES(test, priv->got, 0x11, SIZE);
	KUNIT_EXPECT_EQ(test, read(test, priv->umem, SIZE), SECCOMP_EA_NONE);
}

static void ea_test_other_address(struct kunit *test)
{
	struct ea_test *priv = test->priv;

	fill(test, priv->umem, SIZE);
	KUNIT_EXPECT_EQ(test, read(test, priv->umem + 1, SIZE), SECCOMP_EA_NONE);
	KUNIT_EXPECT_EQ(test, read(test, NULL, SIZE), SECCOMP_EA_NONE);
	KUNIT_EXPECT_EQ(test, read(test, priv->umem, SIZE), 0);
}

static void ea_test_forget(struct kunit *test)
{
	struct ea_test *priv = test->priv;

	fill(test, priv->umem, SIZE);
	seccomp_ea_forget();
	KUNIT_EXPECT_EQ(test, read(test, priv->umem, SIZE), SECCOMP_EA_NONE);
	EXPECT_BYTES(test, priv->got, 0xee, SIZE);

	fill(test, priv->umem, SIZE);
	KUNIT_EXPECT_EQ(test, read(test, priv->umem, SIZE), 0);
}

/* User space changed the size since, which fails, and does not read memory either. */
static void ea_test_other_size(struct kunit *test)
{
	static const size_t sizes[] = { 0, SIZE - 1, SIZE + 1, SECCOMP_EA_SIZE, SIZE_MAX };
	struct ea_test *priv = test->priv;

	for (int i = 0; i < ARRAY_SIZE(sizes); i++) {
		fill(test, priv->umem, SIZE);
		KUNIT_EXPECT_EQ(test, read(test, priv->umem, sizes[i]), -EFAULT);
		EXPECT_BYTES(test, priv->got, 0xee, SIZE);
	}
}

/* The struct is shorter or longer than the call knows. */
static void ea_test_known_size(struct kunit *test)
{
	struct ea_test *priv = test->priv;

	fill_user(test, priv->umem, 0x33, SIZE);
	fill(test, priv->umem, SIZE / 2);
	KUNIT_EXPECT_EQ(test, read(test, priv->umem, SIZE / 2), 0);
	EXPECT_BYTES(test, priv->got, 0x33, SIZE / 2);
	EXPECT_BYTES(test, priv->got + SIZE / 2, 0, SIZE / 2);

	fill_user(test, priv->umem + SIZE, 0, SIZE);
	fill(test, priv->umem, 2 * SIZE);
	KUNIT_EXPECT_EQ(test, read(test, priv->umem, 2 * SIZE), 0);
	EXPECT_BYTES(test, priv->got, 0x33, SIZE);

	fill_user(test, priv->umem + 2 * SIZE - 1, 1, 1);
	fill(test, priv->umem, 2 * SIZE);
	KUNIT_EXPECT_EQ(test, read(test, priv->umem, 2 * SIZE), -E2BIG);
	KUNIT_EXPECT_EQ(test, read(test, priv->umem, 2 * SIZE), SECCOMP_EA_NONE);
}

/* Filters see zeros behind a short argument, whatever a longer one has left. */
static void ea_test_zeros_behind(struct kunit *test)
{
	struct ea_test *priv = test->priv;
	struct seccomp_ea *ea;

	fill_user(test, priv->umem, 0x44, SECCOMP_EA_SIZE);
	ea = fill(test, priv->umem, SECCOMP_EA_SIZE);
	EXPECT_BYTES(test, ea->data, 0x44, SECCOMP_EA_SIZE);
	ea = fill(test, priv->umem, 8);
	EXPECT_BYTES(test, ea->data, 0x44, 8);
	EXPECT_BYTES(test, ea->data + 8, 0, SECCOMP_EA_SIZE - 8);
	ea = fill(test, priv->umem, 16);
	EXPECT_BYTES(test, ea->data, 0x44, 16);
	EXPECT_BYTES(test, ea->data + 16, 0, SECCOMP_EA_SIZE - 16);
	seccomp_ea_clear(ea);
	EXPECT_BYTES(test, ea->data, 0, SECCOMP_EA_SIZE);
	KUNIT_EXPECT_EQ(test, read(test, priv->umem, 16), SECCOMP_EA_NONE);
	KUNIT_EXPECT_EQ(test, read(test, NULL, 0), SECCOMP_EA_NONE);
}

/* What is longer than a copy is refused by its call. It is not copied further. */
static void ea_test_too_long(struct kunit *test)
{
	struct ea_test *priv = test->priv;
	struct seccomp_ea *ea;

	ea = fill(test, priv->umem, SECCOMP_EA_SIZE + 1);
	KUNIT_EXPECT_EQ(test, ea->len, SECCOMP_EA_SIZE);
	KUNIT_EXPECT_EQ(test, read(test, priv->umem, SECCOMP_EA_SIZE + 1), -EFAULT);
	ea = fill(test, priv->umem, SIZE_MAX);
	KUNIT_EXPECT_EQ(test, ea->len, SECCOMP_EA_SIZE);
}

/*
 * What could not be read when the filters looked at it cannot be read later: they
 * have seen zeros.
 */
static void ea_test_unreadable(struct kunit *test)
{
	struct ea_test *priv = test->priv;
	u8 __user *end = priv->umem + PAGE_SIZE;
	u8 __user *uptr = end - SIZE / 2;
	struct seccomp_ea *ea;

	fill_user(test, uptr, 0x55, SIZE);
	ea = fill(test, uptr, SIZE);
	EXPECT_BYTES(test, ea->data, 0x55, SIZE);

	KUNIT_ASSERT_EQ(test, vm_munmap((unsigned long)end, PAGE_SIZE), 0);
	ea = fill(test, uptr, SIZE);
	KUNIT_EXPECT_EQ(test, ea->error, -EFAULT);
	KUNIT_EXPECT_EQ(test, ea->len, SIZE);
	EXPECT_BYTES(test, ea->data, 0, SECCOMP_EA_SIZE);

	KUNIT_ASSERT_EQ(test, vm_mmap(NULL, (unsigned long)end, PAGE_SIZE, PROT_READ | PROT_WRITE,
				      MAP_ANONYMOUS | MAP_PRIVATE | MAP_FIXED, 0),
			(unsigned long)end);
	KUNIT_EXPECT_EQ(test, read(test, uptr, SIZE), -EFAULT);
	EXPECT_BYTES(test, priv->got, 0xee, SIZE);

	/* The next call is not concerned. */
	ea = fill(test, uptr, SIZE);
	KUNIT_EXPECT_EQ(test, ea->error, 0);
	KUNIT_EXPECT_EQ(test, read(test, uptr, SIZE), 0);
	EXPECT_BYTES(test, priv->got, 0x55, SIZE / 2);
	EXPECT_BYTES(test, priv->got + SIZE / 2, 0, SIZE / 2);
}

static struct kunit_case ea_test_cases[] = {
	KUNIT_CASE(ea_test_none),
	KUNIT_CASE(ea_test_read_once),
	KUNIT_CASE(ea_test_other_address),
	KUNIT_CASE(ea_test_forget),
	KUNIT_CASE(ea_test_other_size),
	KUNIT_CASE(ea_test_known_size),
	KUNIT_CASE(ea_test_zeros_behind),
	KUNIT_CASE(ea_test_too_long),
	KUNIT_CASE(ea_test_unreadable),
	{}
};

static struct kunit_suite ea_test_suite = {
	.name = "seccomp_ea",
	.init = ea_test_init,
	.test_cases = ea_test_cases,
};

kunit_test_suite(ea_test_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of seccomp's copies of extensible arguments");
MODULE_LICENSE("GPL");
