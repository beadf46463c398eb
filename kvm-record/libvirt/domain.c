/*
 * Domains: the machines of libvirt, as XML; see domain.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/libvirt/domain.h"

#include <errno.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cli/message.h"

#define SCHEMAS "/usr/share/libvirt/schemas"

/* No network; entities stay as they are, so that no file is read for one. */
#define PARSE_FLAGS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)

static void set_parse_error(GError **error, const char *name,
			    xmlParserCtxtPtr context)
{
	const xmlError *e = xmlCtxtGetLastError(context);
	g_autofree char *text =
		g_strdup(e && e->message ? e->message : "not XML");

	rr_set_error(error, "%s, line %d: %s", name, e ? e->line : 0,
		     g_strstrip(text));
}

static bool check_root(xmlDoc *doc, const char *name, GError **error)
{
	const xmlNode *root = xmlDocGetRootElement(doc);

	if (root && !root->ns && xmlStrEqual(root->name, BAD_CAST "domain"))
		return true;
	rr_set_error(error,
		     "%s is not a domain of libvirt: it begins with <%s>", name,
		     root ? (const char *)root->name : "");
	return false;
}

xmlDoc *rr_domain_parse(const char *text, const char *name, GError **error)
{
	size_t bytes = strlen(text);
	g_autoptr(xmlDoc) doc = NULL;
	xmlParserCtxtPtr context;

	if (bytes > RR_DOMAIN_MAX_BYTES) {
		rr_set_error(error, "%s is too large for a domain", name);
		return NULL;
	}
	context = xmlNewParserCtxt();
	g_assert(context);
	doc = xmlCtxtReadMemory(context, text, (int)bytes, NULL, NULL,
				PARSE_FLAGS);
	if (!doc)
		set_parse_error(error, name, context);
	xmlFreeParserCtxt(context);
	if (!doc || !check_root(doc, name, error))
		return NULL;
	return g_steal_pointer(&doc);
}

/* A text of at most RR_DOMAIN_MAX_BYTES + 1 bytes; NULL and errno on failure. */
static char *read_stdin(void)
{
	g_autoptr(GString) text = g_string_new("");
	char part[4096];
	ssize_t n;

	while ((n = read(0, part, sizeof(part))) > 0) {
		g_string_append_len(text, part, n);
		if (text->len > RR_DOMAIN_MAX_BYTES)
			break;
	}
	if (n < 0)
		return NULL;
	return g_string_free(g_steal_pointer(&text), FALSE);
}

xmlDoc *rr_domain_read(const char *path, GError **error)
{
	g_autofree char *text = NULL;

	if (strcmp(path, "-") != 0) {
		if (!g_file_get_contents(path, &text, NULL, error))
			return NULL;
		return rr_domain_parse(text, path, error);
	}
	text = read_stdin();
	if (text)
		return rr_domain_parse(text, "standard input", error);
	rr_set_error_errno(error, errno, "standard input");
	return NULL;
}

static void keep_first_error(void *data, const char *format, ...)
{
	char **first = data;
	va_list args;

	if (*first)
		return;
	va_start(args, format);
	*first = g_strdup_vprintf(format, args);
	va_end(args);
	g_strstrip(*first);
}

static xmlRelaxNGPtr load_schema(void)
{
	const char *dir = g_getenv("RR_LIBVIRT_SCHEMAS");
	g_autofree char *path =
		g_build_filename(dir ? dir : SCHEMAS, "domain.rng", NULL);
	xmlRelaxNGParserCtxtPtr parser;
	xmlRelaxNGPtr schema;

	if (access(path, R_OK))
		return NULL;
	parser = xmlRelaxNGNewParserCtxt(path);
	if (!parser)
		return NULL;
	schema = xmlRelaxNGParse(parser);
	xmlRelaxNGFreeParserCtxt(parser);
	return schema;
}

bool rr_domain_validate(xmlDoc *doc, bool *checked, GError **error)
{
	xmlRelaxNGPtr schema = load_schema();
	g_autofree char *first = NULL;
	xmlRelaxNGValidCtxtPtr context;
	int result;

	*checked = schema;
	if (!schema)
		return true;
	context = xmlRelaxNGNewValidCtxt(schema);
	xmlRelaxNGSetValidErrors(context, keep_first_error, keep_first_error,
				 &first);
	result = xmlRelaxNGValidateDoc(context, doc);
	xmlRelaxNGFreeValidCtxt(context);
	xmlRelaxNGFree(schema);
	if (!result)
		return true;
	rr_set_error(error,
		     "libvirt's schema does not allow it: %s "
		     "(virt-xml-validate says more)",
		     first ? first : "invalid");
	return false;
}

char *rr_domain_text(xmlDoc *doc)
{
	xmlChar *text = NULL;
	char *copy;
	int bytes;

	xmlDocDumpFormatMemory(doc, &text, &bytes, 0);
	copy = g_strdup((const char *)text);
	xmlFree(text);
	return copy;
}

GPtrArray *rr_domain_find(xmlDoc *doc, const char *xpath)
{
	GPtrArray *found = g_ptr_array_new();
	xmlXPathContextPtr context = xmlXPathNewContext(doc);
	xmlXPathObjectPtr object;
	int i;

	g_assert(context);
	xmlXPathSetContextNode(xmlDocGetRootElement(doc), context);
	xmlXPathRegisterNs(context, BAD_CAST "qemu",
			   BAD_CAST RR_DOMAIN_QEMU_NS);
	object = xmlXPathEvalExpression(BAD_CAST xpath, context);
	g_assert(object);
	for (i = 0; i < xmlXPathNodeSetGetLength(object->nodesetval); i++)
		g_ptr_array_add(found, object->nodesetval->nodeTab[i]);
	xmlXPathFreeObject(object);
	xmlXPathFreeContext(context);
	return found;
}

bool rr_domain_has(xmlDoc *doc, const char *xpath)
{
	g_autoptr(GPtrArray) found = rr_domain_find(doc, xpath);

	return found->len;
}

char *rr_domain_get(xmlDoc *doc, const char *xpath)
{
	g_autoptr(GPtrArray) found = rr_domain_find(doc, xpath);
	xmlChar *text;
	char *copy;

	if (!found->len)
		return NULL;
	text = xmlNodeGetContent(found->pdata[0]);
	copy = g_strdup((const char *)text);
	xmlFree(text);
	return g_strstrip(copy);
}
