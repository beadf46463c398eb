/*
 * A guest that does what a short script says.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/lib/script.h"

CPUX86State *script_env(struct guest *g)
{
	return &g->cpu->env;
}

void script_set_registers(struct guest *g)
{
	CPUX86State *env = script_env(g);
	unsigned int i;

	for (i = 0; i < 16; i++)
		env->regs[i] = (g->at + 1) * 0x9e3779b97f4a7c15 + g->left + i;
	env->eip = 0x1000 + g->at * 64 + (g->left & 63);
	env->eflags = 2 | IF_MASK;
	env->cc_src = g->at & 1 ? CC_Z : 0;
}

struct guest script_guest(const struct seed *seed)
{
	struct guest g = { .seed = seed, .cpu = g_new0(X86CPU, 1) };

	script_env(&g)->rr.cond_base[0] = script_env(&g)->rr.cond_left[0] = -1;
	g.left = seed->items[0].number;
	script_set_registers(&g);
	return g;
}

void script_next_item(struct guest *g)
{
	g->at++;
	g->left = g->at < SCRIPT_ITEMS ? g->seed->items[g->at].number : 0;
}

void script_make(struct seed *seed, GRand *random)
{
	unsigned int i;

	for (i = 0; i < SCRIPT_ITEMS; i++) {
		enum item_kind kind =
			i % 3 == 0 ? RUN : g_rand_int_range(random, 0, KINDS);

		seed->items[i] = (struct item){
			.kind = kind,
			.number = (uint64_t)g_rand_int_range(random, 1, 200),
		};
	}
	for (i = 0; i < SCRIPT_ITEMS; i++)
		if (seed->items[i].kind == FAULT && !seed->has_faults)
			seed->items[i].kind = RDMSR;
	seed->items[1].kind = seed->epoch_clock ? CLOCK : RDTSC;
	seed->items[SCRIPT_ITEMS - 1].kind = RUN;
}
