/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How ea_attack plays a scenario: the victim makes its calls while a thread attacks.
 */
#ifndef RUST_SECCOMP_SELFTESTS_EA_ATTACK_PLAY_H
#define RUST_SECCOMP_SELFTESTS_EA_ATTACK_PLAY_H

#include "ea_attack_moves.h"

/* The seed of random numbers; 0 for another one in each process. */
extern unsigned int seed;

/* Fills in a scenario. Returns 0, or what to exit with. */
int set_scene(struct scenario *s, const struct victim *victim, const struct attack *attack,
	      unsigned int delay);

/* Makes the victim's call with this struct. Returns 0, or minus the error. */
long attempt(struct scenario *s, void *pointer);

/* Learns what the call returns for either struct, before there is a filter. Returns as above. */
int learn_results(struct scenario *s);

/* The time in seconds. */
double now(void);

/* The region of the cached arguments of this process; NULL if it has none. */
__u8 *find_region(void);

/* Adds a result to the record. */
void count_attempt(const struct scenario *s, long ret);

/*
 * Makes attempts, under attack, until the time is up, there were enough, or one broke the filter.
 * Unless the filter has seen both structs it goes on for some more seconds (patience), as a busy
 * machine may not run the attacker. Returns 0, or what to exit with.
 */
int be_attacked(struct scenario *s, const struct attack *attack, double seconds, double patience,
		unsigned long attempts);

/* Appends a filter that refuses the forbidden struct (EACCES), and has the action for the other. */
int filter_for(const struct scenario *s, __u32 action);

/* Plays a scenario in a child. Returns whether it was carried out. */
bool play(const struct victim *victim, const struct attack *attack, unsigned int delay,
	  double seconds, unsigned long attempts);

/* Attempts in all scenarios. */
extern unsigned long total;

/* Prints the record, and adds its attempts to the total. */
void say(const char *attack, const char *victim);

/* Whether this kernel lacks what the attack uses. */
bool cannot_be(const struct attack *attack);

#endif /* RUST_SECCOMP_SELFTESTS_EA_ATTACK_PLAY_H */
