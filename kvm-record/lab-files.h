/*
 * The files of this host that a machine needs in the lab.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_LAB_FILES_H
#define RR_LAB_FILES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "kvm-record/vm/vm.h"

struct lab_files {
	/* from absolute paths to struct lab_file */
	GHashTable *paths;
};

struct lab_file {
	bool is_dir;
	bool direct; /* it may be opened with O_DIRECT */
	uint64_t bytes; /* of a file; 0 for a directory */
};

void lab_files_init(struct lab_files *files);
void lab_files_clear(struct lab_files *files);

/**
 * Collect the files and directories that the options of @vm name, the files
 * that those of -readconfig name, and the files below images (qcow2).
 */
void lab_files_collect(struct lab_files *files, const struct rr_vm *vm);

/** Collect the file or directory @path, if it exists. */
void lab_files_add(struct lab_files *files, const char *path);

/** The paths, sorted; free the list, not the paths, with g_list_free(). */
GList *lab_files_paths(const struct lab_files *files);

/** The size of a copy of all files, with all that is in the directories. */
uint64_t lab_files_bytes(const struct lab_files *files);

#endif
