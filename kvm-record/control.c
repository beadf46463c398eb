/*
 * A machine of "rr-kvm run": see control.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kvm-record/control.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/un.h>

#include "common/cli/message.h"

#define RECORDER "/rr-recorder"
/* Writing the memory of a large guest takes long. */
#define REPLY_TIMEOUT_S 600

struct control {
	char *path;
	GSocketConnection *connection;
	GDataInputStream *in;
};

static char *path_of(const char *trace)
{
	g_autofree char *absolute = g_canonicalize_filename(trace, NULL);
	g_autofree char *dir = g_path_get_dirname(absolute);
	g_autofree char *name = g_path_get_basename(absolute);
	g_autofree char *file = g_strconcat(".", name, ".control", NULL);

	return g_build_filename(dir, file, NULL);
}

char *control_path(const char *trace, GError **error)
{
	g_autofree char *path = path_of(trace);

	if (strlen(path) < sizeof(((struct sockaddr_un *)0)->sun_path))
		return g_steal_pointer(&path);
	rr_set_error(error,
		     "%s is too long for the path of a socket: choose "
		     "a shorter one for the trace",
		     path);
	return NULL;
}

bool control_exists(const char *trace)
{
	g_autofree char *path = path_of(trace);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* One line of QMP; NULL and @error on failure. */
static JsonObject *receive(struct control *c, GError **error)
{
	g_autofree char *line =
		g_data_input_stream_read_line(c->in, NULL, NULL, error);
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root;

	if (!line) {
		if (error && !*error)
			rr_set_error(error, "%s: QEMU has gone", c->path);
		return NULL;
	}
	if (!json_parser_load_from_data(parser, line, -1, error))
		return NULL;
	root = json_parser_get_root(parser);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
		rr_set_error(error, "%s: not QMP", c->path);
		return NULL;
	}
	return json_object_ref(json_node_get_object(root));
}

static void set_reply_error(const struct control *c, JsonObject *reply,
			    GError **error)
{
	JsonObject *e = json_object_get_object_member(reply, "error");
	const char *text = json_object_get_string_member_with_default(
		e, "desc", "an unknown error");

	(void)c;
	rr_set_error(error, "%s", text);
}

/* The reply to a command; events come in between. */
static JsonObject *receive_reply(struct control *c, GError **error)
{
	for (;;) {
		JsonObject *reply = receive(c, error);

		if (!reply || json_object_has_member(reply, "return"))
			return reply;
		if (json_object_has_member(reply, "error")) {
			set_reply_error(c, reply, error);
			json_object_unref(reply);
			return NULL;
		}
		json_object_unref(reply);
	}
}

/* @arguments: NULL or what this takes over. */
static JsonObject *execute(struct control *c, const char *command,
			   JsonObject *arguments, GError **error)
{
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
	g_autoptr(JsonObject) request = json_object_new();
	g_autofree char *text = NULL, *line = NULL;
	GOutputStream *out =
		g_io_stream_get_output_stream(G_IO_STREAM(c->connection));

	json_object_set_string_member(request, "execute", command);
	if (arguments)
		json_object_set_object_member(request, "arguments", arguments);
	json_node_set_object(root, request);
	text = json_to_string(root, FALSE);
	line = g_strconcat(text, "\n", NULL);
	if (!g_output_stream_write_all(out, line, strlen(line), NULL, NULL,
				       error))
		return NULL;
	return receive_reply(c, error);
}

static bool run(struct control *c, const char *command, JsonObject *arguments,
		GError **error)
{
	JsonObject *reply = execute(c, command, arguments, error);

	if (!reply)
		return false;
	json_object_unref(reply);
	return true;
}

/* The greeting, and the end of the negotiation. */
static bool greet(struct control *c, GError **error)
{
	JsonObject *greeting = receive(c, error);

	if (!greeting)
		return false;
	json_object_unref(greeting);
	return run(c, "qmp_capabilities", NULL, error);
}

struct control *control_open(const char *trace, GError **error)
{
	g_autoptr(GSocketClient) client = g_socket_client_new();
	g_autofree char *path = control_path(trace, error);
	g_autoptr(GSocketAddress) address = NULL;
	struct control *c;

	if (!path)
		return NULL;
	address = g_unix_socket_address_new(path);
	g_socket_client_set_timeout(client, REPLY_TIMEOUT_S);
	c = g_new0(struct control, 1);
	c->path = g_steal_pointer(&path);
	c->connection = g_socket_client_connect(
		client, G_SOCKET_CONNECTABLE(address), NULL, error);
	if (!c->connection) {
		g_prefix_error(error,
			       "no machine of rr-kvm run -o %s: ", trace);
		control_close(c);
		return NULL;
	}
	c->in = g_data_input_stream_new(
		g_io_stream_get_input_stream(G_IO_STREAM(c->connection)));
	if (greet(c, error))
		return c;
	control_close(c);
	return NULL;
}

void control_close(struct control *c)
{
	if (!c)
		return;
	g_clear_object(&c->in);
	g_clear_object(&c->connection);
	g_free(c->path);
	g_free(c);
}

static JsonObject *property(const char *name)
{
	JsonObject *arguments = json_object_new();

	json_object_set_string_member(arguments, "path", RECORDER);
	json_object_set_string_member(arguments, "property", name);
	return arguments;
}

bool control_set_trace(struct control *c, const char *path, GError **error)
{
	JsonObject *arguments = property("trace");

	json_object_set_string_member(arguments, "value", path);
	return run(c, "qom-set", arguments, error);
}

static bool set_number(struct control *c, const char *name, guint64 value,
		       GError **error)
{
	JsonObject *arguments = property(name);

	json_object_set_int_member(arguments, "value", (gint64)value);
	return run(c, "qom-set", arguments, error);
}

bool control_set_flight(struct control *c, const struct flight_option *flight,
			GError **error)
{
	return set_number(c, "flight-window-ms", flight->window_ms, error) &&
	       set_number(c, "flight-limit-bytes", flight->limit_bytes, error);
}

static bool get_flight(struct control *c, struct control_status *s,
		       GError **error)
{
	g_autoptr(JsonObject)
		reply = execute(c, "qom-get", property("flight"), error);
	JsonObject *flight;

	if (!reply)
		return false;
	flight = json_object_get_object_member(reply, "return");
	s->segments =
		json_object_get_int_member_with_default(flight, "segments", 0);
	s->bytes = json_object_get_int_member_with_default(flight, "bytes", 0);
	s->covered_ms = json_object_get_int_member_with_default(
		flight, "covered-ms", 0);
	s->pause_ms =
		json_object_get_int_member_with_default(flight, "pause-ms", 0);
	s->error = g_strdup(json_object_get_string_member_with_default(
		flight, "error", ""));
	return true;
}

static char *get_property(struct control *c, const char *name, GError **error)
{
	g_autoptr(JsonObject)
		reply = execute(c, "qom-get", property(name), error);

	return reply ? g_strdup(json_object_get_string_member_with_default(
			       reply, "return", "")) :
		       NULL;
}

static char *get_guest(struct control *c, GError **error)
{
	g_autoptr(JsonObject) reply = execute(c, "query-status", NULL, error);
	JsonObject *state;

	if (!reply)
		return NULL;
	state = json_object_get_object_member(reply, "return");
	return g_strdup(json_object_get_string_member_with_default(
		state, "status", "unknown"));
}

bool control_get_status(struct control *c, struct control_status *status,
			GError **error)
{
	*status = (struct control_status){
		.life = get_property(c, "life", error),
	};
	if (status->life)
		status->trace = get_property(c, "trace", error);
	if (status->trace)
		status->guest = get_guest(c, error);
	if (status->guest && get_flight(c, status, error))
		return true;
	control_status_clear(status);
	return false;
}

void control_status_clear(struct control_status *status)
{
	g_free(status->life);
	g_free(status->trace);
	g_free(status->guest);
	g_free(status->error);
	*status = (struct control_status){ 0 };
}
