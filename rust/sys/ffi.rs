// SPDX-License-Identifier: GPL-2.0

//! The C helpers, as `helpers/rsc.h` declares them, and exported functions that the kernel's own
//! bindings leave out.

#![allow(
    improper_ctypes,
    reason = "task_struct contains lock_class_key, which is empty without lockdep"
)]

use crate::logic::bpf::lower::EbpfInsn;
use kernel::{
    bindings,
    ffi::{
        c_char,
        c_int,
        c_long,
        c_uint,
        c_ulong,
        c_ushort,
        c_void, //
    }, //
};

/// `bpf_aux_classic_check_t`.
pub(super) type ClassicCheck =
    unsafe extern "C" fn(filter: *mut bindings::sock_filter, flen: c_uint) -> c_int;

/// `bpf_func_t`: what a program is compiled to. Compiled code finds the arguments in r1 and r2.
pub(super) type BpfFunc =
    unsafe extern "C" fn(ctx: *const c_void, insn: *const bindings::bpf_insn) -> c_uint;

/// Decides whether a thread is to be collected.
pub(super) type TaskMatch = unsafe extern "C" fn(task: *mut bindings::task_struct) -> bool;

extern "C" {
    pub(super) fn rsc_prog_create_from_user(
        prog: *mut *mut bindings::bpf_prog,
        len: c_ushort,
        insns: *mut c_void,
        check: ClassicCheck,
    ) -> c_int;
    pub(super) fn rsc_prog_destroy(prog: *mut bindings::bpf_prog);
    pub(super) fn rsc_prog_len(prog: *const bindings::bpf_prog) -> c_uint;
    pub(super) fn rsc_prog_orig(
        prog: *const bindings::bpf_prog,
        len: *mut c_uint,
    ) -> *const bindings::sock_filter;
    pub(super) fn rsc_prog_assemble(
        insns: *const EbpfInsn,
        len: c_uint,
        stack: c_uint,
    ) -> *mut bindings::bpf_prog;
    pub(super) fn rsc_prog_free(prog: *mut bindings::bpf_prog);
    pub(super) fn rsc_prog_func(prog: *const bindings::bpf_prog) -> BpfFunc;
    pub(super) fn rsc_prog_run(prog: *const bindings::bpf_prog, ctx: *const c_void) -> u32;
    pub(super) fn rsc_prog_memory(prog: *const bindings::bpf_prog) -> usize;

    pub(super) fn rsc_vma_harden(vma: *mut bindings::vm_area_struct);
    pub(super) fn rsc_page_address(page: *const bindings::page) -> *mut c_void;
    pub(super) fn rsc_show_page(address: c_ulong) -> c_int;
    pub(super) fn rsc_insert_page(
        vmf: *mut bindings::vm_fault,
        page: *mut bindings::page,
    ) -> bindings::vm_fault_t;
    pub(super) fn rsc_set_counting(on: bool);
    pub(super) fn rsc_is_counting() -> bool;

    pub(super) fn rsc_assign_mode(task: *mut bindings::task_struct, mode: c_int, mitigate: bool);

    pub(super) fn rsc_symbols_resolve(missing: *mut *const c_char) -> c_int;
    pub(super) fn rsc_symbol_site(
        name: *const c_char,
        site: *mut c_ulong,
        body: *mut c_ulong,
    ) -> c_int;
    pub(super) fn rsc_symbol_addresses(
        names: *const *const c_char,
        addresses: *mut c_ulong,
        n: c_uint,
    ) -> c_int;
    pub(super) fn rsc_force_sig_seccomp(syscall: c_int, reason: c_int, force: bool) -> c_int;
    pub(super) fn rsc_audit_seccomp(syscall: c_ulong, signr: c_long, code: c_int);
    pub(super) fn rsc_ptrace_seccomp_event(message: c_ulong);

    pub(super) fn rsc_siglock(task: *mut bindings::task_struct);
    pub(super) fn rsc_sigunlock(task: *mut bindings::task_struct);
    pub(super) fn rsc_next_thread(
        caller: *mut bindings::task_struct,
        thread: *mut bindings::task_struct,
    ) -> *mut bindings::task_struct;
    pub(super) fn rsc_exec_lock() -> bool;
    pub(super) fn rsc_exec_unlock();
    pub(super) fn rsc_group_exiting() -> bool;
    pub(super) fn rsc_last_thread() -> bool;
    pub(super) fn rsc_may_install() -> bool;
    pub(super) fn rsc_capable_sysadmin() -> bool;
    pub(super) fn rsc_no_new_privs(task: *mut bindings::task_struct) -> bool;
    pub(super) fn rsc_set_no_new_privs(task: *mut bindings::task_struct);
    pub(super) fn rsc_fatal_signal_pending() -> bool;
    pub(super) fn rsc_cond_resched();
    pub(super) fn rsc_ptrace_seccomp_enabled() -> bool;
    pub(super) fn rsc_in_compat_syscall() -> bool;
    pub(super) fn rsc_pkey_register(value: *mut u32) -> bool;
    pub(super) fn rsc_collect_tasks(
        matches: TaskMatch,
        found: *mut *mut bindings::task_struct,
        max: c_uint,
    ) -> c_uint;
    pub(super) fn rsc_in_seccomp_call(task: *mut bindings::task_struct) -> bool;
    pub(super) fn rsc_in_metadata_call(task: *mut bindings::task_struct) -> bool;
    pub(super) fn rsc_find_task(
        ns: *mut bindings::pid_namespace,
        nr: bindings::pid_t,
    ) -> *mut bindings::task_struct;
    pub(super) fn rsc_try_siglock(task: *mut bindings::task_struct) -> bool;
    pub(super) fn rsc_put_task(task: *mut bindings::task_struct);

    pub(super) fn rsc_init_completion(completion: *mut bindings::completion);
    pub(super) fn rsc_complete_on_current_cpu(completion: *mut bindings::completion);
    pub(super) fn rsc_init_waitqueue(queue: *mut bindings::wait_queue_head);
    pub(super) fn rsc_init_wait(
        entry: *mut bindings::wait_queue_entry,
        func: unsafe extern "C" fn(
            *mut bindings::wait_queue_entry,
            c_uint,
            c_int,
            *mut c_void,
        ) -> c_int,
    );
    pub(super) fn rsc_wake_up_on_current_cpu(
        queue: *mut bindings::wait_queue_head,
        mode: c_uint,
        key: *mut c_void,
    );
    pub(super) fn rsc_poll_wait(
        file: *mut bindings::file,
        queue: *mut bindings::wait_queue_head,
        table: *mut bindings::poll_table_struct,
    );
    pub(super) fn rsc_mutex_lock_interruptible(lock: *mut bindings::mutex) -> c_int;

    pub(super) fn rsc_receive_fd_replace(
        new_fd: c_int,
        file: *mut bindings::file,
        o_flags: c_uint,
    ) -> c_int;
    pub(super) fn anon_inode_getfile(
        name: *const c_char,
        fops: *const bindings::file_operations,
        private: *mut c_void,
        flags: c_int,
    ) -> *mut bindings::file;

    pub(super) fn rsc_copy_short_from_user(
        dst: *mut c_void,
        src: *const c_void,
        len: usize,
    ) -> c_ulong;
    pub(super) fn rsc_copy_short_to_user(
        dst: *mut c_void,
        src: *const c_void,
        len: usize,
    ) -> c_ulong;
    pub(super) fn rsc_copy_struct_from_user(
        dst: *mut c_void,
        ksize: usize,
        src: *const c_void,
        usize: usize,
    ) -> c_int;
}
