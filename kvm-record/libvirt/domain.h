/*
 * Domains: the machines of libvirt, as XML.
 *
 * What the elements mean is libvirt's business; see "Domain XML format" in its
 * documentation.  Here they are read, checked and written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef RR_LIBVIRT_DOMAIN_H
#define RR_LIBVIRT_DOMAIN_H

#include <glib.h>
#include <libxml/tree.h>
#include <stdbool.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

/* The namespace of <qemu:commandline> and its kin. */
#define RR_DOMAIN_QEMU_NS "http://libvirt.org/schemas/domain/qemu/1.0"

/** Larger texts are refused. */
#define RR_DOMAIN_MAX_BYTES (1u << 20)

/**
 * Parse @text, which is called @name in messages.  Nothing outside of it is
 * read.  The result has <domain> as its root; free it with xmlFreeDoc().  NULL
 * and @error otherwise.
 */
xmlDoc *rr_domain_parse(const char *text, const char *name, GError **error);

/** The same for a file, or for standard input if @path is "-". */
xmlDoc *rr_domain_read(const char *path, GError **error);

/**
 * Check it against libvirt's own schema ($RR_LIBVIRT_SCHEMAS/domain.rng, or
 * where libvirt installs it).  False and @error if it is not valid.  Without
 * a schema it is not checked, and *@checked is false.
 */
bool rr_domain_validate(xmlDoc *doc, bool *checked, GError **error);

/** Its text, to be freed with g_free(). */
char *rr_domain_text(xmlDoc *doc);

/** The text of the first node that @xpath finds, or NULL; free with g_free(). */
char *rr_domain_get(xmlDoc *doc, const char *xpath);

/** Whether @xpath finds a node.  Paths begin at <domain>: "devices/disk". */
bool rr_domain_has(xmlDoc *doc, const char *xpath);

/**
 * The nodes that @xpath finds, in the document's order; empty if none.  Free
 * the array with g_ptr_array_unref(); the nodes are the document's.
 */
GPtrArray *rr_domain_find(xmlDoc *doc, const char *xpath);

#endif
