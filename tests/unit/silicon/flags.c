/*
 * The rules of each family against what its processors gave.
 *
 * A data file has 400 results for each of 50 instructions: the destination and the
 * status flags, 8 bytes each. Operands follow from a generator, so they are not
 * in the file. Instructions that are not in the table below have no undefined flags.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/silicon/operands.h"
#include "common/silicon/silicon.h"
#include "tests/tap.h"

#define RESULTS 400
#define NONE SILICON_FORMS

struct result {
	uint64_t dest, flags;
};

/* In the order of the data files. */
static const struct {
	const char *name;
	enum silicon_form form;
	unsigned int width_bits;
} insns[] = {
	{ "bsf", SILICON_BSF, 64 },
	{ "bsr", SILICON_BSF, 64 },
	{ "bsf32", SILICON_BSF, 32 },
	{ "bsfz", NONE, 64 },
	{ "bsr32z", NONE, 32 },
	{ "shl", SILICON_SHL, 64 },
	{ "shr", SILICON_SHR, 64 },
	{ "sar", SILICON_SAR, 64 },
	{ "shl8", SILICON_SHL, 8 },
	{ "shr8", SILICON_SHR, 8 },
	{ "shl16", SILICON_SHL, 16 },
	{ "rol", SILICON_ROL, 64 },
	{ "ror", SILICON_ROR, 64 },
	{ "rcl", SILICON_RCL, 64 },
	{ "rcr", SILICON_RCR, 64 },
	{ "rol8", SILICON_ROL, 8 },
	{ "rcl8", SILICON_RCL, 8 },
	{ "rcl16", SILICON_RCL, 16 },
	{ "shld", SILICON_SHLD, 64 },
	{ "shrd", SILICON_SHRD, 64 },
	{ "shld16", SILICON_SHLD, 16 },
	{ "shrd16", SILICON_SHRD, 16 },
	{ "imul2", SILICON_MUL, 64 },
	{ "imul32", SILICON_MUL, 32 },
	{ "imul16", SILICON_MUL, 16 },
	{ "bt", NONE, 64 },
	{ "bts", NONE, 64 },
	{ "btr", NONE, 64 },
	{ "btc", NONE, 64 },
	{ "and", NONE, 64 },
	{ "or", NONE, 64 },
	{ "xor", NONE, 64 },
	{ "test", NONE, 64 },
	{ "add", NONE, 64 },
	{ "popcnt", NONE, 64 },
	{ "lzcnt", SILICON_LZCNT, 64 },
	{ "tzcnt", SILICON_LZCNT, 64 },
	{ "andn", SILICON_BLS, 64 },
	{ "blsi", SILICON_BLS, 64 },
	{ "blsr", SILICON_BLS, 64 },
	{ "blsmsk", SILICON_BLS, 64 },
	{ "bzhi", SILICON_BLS, 64 },
	{ "bextr", SILICON_BEXTR, 64 },
	{ "mul", SILICON_MUL, 64 },
	{ "imul1", SILICON_MUL, 64 },
	{ "mul8", SILICON_MUL, 8 },
	{ "div32", SILICON_DIV, 32 },
	{ "idiv32", SILICON_DIV, 32 },
	{ "div64", SILICON_DIV, 64 },
	{ "cmpxchg", NONE, 64 },
};

#define INSNS (sizeof(insns) / sizeof(insns[0]))

static struct silicon_insn next_insn(unsigned int number, uint64_t *state,
				     const struct result *found)
{
	struct silicon_insn i = {
		.form = insns[number].form,
		.width_bits = insns[number].width_bits,
	};

	i.dest = silicon_next_operand(state);
	i.source = silicon_next_operand(state);
	i.count = silicon_next_operand(state) & (i.width_bits == 64 ? 63 : 31);
	i.flags_before = silicon_next_random(state) & SILICON_STATUS_FLAGS;
	i.result = found->dest;
	if (i.form == SILICON_BSF) {
		uint64_t mask = UINT64_MAX >> (64 - i.width_bits);

		i.result = i.source & mask ? found->dest : 0;
	} else if (i.form == SILICON_MUL) {
		i.result = i.dest * i.source;
	}
	return i;
}

/* The flags that a rule, not TCG, gives: they must not come from ->flags. */
static uint32_t flags_with_rules(const struct silicon_family *f,
				 enum silicon_form form)
{
	const struct silicon_rules *r = &f->rules[form];

	return (r->cf ? SILICON_CF : 0) | (r->pf ? SILICON_PF : 0) |
	       (r->af ? SILICON_AF : 0) | (r->zf ? SILICON_ZF : 0) |
	       (r->sf ? SILICON_SF : 0) | (r->of ? SILICON_OF : 0);
}

/* The rules that explain the flag @mask of what a processor gave. */
static uint32_t fit(unsigned int number, const struct result *results,
		    uint32_t mask)
{
	uint64_t state = UINT64_C(88172645463325252) + number * UINT64_C(977);
	uint32_t rules = UINT32_MAX;
	unsigned int n;

	for (n = 0; n < RESULTS; n++) {
		struct silicon_insn i = next_insn(number, &state, &results[n]);

		i.flags = results[n].flags & SILICON_STATUS_FLAGS;
		rules &= silicon_rules_that_fit(&i, mask);
	}
	return rules;
}

/*
 * What the probe looks for on a processor of no known family: results alone tell the
 * rules.  None is found where a family has more than a rule, @expected times.
 */
static void test_fit(const struct silicon_family *f, const char *insn,
		     enum silicon_rule of, unsigned int expected,
		     const struct result *results)
{
	unsigned int i, missed = 0;
	uint32_t found = 0;

	for (i = 0; i < INSNS; i++, results += RESULTS) {
		const struct silicon_rules *r = &f->rules[insns[i].form % NONE];

		if (insns[i].form == NONE)
			continue;
		if (!strcmp(insns[i].name, insn))
			found = fit(i, results, SILICON_OF);
		if ((r->pf && !(fit(i, results, SILICON_PF) & 1u << r->pf)) ||
		    (r->of && !(fit(i, results, SILICON_OF) & 1u << r->of))) {
			ksft_note("%s: no rule for %s", f->name, insns[i].name);
			missed++;
		}
	}
	ksft_ok(missed == expected, "%s: rules are found but for %u forms",
		f->name, expected);
	ksft_ok(found == 1u << of, "%s: OF of %s has one rule, \"%s\"", f->name,
		insn, silicon_rule_name(of));
}

static void test_insn(const struct silicon_family *f, unsigned int number,
		      const struct result *results)
{
	uint64_t state = UINT64_C(88172645463325252) + number * UINT64_C(977);
	unsigned int n, wrong = 0;

	for (n = 0; n < RESULTS; n++) {
		struct silicon_insn i = next_insn(number, &state, &results[n]);

		if (i.form == NONE)
			continue;
		i.flags = results[n].flags ^ flags_with_rules(f, i.form);
		wrong += silicon_flags(f, &i) != results[n].flags;
		if (i.form == SILICON_SHLD || i.form == SILICON_SHRD)
			wrong += silicon_result(f, &i) != i.result &&
				 (uint16_t)silicon_result(f, &i) !=
					 (uint16_t)i.result;
	}
	if (insns[number].form != NONE)
		ksft_ok(!wrong, "%s of %s: %u of %d differ", insns[number].name,
			f->name, wrong, RESULTS);
}

static void test_family(const char *name, const char *file,
			enum silicon_rule of_of_shl, unsigned int exceptions)
{
	const size_t bytes = INSNS * RESULTS * sizeof(struct result);
	struct result *results = malloc(bytes);
	gzFile gz = gzopen(file, "rb");
	unsigned int i;

	if (!gz || gzread(gz, results, bytes) != (int)bytes)
		ksft_bail_out("cannot read %s", file);
	gzclose(gz);
	for (i = 0; i < INSNS; i++)
		test_insn(silicon_family(name), i, &results[i * RESULTS]);
	test_fit(silicon_family(name), "shl", of_of_shl, exceptions, results);
	free(results);
}

static void test_names(void)
{
	const struct silicon_family *f;
	char names[sizeof(SILICON_NAMES)] = "";
	unsigned int i;

	for (i = 0; (f = silicon_family_at(i)); i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names),
			 "%s%s", i ? ", " : "", f->name);
	ksft_ok(!strcmp(names, SILICON_NAMES), "SILICON_NAMES has all names");
	ksft_ok(!silicon_family("zen"), "a name that is none");
	ksft_ok(strstr(silicon_refusal("atom"), "no Intel Atom were measured"),
		"an Atom: nobody has measured one");
	for (i = 0; i < SILICON_FORMS && silicon_form_name(i); i++)
		;
	ksft_ok(i == SILICON_FORMS && !silicon_form_name(i),
		"each form has a name");
	for (i = 0; i < SILICON_RULES && silicon_rule_name(i); i++)
		;
	ksft_ok(i == SILICON_RULES && !silicon_rule_name(i),
		"each rule has a name");
}

/* 0x40 rotated left by 1 sets OF; by an immediate Intel Core keeps it. */
static void test_rotates(void)
{
	struct silicon_insn rotate = { .form = SILICON_ROL,
				       .width_bits = 8,
				       .count = 3,
				       .dest = 0x40,
				       .result = 0x02,
				       .is_register_by_immediate = true };
	const struct silicon_family *core = silicon_family("core");

	ksft_ok(!(silicon_flags(core, &rotate) & SILICON_OF),
		"core: ROL by an immediate keeps OF");
	rotate.count = 1;
	ksft_ok(silicon_flags(core, &rotate) & SILICON_OF,
		"core: ROL by an immediate of 1 sets OF");
	rotate.count = 3;
	rotate.is_register_by_immediate = false;
	ksft_ok(silicon_flags(core, &rotate) & SILICON_OF,
		"core: ROL by CL sets OF as its first step does");
}

/* What an Emerald Rapids gave in 32-bit code; AAD's base is 10. */
static void test_bcd(void)
{
	static const struct {
		enum silicon_form form;
		uint16_t before, after;
		uint32_t flags_before, flags_after;
	} rows[] = {
		{ SILICON_AAA, 0x9d67, 0x9e0d, 0x015, 0x011 },
		{ SILICON_AAA, 0x308c, 0x3102, 0x805, 0x011 },
		{ SILICON_AAA, 0x08ba, 0x0900, 0x8c0, 0x055 },
		{ SILICON_AAA, 0x8e13, 0x8e03, 0x885, 0x004 },
		{ SILICON_AAA, 0x6bdf, 0x6a09, 0x000, 0x015 },
		{ SILICON_AAD, 0x9d67, 0x0089, 0x015, 0x880 },
		{ SILICON_AAD, 0x2c6c, 0x0024, 0x010, 0x015 },
		{ SILICON_AAD, 0x308c, 0x006c, 0x805, 0x805 },
		{ SILICON_AAD, 0x18cf, 0x00bf, 0x004, 0x081 },
		{ SILICON_AAD, 0x0d82, 0x0004, 0x000, 0x801 },
	};
	const struct silicon_family *core = silicon_family("core");
	unsigned int i, wrong = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct silicon_insn insn = {
			.form = rows[i].form,
			.width_bits = 8,
			.dest = rows[i].before,
			.source = 10,
			.result = rows[i].after & 0xff,
			.flags_before = rows[i].flags_before,
		};

		insn.flags = rows[i].flags_after ^
			     flags_with_rules(core, rows[i].form);
		wrong += silicon_flags(core, &insn) != rows[i].flags_after;
	}
	ksft_ok(!wrong, "core: AAA, AAS and AAD: %u of %u differ", wrong, i);
}

int main(void)
{
	unsigned int tests = 0, i;

	for (i = 0; i < INSNS; i++)
		tests += insns[i].form != NONE;
	ksft_plan(4 * tests + 17);
	test_names();
	test_rotates();
	test_bcd();
	test_family("zen5", "tests/unit/silicon/zen5.gz", SILICON_TOP_XOR_CF,
		    1);
	test_family("zen3", "tests/unit/silicon/zen3.gz", SILICON_TOP_XOR_CF,
		    1);
	test_family("core", "tests/unit/silicon/core-emerald-rapids.gz",
		    SILICON_FIRST_STEP, 0);
	test_family("bochs", "tests/unit/silicon/bochs.gz", SILICON_TOP_XOR_CF,
		    5);
	return ksft_end();
}
