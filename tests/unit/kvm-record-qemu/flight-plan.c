/*
 * Which segments of a flight are kept, and when the next one begins.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* links: kvm-record/qemu/flight-plan.c */
#include "kvm-record/qemu/flight-plan.h"

#include "tests/tap.h"

#define MIB (1ull << 20)

static const struct rr_flight_segment segments[] = {
	{ .number = 1, .begin_ms = 0, .start_bytes = MIB, .bytes = 3 * MIB },
	{ .number = 2, .begin_ms = 10000, .start_bytes = MIB, .bytes = 3 * MIB },
	{ .number = 3, .begin_ms = 20000, .start_bytes = MIB, .bytes = 3 * MIB },
	{ .number = 4, .begin_ms = 30000, .start_bytes = MIB, .bytes = 2 * MIB },
};

static const struct rr_flight_segment waited[] = {
	{ .number = 1, .start_bytes = MIB, .bytes = 3 * MIB, .pause_ms = 1200 },
};

static void test_due(void)
{
	struct rr_flight_plan plan = { .window_ms = 40000 };

	ksft_ok(!rr_flight_is_due(&plan, segments, 4, 39999) &&
			rr_flight_is_due(&plan, segments, 4, 40000),
		"a segment ends after a quarter of the window");
	plan.limit_bytes = 4 * MIB;
	ksft_ok(!rr_flight_is_due(&plan, segments, 4, 39999),
		"not when it logged a quarter of the limit");
	plan.limit_bytes -= 4;
	ksft_ok(rr_flight_is_due(&plan, segments, 4, 31000),
		"but when it logged more");
	ksft_ok(!rr_flight_is_due(&plan, waited, 1, 11999) &&
			rr_flight_is_due(&plan, waited, 1, 12000),
		"and it lasts ten times as long as the guest waited for it");
	plan = (struct rr_flight_plan){ .window_ms = 4 };
	ksft_ok(!rr_flight_is_due(&plan, segments, 4, 30999) &&
			rr_flight_is_due(&plan, segments, 4, 31000),
		"but not before a second is over");
}

static size_t surplus(uint64_t window_ms, uint64_t limit_bytes, int64_t now_ms,
		      uint64_t reserve_bytes)
{
	const struct rr_flight_plan plan = { window_ms, limit_bytes };

	return rr_flight_surplus(&plan, segments, 4, now_ms, reserve_bytes);
}

static void test_surplus(void)
{
	ksft_ok(surplus(40000, 0, 40000, 0) == 0, "all are within the window");
	ksft_ok(surplus(30000, 0, 39999, 0) == 0 &&
			surplus(30000, 0, 40000, 0) == 1,
		"the oldest goes when the second covers the window");
	ksft_ok(surplus(1, 0, 90000, 0) == 3, "the last one stays");
	ksft_ok(surplus(90000, 11 * MIB, 40000, 0) == 0 &&
			surplus(90000, 11 * MIB, 40000, 1) == 1,
		"the limit holds for what is about to be written");
	ksft_ok(surplus(90000, 5 * MIB, 40000, 0) == 2 &&
			surplus(90000, 1, 40000, 0) == 3,
		"as many go as the limit needs");
	ksft_ok(rr_flight_bytes(segments, 4) == 11 * MIB, "bytes are added");
}

int main(void)
{
	ksft_plan(11);
	test_due();
	test_surplus();
	return ksft_end();
}
