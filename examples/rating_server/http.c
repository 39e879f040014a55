/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *header(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->http, MHD_HEADER_KIND, name);
}

static bool is_post(const struct request *request)
{
	return request->route->method != NULL && strcmp(request->route->method, "POST") == 0;
}

/* First call of all: the request line has arrived. What is returned here comes back with the other calls. */
static void *on_target(void *context, const char *raw, struct MHD_Connection *http)
{
	const struct site *site = (const struct site *)context;
	struct request *request = (struct request *)calloc(1, sizeof(*request));

	if (request == NULL)
		return NULL;
	request->server = site->server;
	request->port = site->port;
	request->http = http;
	request->start_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
	request->connection =
		(struct connection *)MHD_get_connection_info(http, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	connections_set_busy(&site->server->connections, request->connection, true);
	request->route = route_at(ROUTE_OTHER);
	if (target_read(&request->target, raw, &request->problem))
		request->route = route_find(request->port, request->target.path, &request->id);
	return request;
}

static bool check_media(struct request *request)
{
	const char *type = header(request, "Content-Type");
	const char *encoding = header(request, "Content-Encoding");
	const char *length = header(request, "Content-Length");
	size_t word = type != NULL ? strcspn(type, "; \t") : 0;

	if (word != strlen("application/json") || strncasecmp(type, "application/json", word) != 0)
		return problem_set(&request->problem, 415, "unsupported_media_type", "Content-Type",
		                   "expected application/json");
	if (encoding != NULL && strcasecmp(encoding, "identity") != 0)
		return problem_set(&request->problem, 415, "unsupported_media_type", "Content-Encoding",
		                   "expected none");
	if (length != NULL && strtoull(length, NULL, 10) > BODY_MAX_BYTES)
		return body_too_large(&request->problem);
	return true;
}

/* May this request go on? Else its problem says why not. */
static bool let_in(struct request *request, const char *method)
{
	struct server *server = request->server;
	struct problem *problem = &request->problem;
	const struct route *route = request->route;

	if (problem->status != 0)
		return false;
	if (!route->probe && health_phase(&server->health) == PHASE_STARTING)
		return problem_set(problem, 503, "starting", NULL, "the log is being replayed; try again");
	if (!route->probe && request->port == PORT_MAIN &&
	    (!admission_check_token(&server->admission, header(request, "Authorization"), problem) ||
	     !admission_take(&server->admission, &request->limit, problem)))
		return false;
	if (route->method == NULL)
		return problem_set(problem, 404, "not_found", "path", "there is nothing here");
	if (!route_allows(route, method))
		return problem_set(problem, 405, "method_not_allowed", "method", "expected %s", route_allow(route));
	return !is_post(request) || check_media(request);
}

/* The header fields that say more about a problem. */
static void reply_refusal(struct request *request)
{
	struct reply *reply = &request->reply;

	reply_problem(reply, &request->problem);
	if (request->problem.status == 401)
		reply->authenticate = "Bearer realm=\"openclaw\"";
	if (request->problem.status == 405)
		reply->allow = route_allow(request->route);
	if (request->problem.status == 429)
		reply->retry_after = request->limit.retry_after;
	if (request->problem.status == 503)
		reply->retry_after = 1;
}

static void add_fields(const struct request *request, struct MHD_Response *response)
{
	const struct reply *reply = &request->reply;
	char seconds[24];

	if (reply->content_type != NULL)
		MHD_add_response_header(response, "Content-Type", reply->content_type);
	MHD_add_response_header(response, "Cache-Control", "no-store");
	if (reply->allow != NULL)
		MHD_add_response_header(response, "Allow", reply->allow);
	if (reply->authenticate != NULL)
		MHD_add_response_header(response, "WWW-Authenticate", reply->authenticate);
	if (reply->vary != NULL)
		MHD_add_response_header(response, "Vary", reply->vary);
	if (reply->retry_after > 0) {
		snprintf(seconds, sizeof(seconds), "%llu", reply->retry_after);
		MHD_add_response_header(response, "Retry-After", seconds);
	}
	if (request->limit.state[0] != '\0') {
		MHD_add_response_header(response, "RateLimit-Policy", request->server->admission.policy);
		MHD_add_response_header(response, "RateLimit", request->limit.state);
	}
	if (health_phase(&request->server->health) == PHASE_DRAINING)
		MHD_add_response_header(response, "Connection", "close");
}

static enum MHD_Result send_reply(struct request *request)
{
	struct stats *stats = &request->server->stats;
	struct reply *reply = &request->reply;
	struct MHD_Response *response;
	enum MHD_Result result;

	request->stage = STAGE_SENDING;
	response = MHD_create_response_from_buffer(reply->length, reply->bytes, MHD_RESPMEM_MUST_FREE);
	if (response == NULL)
		return MHD_NO;
	reply->bytes = NULL; /* The response's now. */
	add_fields(request, response);
	stats_count_answer(stats, request->route->id, reply->status);
	if (!request->route->probe)
		stats_observe_since(stats->request_seconds, request->start_ns);
	result = MHD_queue_response(request->http, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

/*
 * A refused request is still read to its end, within limits, so that the client hears the answer and the connection can
 * go on. Only who asked first (Expect: 100-continue) is told at once.
 */
static enum MHD_Result take_head(struct request *request, const char *method)
{
	const char *expect = header(request, "Expect");

	request->stage = STAGE_BODY;
	if (let_in(request, method) || expect == NULL || strcasecmp(expect, "100-continue") != 0)
		return MHD_YES;
	reply_refusal(request);
	return send_reply(request);
}

static enum MHD_Result take_body(struct request *request, const char *bytes, size_t size)
{
	struct body *body = &request->body;

	if (request->problem.status == 0 && is_post(request) &&
	    body_append(body, &request->server->budget, bytes, size, &request->problem))
		return MHD_YES;
	body->discarded += (long long)size;
	return body->discarded <= BODY_DISCARD_BYTES ? MHD_YES : MHD_NO;
}

/* libmicrohttpd calls this once with the header, once for each piece of the body, and once to answer. */
static enum MHD_Result on_call(void *context, struct MHD_Connection *http, const char *url, const char *method,
                               const char *version, const char *bytes, size_t *size, void **request_context)
{
	struct request *request = (struct request *)*request_context;

	(void)context, (void)http, (void)url, (void)version;
	if (request == NULL) /* on_target() had no memory. */
		return MHD_NO;
	if (request->stage == STAGE_HEAD)
		return take_head(request, method);
	if (*size > 0) {
		size_t taken = *size;

		*size = 0;
		return take_body(request, bytes, taken);
	}
	if (request->problem.status == 0 && request->stage == STAGE_WRITING) {
		request->stage = STAGE_BODY;
		request->route->finish(request);
	} else if (request->problem.status == 0) {
		request->route->handle(request);
	}
	if (request->stage == STAGE_WRITING)
		return MHD_YES; /* Until the writer resumes the connection; then this is called again. */
	if (request->problem.status != 0)
		reply_refusal(request);
	return send_reply(request);
}

static void on_durable(struct job *job)
{
	struct request *request = (struct request *)(void *)((char *)job - offsetof(struct request, job));

	MHD_resume_connection(request->http);
}

void http_write(struct request *request)
{
	request->stage = STAGE_WRITING;
	request->job.done = on_durable;
	MHD_suspend_connection(request->http); /* Before the writer can resume it. */
	writer_submit(&request->server->writer, &request->job);
}

static void on_completed(void *context, struct MHD_Connection *http, void **request_context,
                         enum MHD_RequestTerminationCode how)
{
	struct request *request = (struct request *)*request_context;

	(void)context, (void)http, (void)how;
	if (request == NULL)
		return;
	connections_set_busy(&request->server->connections, request->connection, false);
	body_free(&request->body, &request->server->budget);
	free(request->job.batch.matches);
	free(request->reply.bytes);
	free(request->target.path);
	free(request);
	*request_context = NULL;
}

static void on_connection(void *context, struct MHD_Connection *http, void **connection,
                          enum MHD_ConnectionNotificationCode what)
{
	struct connections *connections = &((const struct site *)context)->server->connections;

	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		*connection = connections_add(
			connections, MHD_get_connection_info(http, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd);
	else
		connections_remove(connections, (struct connection *)*connection);
}

bool http_start(struct site *site, unsigned threads)
{
	const unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME;
	const unsigned limit = (unsigned)site->server->options.max_connections;

	site->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_call, site, MHD_OPTION_LISTEN_SOCKET,
	                                site->listener.socket, MHD_OPTION_URI_LOG_CALLBACK, on_target, site,
	                                MHD_OPTION_NOTIFY_COMPLETED, on_completed, site, MHD_OPTION_NOTIFY_CONNECTION,
	                                on_connection, site, MHD_OPTION_CONNECTION_LIMIT, limit,
	                                MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_END);
	return site->daemon != NULL;
}

/* The kernel is told, too: who connects from now on is refused, not left waiting. */
void http_stop_accepting(struct site *site)
{
	MHD_quiesce_daemon(site->daemon);
	shutdown(site->listener.socket, SHUT_RDWR);
}

void http_stop(struct site *site)
{
	MHD_stop_daemon(site->daemon);
	close(site->listener.socket);
}
