/*
 * What is said at the end of a recording; see record-end.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/record-end.h"

#include <inttypes.h>
#include <string.h>

#include "common/cli/message.h"
#include "common/cli/summary.h"
#include "common/logfmt/rrlog.h"

#define LAB_FAILED 125 /* run.sh's exit status if the lab itself failed */

static void print_summary(const struct record_end *e,
			  const struct rr_summary *s)
{
	g_autofree char *size =
		g_format_size_full(s->stored_bytes, G_FORMAT_SIZE_IEC_UNITS);

	rr_message("recorded %s in %.1f s: %s", e->trace, e->seconds,
		   rr_summary_end_text(s));
	rr_message("%" PRIu64 " records, %" PRIu64 " interrupts, %" PRIu64
		   " bytes of DMA, %" PRIu64 " branches; %s on disk",
		   s->records, s->interrupts, s->dma_bytes, s->branches, size);
}

/*
 * There is no trace.  QEMU with exit status 1 has said why; in the lab the
 * recorder there, or run.sh, has.
 */
static int conclude_without_trace(const struct record_end *e)
{
	int status = e->status;

	if (e->signalled)
		return rr_fail("stopped before the recording began: no trace");
	if (status == RR_EXIT_FAILURE || (e->in_lab && status == LAB_FAILED))
		return RR_EXIT_FAILURE;
	if (!status)
		return rr_fail("QEMU ended before the guest ran: no trace");
	if (status > 128)
		return rr_fail("QEMU was killed before the guest ran (%s): no "
			       "trace",
			       g_strsignal(status - 128));
	return rr_fail("QEMU left no trace (exit status %d)", status);
}

static int conclude_trace(const struct record_end *e,
			  const struct rr_summary *s)
{
	int status = e->status;

	/* As through isa-debug-exit: the status says what the guest means. */
	if (status && s->complete && s->end_reason == RRLOG_END_SHUTDOWN) {
		rr_message("the guest had QEMU end with exit status %d",
			   status);
		return RR_EXIT_OK;
	}
	/* The recorder in the lab, or run.sh, has said what failed. */
	if (e->in_lab && (status == RR_EXIT_FAILURE || status == LAB_FAILED))
		return RR_EXIT_FAILURE;
	if (!s->complete || s->end_reason == RRLOG_END_ERROR)
		return rr_fail("the recording is not complete (exit status of "
			       "QEMU: %d); it replays as far as it goes",
			       status);
	return status ? rr_fail("QEMU ended with exit status %d", status) :
			RR_EXIT_OK;
}

int record_end(const struct record_end *e)
{
	struct rr_summary s;
	GError *error = NULL;
	int read_status;

	if (!g_file_test(e->trace, G_FILE_TEST_IS_DIR))
		return conclude_without_trace(e);
	read_status = rr_summary_read(e->trace, &s, &error);
	if (read_status) {
		rr_fail_error(error);
		return read_status;
	}
	if (!e->quiet)
		print_summary(e, &s);
	return conclude_trace(e, &s);
}
