// SPDX-License-Identifier: GPL-2.0
/*
 * A page of memory that comes from a file system of the test's own: the smallest one that FUSE
 * (linux/fuse.h) allows, which has one file of one page.
 */

#include "fuse_page.h"

#include <linux/fuse.h>
#include <sys/mount.h>

#define FUSE_PAGE 4096

enum { FUSE_PAGE_NODE = FUSE_ROOT_ID + 1 };

static void fuse_reply(int device, __u64 unique, int error, const void *data, size_t size)
{
	struct fuse_out_header header = {
		.len = sizeof(header) + size, .error = -error, .unique = unique,
	};
	struct iovec parts[] = { { &header, sizeof(header) }, { (void *)data, size } };

	/* ENOENT: the request was interrupted, and wants no reply. */
	if (writev(device, parts, LENGTH(parts)) < 0 && errno != ENOENT && errno != ENODEV)
		perror("# fuse");
}

static struct fuse_attr fuse_page_attr(__u64 node)
{
	struct fuse_attr attr = { .ino = node, .nlink = 1, .blksize = FUSE_PAGE };

	attr.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0644;
	attr.size = FUSE_PAGE;
	return attr;
}

/* The thread that serves the file system, at whose end it ends. */
static void *fuse_page_serve(void *arg)
{
	const struct fuse_page *page = arg;
	const int fd = page->device;
	static __u8 content[FUSE_PAGE];
	static union {
		struct fuse_in_header header;
		__u8 bytes[FUSE_MIN_READ_BUFFER + FUSE_PAGE];
	} in;

	for (;;) {
		const __u64 unique = in.header.unique;
		struct fuse_init_out init = {
			.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
			.max_write = FUSE_PAGE, .time_gran = 1,
		};
		struct fuse_entry_out entry = {
			.nodeid = FUSE_PAGE_NODE, .entry_valid = 1000, .attr_valid = 1000,
			.attr = fuse_page_attr(FUSE_PAGE_NODE),
		};
		struct fuse_attr_out attr = {
			.attr_valid = 1000, .attr = fuse_page_attr(in.header.nodeid),
		};
		struct fuse_open_out open = {};

		switch (in.header.opcode) {
		case 0:
		case FUSE_FORGET:
		case FUSE_BATCH_FORGET:
		case FUSE_INTERRUPT:
			break;
		case FUSE_INIT:
			fuse_reply(fd, unique, 0, &init, sizeof(init));
			break;
		case FUSE_LOOKUP:
			fuse_reply(fd, unique, 0, &entry, sizeof(entry));
			break;
		case FUSE_GETATTR:
			fuse_reply(fd, unique, 0, &attr, sizeof(attr));
			break;
		case FUSE_OPEN:
			fuse_reply(fd, unique, 0, &open, sizeof(open));
			break;
		case FUSE_READ:
			page->fill(page->arg, content);
			fuse_reply(fd, unique, 0, content, sizeof(content));
			break;
		case FUSE_RELEASE:
			fuse_reply(fd, unique, 0, NULL, 0);
			break;
		default:
			fuse_reply(fd, unique, ENOSYS, NULL, 0);
		}
		memset(&in.header, 0, sizeof(in.header));
		if (read(fd, &in, sizeof(in)) < 0 && errno != EINTR && errno != ENOENT)
			return NULL;
	}
}

void fuse_page_drop(int device)
{
	struct {
		struct fuse_out_header header;
		struct fuse_notify_inval_inode_out which;
	} message = {
		.header = { .len = sizeof(message), .error = FUSE_NOTIFY_INVAL_INODE },
		.which = { .ino = FUSE_PAGE_NODE, .len = FUSE_PAGE },
	};

	if (write(device, &message, sizeof(message)) < 0 && errno != ENOENT)
		perror("# fuse, invalidate");
}

void *fuse_page_map(struct fuse_page *page)
{
	static const char directory[] = "/tmp/fuse_page";
	void *address = MAP_FAILED;
	pthread_t thread;
	char options[64];
	int file;

	page->device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
		 page->device);
	mkdir(directory, 0700);
	if (page->device < 0 || mount("fuse_page", directory, "fuse", 0, options))
		return MAP_FAILED;
	if (!pthread_create(&thread, NULL, fuse_page_serve, page)) {
		file = open("/tmp/fuse_page/page", O_RDONLY | O_CLOEXEC);
		address = mmap(NULL, FUSE_PAGE, PROT_READ, MAP_PRIVATE, file, 0);
		close(file);
	}
	umount2(directory, MNT_DETACH);
	return address;
}
