/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The helpers of the takeover: how the module gets into a kernel that was not
 * made for it. An in-tree build deletes this header and what it declares.
 */
#ifndef RUST_SECCOMP_TAKEOVER_H
#define RUST_SECCOMP_TAKEOVER_H

#include <linux/mm_types.h>
#include <linux/types.h>

struct ctl_table;
struct page;
struct pt_regs;
struct task_struct;
struct vm_area_struct;
struct vm_fault;

/* in_flight.c */
bool rsc_in_seccomp_call(struct task_struct *task);
bool rsc_in_metadata_call(struct task_struct *task);
unsigned int rsc_collect_tasks(bool (*match)(struct task_struct *task),
			       struct task_struct **found, unsigned int max);

/* mm.c */
void rsc_vma_harden(struct vm_area_struct *vma);
void *rsc_page_address(const struct page *page);
int rsc_show_page(unsigned long address);
vm_fault_t rsc_insert_page(struct vm_fault *vmf, struct page *page);

/* symbols.c */
int rsc_symbols_resolve(const char **missing);
int rsc_symbol_site(const char *name, unsigned long *site, unsigned long *body);
int rsc_symbol_addresses(const char *const *names, unsigned long *addresses, unsigned int n);
void rsc_spec_mitigate(struct task_struct *task);

/* entry/<arch>.S */

/*
 * Run the rest of a hooked function, behind its ftrace site: that of a system
 * call's wrapper, and that of a proc_handler. @body, the address to go on at, is
 * the sixth argument, behind any that the function itself takes.
 */
long rsc_call_wrapper(const struct pt_regs *regs, unsigned long unused1, unsigned long unused2,
		      unsigned long unused3, unsigned long unused4, unsigned long body);
int rsc_call_body(const struct ctl_table *table, int write, void *buffer, size_t *lenp,
		  loff_t *ppos, unsigned long body);

/* What ftrace calls in place of the hooked functions, and before the wrappers. */
void rsc_entry___seccomp_permit_syscall(void);
void rsc_entry_get_seccomp_filter(void);
void rsc_entry_seccomp_filter_release(void);
void rsc_entry_seccomp_get_filter(void);
void rsc_entry_seccomp_get_metadata(void);
void rsc_entry_seccomp_actions_logged_handler(void);
void rsc_entry_do_seccomp(void);
void rsc_entry_ea(void);

#ifdef CONFIG_X86_64
/* Where an entry goes on if it leaves the call to the kernel. On arm64 ftrace tells it. */
extern unsigned long rsc_body___seccomp_permit_syscall;
extern unsigned long rsc_body_get_seccomp_filter;
extern unsigned long rsc_body_seccomp_filter_release;
extern unsigned long rsc_body_seccomp_get_filter;
extern unsigned long rsc_body_seccomp_get_metadata;
extern unsigned long rsc_body_seccomp_actions_logged_handler;
extern unsigned long rsc_body_do_seccomp;
#endif

#endif /* RUST_SECCOMP_TAKEOVER_H */
