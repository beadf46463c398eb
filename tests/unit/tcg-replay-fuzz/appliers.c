/*
 * Mutants of traces (common/logfmt/fuzz/mutate.h) through librrlog and through
 * the replayer's own code, in this process, with the sanitizers.  In place of
 * QEMU's machine there are stand-ins, and a guest that does what a short script
 * says: it runs conditional branches, makes accesses, writes output.
 *
 * None may crash, hang or end with a status of its own; and where the replay
 * says that all is equal, the guest's RAM and registers are the recording's.
 *
 * RR_MUTANTS=N: so many (2000); RR_FIRST_SEED=N: from there on.  "make fuzz" has
 * it try FUZZ_MUTANTS.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* links-qemu: tcg-replay/qemu/apply.c tcg-replay/qemu/follow.c tcg-replay/qemu/ram.c tcg-replay/qemu/io.c tcg-replay/qemu/emulated.c tcg-replay/qemu/cpu.c tcg-replay/qemu/log.c tcg-replay/qemu/end.c tcg-replay/qemu/report.c tcg-replay/qemu/goal.c tcg-replay/qemu/state.c tcg-replay/qemu/budget.c tcg-replay/qemu/corrupt.c tcg-replay/qemu/console.c tcg-replay/qemu/progress.c common/core/cpu-env.c common/core/cpu-state.c common/core/pdptes.c common/core/cpuid-table.c common/core/policy.c common/cli/record-text.c common/cli/safe-text.c common/logfmt/fuzz/mutate.c tests/lib/script.c tests/lib/script-record.c tests/lib/script-replay.c tests/lib/qemu-stand-ins.c tests/lib/cpu-stand-ins.c */
#include "tests/lib/script.h"
#include <glib/gstdio.h>
#include "common/logfmt/fuzz/mutate.h"

#include "tests/lib/qemu-stand-ins.h"
#include "tests/tap.h"

#define SEEDS 8
#define DONE_S 60

/* One trace has digests of more than one region. */
#define SMALL_BYTES 0x43000
#define LARGE_BYTES (RRLOG_REGION_BYTES + 0x3000)

static char *dir;
static struct seed seeds[SEEDS];

static int make_seed(struct seed *seed, unsigned int number)
{
	GRand *random = g_rand_new_with_seed(number);
	unsigned int i;

	seed->epoch_clock = number % 2;
	seed->has_faults = number % 4 == 2;
	seed->trace = g_strdup_printf("%s/seed-%u", dir, number);
	seed->block_bytes[0] = number ? SMALL_BYTES : LARGE_BYTES;
	seed->block_bytes[1] = 0x2000;
	for (i = 0; i < SCRIPT_BLOCKS; i++)
		seed->ram[i] = g_malloc0(seed->block_bytes[i]);
	script_make(seed, random);
	g_rand_free(random);
	return script_record(seed);
}

/* ---- the judgement ---- */

static bool is_truly_equal(struct rr_replay *r, struct guest *g)
{
	const struct seed *seed = g->seed;
	RRCPUState state;
	unsigned int i;

	rr_cpu_state_get(script_env(g), &state);
	state.value[RR_REG_RFLAGS] &= ~RR_RFLAGS_IGNORED;
	for (i = 0; i < r->host.block_count && i < SCRIPT_BLOCKS; i++)
		if (memcmp(r->host.blocks[i].ram_block, seed->ram[i],
			   MIN(seed->block_bytes[i],
			       memory_region_size(&r->host.blocks[i]))))
			return false;
	return g->at == SCRIPT_ITEMS &&
	       !memcmp(state.value, seed->end_state, sizeof(seed->end_state));
}

/*
 * What a replay compares.  Registers are not where the processor has shut down.
 */
static bool is_compared(const struct seed *seed, const char *kind)
{
	if (!strcmp(kind, "landmark"))
		return !seed->has_faults;
	return !strcmp(kind, "output") || !strcmp(kind, "end");
}

/* Whether a reader that checks takes the whole trace. */
static bool is_verified(const char *trace)
{
	struct rrlog_reader *reader;
	struct rrlog_record rec;
	int ret = rrlog_reader_open(trace, &reader);

	ret = ret ? ret : rrlog_reader_check(reader);
	while (!ret && (ret = rrlog_reader_next(reader, &rec)) > 0)
		ret = 0;
	rrlog_reader_close(reader);
	return !ret;
}

/* NULL, or what is wrong with how this trace was replayed. */
static const char *judge(struct rr_replay *r, struct guest *g, int status,
			 const char *kind, bool verified)
{
	if (status != RR_EXIT_OK && status != RR_EXIT_FAILURE &&
	    status != RR_EXIT_DIVERGED && status != RR_EXIT_DAMAGED)
		return "the status is none of a replay";
	if (stand_ins.bql || stand_ins.transactions)
		return "a lock is held";
	if (status == RR_EXIT_DAMAGED && verified)
		return "damaged, but verify says that it is whole";
	if (status != RR_EXIT_OK)
		return NULL;
	if (!verified)
		return "equal, but verify says that it is damaged";
	if (is_compared(g->seed, kind))
		return "equal, but what is compared was changed";
	return is_truly_equal(r, g) ? NULL : "equal, but it is not";
}

static unsigned int status_count[5];

static const char *replay(const struct seed *seed, const char *trace,
			  const char *kind)
{
	struct rr_replay *r = rr_replay_get();
	struct guest g = script_guest(seed);
	bool verified = is_verified(trace);
	int status, err = script_set_up(r, trace, &g);
	const char *wrong;

	memset(&stand_ins, 0, sizeof(stand_ins));
	if (err) {
		status = err == -EBADMSG ? RR_EXIT_DAMAGED : RR_EXIT_FAILURE;
	} else {
		script_replay(r, &g);
		status = stand_ins.ended == 1 ? stand_ins.status : -1;
	}
	wrong = judge(r, &g, status, kind, verified);
	if (status >= 0 && status < 5)
		status_count[status]++;
	script_tear_down(r);
	g_free(g.cpu);
	return wrong;
}

/* Also one that was never begun, which rrlog_trace_remove() leaves. */
static void remove_trace(const char *path)
{
	g_autoptr(GDir) files = g_dir_open(path, 0, NULL);
	const char *name;

	while (files && (name = g_dir_read_name(files))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		g_unlink(file);
	}
	g_rmdir(path);
}

/* ---- the tests ---- */

static void test_seeds(void)
{
	unsigned int i, good = 0;

	for (i = 0; i < SEEDS; i++) {
		int err = make_seed(&seeds[i], i);
		const char *wrong = err ? strerror(-err) :
					  replay(&seeds[i], seeds[i].trace, "");

		if (wrong)
			ksft_note("seed %u: %s", i, wrong);
		good += !wrong;
	}
	ksft_ok(good == SEEDS && status_count[0] == SEEDS,
		"%u seeds replay with status 0", SEEDS);
}

static unsigned int made, wrongs;

static void try_mutant(uint32_t number, const char *kind)
{
	const struct seed *seed = &seeds[number % SEEDS];
	g_autofree char *out = g_build_filename(dir, "mutant", NULL);
	char text[RRLOG_MUTATE_TEXT_BYTES];
	const char *wrong;
	int ret;

	alarm(DONE_S);
	ret = rrlog_mutate(seed->trace, out, kind, number, RRLOG_MUTATE_ANY,
			   text);
	if (ret > 0) {
		made++;
		wrong = replay(seed, out, kind);
		if (wrong && wrongs++ < 20)
			ksft_note("mutant %u, %s: %s", number, text, wrong);
	}
	remove_trace(out);
}

static uint32_t number_of(const char *name, uint32_t otherwise)
{
	const char *text = getenv(name);

	return text ? (uint32_t)g_ascii_strtoull(text, NULL, 10) : otherwise;
}

static void test_mutants(void)
{
	static const char *const kinds[] = {
		"field", "landmark", "output", "data", "stamp",
		"type",	 "drop",     "double", "swap", "end",
		"page",	 "block",    "entry",
	};
	const uint32_t first = number_of("RR_FIRST_SEED", 1);
	const uint32_t count = number_of("RR_MUTANTS", 2000);
	uint32_t i;

	memset(status_count, 0, sizeof(status_count));
	for (i = first; i < first + count; i++)
		try_mutant(i, kinds[i / SEEDS % G_N_ELEMENTS(kinds)]);
	ksft_ok(!wrongs && made > count / 2, "%u mutants, %u wrong", made,
		wrongs);
	ksft_note("status 0: %u, 1: %u, 3: %u, 4: %u", status_count[0],
		  status_count[1], status_count[3], status_count[4]);
}

static void clean_up(void)
{
	unsigned int i, b;

	for (i = 0; i < SEEDS; i++) {
		remove_trace(seeds[i].trace);
		g_free(seeds[i].trace);
		for (b = 0; b < SCRIPT_BLOCKS; b++)
			g_free(seeds[i].ram[b]);
	}
	g_rmdir(dir);
	g_free(dir);
}

int main(void)
{
	const char *memory = "/dev/shm/rr-appliers-XXXXXX";

	dir = g_mkdtemp(g_strdup(memory));
	if (!dir)
		dir = g_dir_make_tmp("rr-appliers-XXXXXX", NULL);
	if (!dir)
		ksft_bail_out("no directory");
	/* The replayer's reports: RR_SHOW=1 shows them. */
	if (!getenv("RR_SHOW") && !freopen("/dev/null", "w", stderr))
		ksft_bail_out("no /dev/null");
	ksft_plan(2);
	test_seeds();
	test_mutants();
	clean_up();
	return ksft_end();
}
