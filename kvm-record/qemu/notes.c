/*
 * Texts for the manifest that come from outside: what somebody wants to know
 * later of the recorded machine, as its definition in libvirt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/qemu/recorder.h"
#include "qapi/error.h"
#include "qemu/units.h"

/* The manifest has at most 1 MiB (FORMAT.md), in JSON. */
#define NOTE_MAX_BYTES (64 * KiB)
#define NOTES_MAX 8

static bool write_note(const struct rr_recorder *r, const char *name,
                       Error **errp)
{
    g_autofree char *path = g_build_filename(r->notes, name, NULL);
    g_autofree char *key = g_strconcat("note.", name, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    gsize bytes;

    if (!g_file_get_contents(path, &text, &bytes, &error)) {
        error_setg(errp, "rr-notes: %s", error->message);
        return false;
    }
    if (bytes > NOTE_MAX_BYTES || !g_utf8_validate(text, bytes, NULL)) {
        error_setg(errp, "rr-notes: %s is no text in UTF-8 of at most %u "
                   "KiB", path, (unsigned)(NOTE_MAX_BYTES / KiB));
        return false;
    }
    rrlog_writer_manifest_set(r->writer, key, text);
    return true;
}

bool rr_notes_write(const struct rr_recorder *r, Error **errp)
{
    g_autoptr(GDir) dir = NULL;
    g_autoptr(GError) error = NULL;
    const char *name;
    int count = 0;

    if (!r->notes) {
        return true;
    }
    dir = g_dir_open(r->notes, 0, &error);
    if (!dir) {
        error_setg(errp, "rr-notes: %s", error->message);
        return false;
    }
    while ((name = g_dir_read_name(dir))) {
        if (++count > NOTES_MAX) {
            error_setg(errp, "rr-notes: %s has more than %d files", r->notes,
                       NOTES_MAX);
            return false;
        }
        if (!write_note(r, name, errp)) {
            return false;
        }
    }
    return true;
}
