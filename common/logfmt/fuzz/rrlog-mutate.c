/*
 * rrlog-mutate TRACE OUT KIND SEED [RECORD]: write a mutant of a trace, and print
 * what was changed.  Exit status 2: this kind and seed give none.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "common/logfmt/fuzz/mutate.h"

int main(int argc, char **argv)
{
	char text[RRLOG_MUTATE_TEXT_BYTES];
	uint64_t record = RRLOG_MUTATE_ANY;
	int ret;

	if (argc != 5 && argc != 6) {
		fprintf(stderr,
			"usage: rrlog-mutate TRACE OUT KIND SEED [RECORD]\n");
		return 1;
	}
	if (argc == 6)
		record = g_ascii_strtoull(argv[5], NULL, 10);
	ret = rrlog_mutate(argv[1], argv[2], argv[3],
			   (uint32_t)g_ascii_strtoull(argv[4], NULL, 10),
			   record, text);
	if (ret < 0) {
		fprintf(stderr, "rrlog-mutate: %s\n", strerror(-ret));
		return 1;
	}
	if (ret == 0)
		return 2;
	puts(text);
	return 0;
}
