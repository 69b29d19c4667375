/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The trace event of verdicts. In tracefs it is events/seccomp/seccomp_verdict.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM seccomp

#if !defined(RUST_SECCOMP_VERDICT_EVENT_H) || defined(TRACE_HEADER_MULTI_READ)
#define RUST_SECCOMP_VERDICT_EVENT_H

#include <linux/tracepoint.h>

#include "rsc.h"

/*
 * Filters have decided about a system call, otherwise than by ALLOW.
 *
 * nr to args are those of struct seccomp_data. verdict is what the filter that
 * decides has returned (SECCOMP_RET_*). filter is its number, of which the oldest
 * filter has 1, insn the index of the instruction that ended it, and tag
 * identifies its program: the first 8 bytes, as a big-endian number, of the
 * SHA-256 of its array of struct sock_filter. Where it is not known which filter
 * decides, filter and tag are 0 and insn is -1. argument is the beginning of the
 * extensible argument, to its last byte that is not zero, if a filter has seen
 * it. comm, which the thread may have chosen, comes last. While the event is on,
 * so is rsc_watched.
 */
TRACE_EVENT_FN(seccomp_verdict,
	       TP_PROTO(const struct rsc_verdict *v, u64 tag),
	       TP_ARGS(v, tag),
	       TP_STRUCT__entry(__field(int, nr)
				__field(u32, arch)
				__field(u64, instruction_pointer)
				__array(u64, args, 6)
				__field(u32, verdict)
				__field(u32, filter)
				__field(int, insn)
				__field(u64, tag)
				__dynamic_array(u8, argument, v->argument_len)
				__array(char, comm, TASK_COMM_LEN)),
	       TP_fast_assign(__entry->nr = v->data.nr;
			      __entry->arch = v->data.arch;
			      __entry->instruction_pointer = v->data.instruction_pointer;
			      memcpy(__entry->args, v->data.args, sizeof(__entry->args));
			      __entry->verdict = v->verdict;
			      __entry->filter = v->filter;
			      __entry->insn = v->insn;
			      __entry->tag = tag;
			      memcpy(__get_dynamic_array(argument), v->argument, v->argument_len);
			      memcpy(__entry->comm, current->comm, sizeof(__entry->comm));
			      ),
	       TP_printk("nr=%d arch=%#x ip=%#llx args=%#llx,%#llx,%#llx,%#llx,%#llx,%#llx verdict=%#x filter=%u insn=%d tag=%016llx argument=%s comm=%s",
			 __entry->nr, __entry->arch, __entry->instruction_pointer,
			 __entry->args[0], __entry->args[1], __entry->args[2],
			 __entry->args[3], __entry->args[4], __entry->args[5],
			 __entry->verdict, __entry->filter, __entry->insn, __entry->tag,
			 __print_hex_str(__get_dynamic_array(argument),
					 __get_dynamic_array_len(argument)),
			 __entry->comm),
	       rsc_watch, rsc_unwatch
);

#endif /* RUST_SECCOMP_VERDICT_EVENT_H */

/* This part must be outside protection */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE verdict_event
#include <trace/define_trace.h>
