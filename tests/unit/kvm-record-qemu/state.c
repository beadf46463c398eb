/*
 * The states of a recorder and of its vCPU: every edge, legal and illegal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* links: kvm-record/qemu/state.c */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvm-record/qemu/state.h"

#include "tests/tap.h"

/*
 * The diagrams of state.h once more, in the order of the states: 'x' in row FROM,
 * column TO is an edge.
 */
static const char *const vcpu_diagram[RR_VCPU_STATES] = {
	".x..", /* boundary */
	"x.x.", /* running */
	"...x", /* access */
	".x..", /* unfinished */
};

static const char *const life_diagram[RR_LIVES] = {
	".x.x", /* off */
	"..xx", /* recording */
	".x..", /* ended */
	".x..", /* failed */
};

static void move_vcpu(unsigned int from, unsigned int to)
{
	enum rr_vcpu_state state = from;

	rr_vcpu_move(&state, to);
	if (state != to)
		_exit(1);
}

static void change_life(unsigned int from, unsigned int to)
{
	enum rr_life life = from;

	rr_life_change(&life, to);
	if (life != to)
		_exit(1);
}

static void stamp_in(unsigned int state, unsigned int at_access)
{
	if (rr_vcpu_stamps_at_access(state) != at_access)
		_exit(1);
}

static void choose_in(unsigned int state, unsigned int entry)
{
	struct rr_entry_facts facts = { 0 };

	if (rr_entry_choose(state, &facts) != entry)
		_exit(1);
}

/* Does @step abort(), tried in a child?  If not, it must succeed. */
static bool aborts(void (*step)(unsigned int, unsigned int), unsigned int a,
		   unsigned int b)
{
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		ksft_bail_out("fork failed");
	if (!pid) {
		/* The message is expected, a core file is not wanted. */
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		step(a, b);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		ksft_bail_out("waitpid failed");
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return false;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
		return true;
	ksft_bail_out("%u, %u: status %#x", a, b, (unsigned int)status);
}

static void test_vcpu_edges(void)
{
	unsigned int from, to;

	for (from = 0; from < RR_VCPU_STATES; from++) {
		for (to = 0; to < RR_VCPU_STATES; to++) {
			bool legal = vcpu_diagram[from][to] == 'x';

			ksft_ok(rr_vcpu_may_move(from, to) == legal &&
					aborts(move_vcpu, from, to) != legal,
				"vCPU: %s -> %s %s", rr_vcpu_state_name(from),
				rr_vcpu_state_name(to),
				legal ? "is an edge" : "aborts");
		}
	}
	ksft_ok(!rr_vcpu_may_move(RR_VCPU_BOUNDARY, RR_VCPU_STATES) &&
			!rr_vcpu_may_move(RR_VCPU_STATES, RR_VCPU_BOUNDARY) &&
			aborts(move_vcpu, RR_VCPU_BOUNDARY, RR_VCPU_STATES) &&
			aborts(move_vcpu, RR_VCPU_STATES, RR_VCPU_BOUNDARY),
		"vCPU: a number that is not a state aborts");
}

static void test_life_edges(void)
{
	unsigned int from, to;

	for (from = 0; from < RR_LIVES; from++) {
		for (to = 0; to < RR_LIVES; to++) {
			bool legal = life_diagram[from][to] == 'x';

			ksft_ok(rr_life_may_change(from, to) == legal &&
					aborts(change_life, from, to) != legal,
				"recorder: %s -> %s %s", rr_life_name(from),
				rr_life_name(to),
				legal ? "is an edge" : "aborts");
		}
	}
	ksft_ok(!rr_life_may_change(RR_LIFE_OFF, RR_LIVES) &&
			!rr_life_may_change(RR_LIVES, RR_LIFE_FAILED) &&
			aborts(change_life, RR_LIFE_OFF, RR_LIVES) &&
			aborts(change_life, RR_LIVES, RR_LIFE_FAILED),
		"recorder: a number that is not a state aborts");
}

static void test_names(void)
{
	unsigned int i, j, same = 0;

	for (i = 0; i <= RR_VCPU_STATES; i++) {
		for (j = 0; j < i; j++)
			same += !strcmp(rr_vcpu_state_name(i),
					rr_vcpu_state_name(j));
	}
	for (i = 0; i <= RR_LIVES; i++) {
		for (j = 0; j < i; j++)
			same += !strcmp(rr_life_name(i), rr_life_name(j));
	}
	ksft_ok(!same, "all states have different names");
}

static void test_stamps(void)
{
	ksft_ok(!aborts(stamp_in, RR_VCPU_ACCESS, true),
		"stamped at access in access");
	ksft_ok(!aborts(stamp_in, RR_VCPU_BOUNDARY, false) &&
			!aborts(stamp_in, RR_VCPU_UNFINISHED, false),
		"stamped at landmark in boundary and unfinished");
	ksft_ok(aborts(stamp_in, RR_VCPU_RUNNING, false),
		"a record in running aborts");
	ksft_ok(rr_vcpu_is_at_boundary(RR_VCPU_BOUNDARY) &&
			!rr_vcpu_is_at_boundary(RR_VCPU_RUNNING) &&
			!rr_vcpu_is_at_boundary(RR_VCPU_ACCESS) &&
			!rr_vcpu_is_at_boundary(RR_VCPU_UNFINISHED),
		"one state is a boundary");
}

/* All facts, by number: bit 0 regs_in_run, 1 immediate_exit, 2 wanted. */
static enum rr_entry choose(enum rr_vcpu_state state, unsigned int bits)
{
	struct rr_entry_facts facts = {
		.regs_in_run = bits & 1,
		.immediate_exit = bits & 2,
		.wanted = bits & 4,
	};

	return rr_entry_choose(state, &facts);
}

static void test_entries(void)
{
	unsigned int bits, boundary = 0, unfinished = 0;

	for (bits = 0; bits < 8; bits++) {
		boundary += choose(RR_VCPU_BOUNDARY, bits) !=
			    ((bits & 3) == 3 ? RR_STAY_OUT : RR_ENTER);
		unfinished += choose(RR_VCPU_UNFINISHED, bits) !=
			      (bits & 4 ? RR_ENTER_FINISH_ONLY : RR_ENTER);
	}
	ksft_ok(!boundary,
		"at a boundary: KVM_RUN is left out if it would return at once and has given the registers");
	ksft_ok(!unfinished,
		"unfinished: KVM_RUN only finishes if the vCPU is wanted");
	ksft_ok(aborts(choose_in, RR_VCPU_RUNNING, RR_ENTER) &&
			aborts(choose_in, RR_VCPU_ACCESS, RR_ENTER) &&
			!aborts(choose_in, RR_VCPU_BOUNDARY, RR_ENTER),
		"no entry in running and access");
}

/* The hooks' way around KVM_RUN, as the recorder follows it. */
static void test_walk(void)
{
	static const enum rr_vcpu_state walk[] = {
		/* a read of a port, and the end of its instruction */
		RR_VCPU_RUNNING, RR_VCPU_ACCESS, RR_VCPU_UNFINISHED,
		RR_VCPU_RUNNING, RR_VCPU_BOUNDARY,
		/* a write to a read-only slot */
		RR_VCPU_RUNNING, RR_VCPU_ACCESS, RR_VCPU_UNFINISHED,
		RR_VCPU_RUNNING, RR_VCPU_BOUNDARY,
		/* HLT */
		RR_VCPU_RUNNING, RR_VCPU_BOUNDARY,
		/* two accesses, one after the other */
		RR_VCPU_RUNNING, RR_VCPU_ACCESS, RR_VCPU_UNFINISHED,
		RR_VCPU_RUNNING, RR_VCPU_ACCESS, RR_VCPU_UNFINISHED
	};
	enum rr_vcpu_state state = RR_VCPU_BOUNDARY;
	unsigned int i;

	for (i = 0; i < sizeof(walk) / sizeof(*walk); i++)
		rr_vcpu_move(&state, walk[i]);
	ksft_ok(state == RR_VCPU_UNFINISHED, "a walk through accesses and HLT");
}

int main(void)
{
	ksft_plan(RR_VCPU_STATES * RR_VCPU_STATES + RR_LIVES * RR_LIVES + 11);
	test_vcpu_edges();
	test_life_edges();
	test_names();
	test_stamps();
	test_entries();
	test_walk();
	return ksft_end();
}
