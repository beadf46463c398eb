/*
 * The probe, and the rules and tables against the processor that runs this.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <inttypes.h>
#include <string.h>
#include <xmmintrin.h>

#include "common/silicon/probe.h"
#include "common/silicon/tables.h"
#include "tests/tap.h"

#define STEP 4099 /* through all 2^32 operands: a million of them */

static uint32_t native(bool is_rsqrt, uint32_t x)
{
	__m128 v = _mm_castsi128_ps(_mm_cvtsi32_si128((int)x));

	v = is_rsqrt ? _mm_rsqrt_ss(v) : _mm_rcp_ss(v);
	return (uint32_t)_mm_cvtsi128_si32(_mm_castps_si128(v));
}

static void test_tables(const struct silicon_family *f)
{
	uint64_t x, wrong = 0;

	if (!f || !f->tables) {
		ksft_skip("no table for this processor");
		return;
	}
	for (x = 0; x <= UINT32_MAX; x += STEP) {
		wrong += silicon_rcp(f->tables, (uint32_t)x) !=
			 native(false, (uint32_t)x);
		wrong += silicon_rsqrt(f->tables, (uint32_t)x) !=
			 native(true, (uint32_t)x);
	}
	ksft_ok(!wrong, "RCPSS and RSQRTSS of %s: %" PRIu64 " differ", f->name,
		wrong);
}

/* Either all rules of a family hold, or the probe says which do not. */
static void test_verdict(const struct silicon_probe *p)
{
	unsigned int i;

	ksft_note("%s, nearest %s, %u differ, fingerprint %016" PRIx64,
		  p->family ? p->family->name : "unknown", p->nearest->name,
		  p->different_count, p->fingerprint);
	for (i = 0; i < p->different_count; i++)
		ksft_note("differs: %s", p->different[i]);
	ksft_ok(p->family ? p->family == p->nearest && !p->different_count :
			    p->different_count > 0,
		"a verdict");
}

/* Of each flag the rule that holds is found, or none, where a family has more than it. */
static void test_rules(const struct silicon_probe *p)
{
	unsigned int i, wrong = 0;
	enum silicon_form form;

	if (!p->family) {
		ksft_skip("no family whose rules are known");
		return;
	}
	for (i = 0; silicon_probe_insn(i, &form); i++) {
		const struct silicon_rules *r = &p->family->rules[form];
		uint32_t pf = p->fit[i][1], of = p->fit[i][5];

		wrong += r->pf && pf && !(pf & 1u << r->pf);
		wrong += r->of && of && !(of & 1u << r->of);
	}
	ksft_ok(!wrong, "the rules of %s are found: %u are not",
		p->family->name, wrong);
}

int main(void)
{
	struct silicon_probe first, second;

	ksft_plan(4);
	silicon_probe(&first);
	silicon_probe(&second);
	ksft_ok(!memcmp(&first, &second, sizeof(first)),
		"two probes give the same");
	test_verdict(&first);
	test_rules(&first);
	test_tables(first.family);
	return ksft_end();
}
