/*
 * The value of --flight.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/flight-option.h"

#include "tests/tap.h"

static bool is(const char *text, guint64 window_ms, guint64 limit_bytes)
{
	struct flight_option o;

	return flight_option_parse(text, &o, NULL) &&
	       o.window_ms == window_ms && o.limit_bytes == limit_bytes;
}

static bool is_refused(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct flight_option o;

	return !flight_option_parse(text, &o, &error) && error &&
	       strstr(error->message, text);
}

int main(void)
{
	static const char *const wrong[] = {
		"",
		"10",
		"m",
		"-1m",
		"3s",
		"366d",
		"1m,",
		"1m,2",
		"1m,2GB",
		"1m,2GiB,3",
		"1 m",
		"1m,0GiB",
		"1x",
		"1.5m",
		"0m",
		" 1m",
		"1m, 2GiB",
		"9999999999d",
		"1m,99999999999T",
	};
	unsigned int accepted = 0;

	ksft_plan(4);
	ksft_ok(is("4s", 4000, 0) && is("10m", 600000, 0) &&
			is("2h", 7200000, 0) && is("1d", 86400000, 0),
		"times");
	ksft_ok(is("10m,2GiB", 600000, 2ull << 30) &&
			is("10m,2G", 600000, 2ull << 30) &&
			is("1m,512MiB", 60000, 512 << 20),
		"sizes");
	ksft_ok(is("1m,1TiB", 60000, 1ull << 40) &&
			is("1m,64K", 60000, 64 << 10),
		"large and small sizes");
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
		if (!is_refused(wrong[i])) {
			printf("# accepted: '%s'\n", wrong[i]);
			accepted++;
		}
	ksft_ok(!accepted, "all else is refused: %u are not", accepted);
	return ksft_end();
}
