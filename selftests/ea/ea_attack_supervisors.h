/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The attacks of ea_attack on supervisors: a naive one, which reads the struct from the caller's
 * memory, and which the attacks must break; and one that reads the notification.
 */
#ifndef RUST_SECCOMP_SELFTESTS_EA_ATTACK_SUPERVISORS_H
#define RUST_SECCOMP_SELFTESTS_EA_ATTACK_SUPERVISORS_H

#include "ea_attack_play.h"

/*
 * Plays a scenario, in a child that is supervised by the caller. Returns whether it was carried
 * out.
 */
bool play_supervised(const struct victim *victim, const struct attack *attack, bool naive,
		     double seconds);

#endif /* RUST_SECCOMP_SELFTESTS_EA_ATTACK_SUPERVISORS_H */
