/* SPDX-License-Identifier: MIT */
/*
 * One token bucket behind HTTP: the whole use of the library in one short program.
 *
 *     limit_server [--listen 127.0.0.1:8080] [--capacity 1000] [--refill-rate 200] [--no-limit]
 *
 *     GET /take?tokens=n   200 if n tokens (1 if not said) were taken, else 429 with Retry-After
 *     GET /metrics         what Prometheus scrapes, in the format that its Accept field asks for
 *
 * --no-limit answers without asking the bucket: what bench/bench_http.sh compares with. SIGTERM or SIGINT ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <openclaw/headers.h>
#include <openclaw/openclaw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct ocl_bucket bucket;
static struct ocl_tally tally;
static struct ocl_metrics metrics;
static uint64_t capacity = 1000, refill_rate = 200, no_limit = 0;

/* Digits and nothing else, at most fifteen of them. */
static int parse_number(const char *text, uint64_t *number)
{
	size_t digits = strspn(text, "0123456789");

	*number = strtoull(text, NULL, 10);
	return digits > 0 && digits <= 15 && text[digits] == '\0';
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type, char *body,
                              const char *field, const char *value)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_MUST_COPY);

	if (response == NULL)
		return MHD_NO; /* no memory: the connection is closed */
	MHD_add_response_header(response, "Content-Type", type);
	if (field != NULL)
		MHD_add_response_header(response, field, value);
	enum MHD_Result result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_error(struct MHD_Connection *connection, unsigned status, const char *reason)
{
	char body[128];

	snprintf(body, sizeof body, "{\"error\": \"%s\"}\n", reason);
	return answer(connection, status, "application/json", body,
	              status == MHD_HTTP_METHOD_NOT_ALLOWED ? "Allow" : NULL, "GET");
}

static enum MHD_Result serve_take(struct MHD_Connection *connection)
{
	struct ocl_decision left = {capacity, (int64_t)capacity, 0, 0};
	const char *text = "1";
	size_t size = 1;
	uint64_t tokens;
	int status = OCL_OK;
	char body[96], wait[24];

	MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, "tokens", 6, &text, &size);
	if (text == NULL || strlen(text) != size || !parse_number(text, &tokens) || tokens < 1 || tokens > capacity) {
		snprintf(body, sizeof body, "tokens: must be a whole number from 1 to the capacity, %" PRIu64,
		         capacity);
		return answer_error(connection, MHD_HTTP_BAD_REQUEST, body);
	}
	if (!no_limit)
		status = ocl_bucket_take_at(&bucket, tokens, ocl_clock_now_ns(OCL_CLOCK_MONOTONIC), &left);
	snprintf(body, sizeof body, "{\"granted\": %s, \"remaining\": %" PRId64 "}\n",
	         status == OCL_OK ? "true" : "false", left.remaining);
	uint64_t seconds = ocl_headers_retry_after_seconds(&left, 1); /* a bucket that never refills promises nothing */
	snprintf(wait, sizeof wait, "%" PRIu64, seconds);
	return answer(connection, status == OCL_OK ? MHD_HTTP_OK : MHD_HTTP_TOO_MANY_REQUESTS, "application/json", body,
	              status == OCL_OK || seconds == OCL_NEVER_SECONDS ? NULL : "Retry-After", wait);
}

static enum MHD_Result serve_metrics(struct MHD_Connection *connection)
{
	const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept");
	enum ocl_format format = ocl_format_from_accept(accept);
	char text[16384];
	size_t size;

	if (ocl_metrics_write_buffer(&metrics, format, text, sizeof text - 1, &size) != OCL_OK)
		return answer_error(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "metrics: too long");
	text[size] = '\0';
	return answer(connection, MHD_HTTP_OK, ocl_format_content_type(format), text, "Vary", "Accept");
}

static enum MHD_Result serve(void *context, struct MHD_Connection *connection, const char *path, const char *method,
                             const char *version, const char *upload, size_t *upload_size, void **request)
{
	(void)context, (void)version, (void)upload;
	if (*request == NULL ||
	    *upload_size > 0) { /* the first call shows the headers only; a body is read and not used */
		*request = &metrics;
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, "GET") != 0)
		return answer_error(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "method: must be GET");
	if (strcmp(path, "/take") == 0)
		return serve_take(connection);
	if (strcmp(path, "/metrics") == 0)
		return serve_metrics(connection);
	return answer_error(connection, MHD_HTTP_NOT_FOUND, "path: must be /take or /metrics");
}

static int parse_address(const char *text, struct sockaddr_in *address)
{
	char host[INET_ADDRSTRLEN], port[6], rest;

	if (sscanf(text, "%15[0-9.]:%5[0-9]%c", host, port, &rest) != 2 || atoi(port) > UINT16_MAX)
		return 0;
	address->sin_family = AF_INET;
	address->sin_port = htons((uint16_t)atoi(port));
	return inet_pton(AF_INET, host, &address->sin_addr) == 1;
}

static int read_flags(int argc, char **argv, struct sockaddr_in *address)
{
	static const struct option flags[] = {{"listen", required_argument, NULL, 'l'},
	                                      {"capacity", required_argument, NULL, 'c'},
	                                      {"refill-rate", required_argument, NULL, 'r'},
	                                      {"no-limit", no_argument, NULL, 'n'},
	                                      {NULL, 0, NULL, 0}};
	int flag, which = 0, good = parse_address("127.0.0.1:8080", address);

	while (good && (flag = getopt_long(argc, argv, "", flags, &which)) != -1) {
		if (flag == '?')
			return 0; /* getopt has said why */
		if (flag == 'n')
			no_limit = 1;
		else
			good = flag == 'l' ? parse_address(optarg, address)
			                   : parse_number(optarg, flag == 'c' ? &capacity : &refill_rate);
		if (!good)
			fprintf(stderr, "limit_server: --%s: cannot be '%s'\n", flags[which].name, optarg);
	}
	return good && optind == argc;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {0};
	sigset_t stop;
	int signal;

	if (!read_flags(argc, argv, &address)) {
		fputs("usage: limit_server [--listen 127.0.0.1:8080] [--capacity 1000] [--refill-rate 200] "
		      "[--no-limit]\n",
		      stderr);
		return 2;
	}
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill_rate, OCL_SECOND_NS);
	int status = ocl_bucket_init(&bucket, &options);
	if (status == OCL_OK)
		status = ocl_metrics_add_bucket(&metrics, "api", &bucket, &tally);
	if (status != OCL_OK) {
		fprintf(stderr, "limit_server: --capacity or --refill-rate: %s\n", ocl_status_name(status));
		return 2;
	}
	sigemptyset(&stop); /* blocked before the server's threads start, so that sigwait() alone receives them */
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	pthread_sigmask(SIG_BLOCK, &stop, NULL);
	struct MHD_Daemon *daemon =
		MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, serve, NULL, MHD_OPTION_SOCK_ADDR,
	                         &address, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
	                         MHD_OPTION_CONNECTION_TIMEOUT, 60U, MHD_OPTION_END);
	if (daemon == NULL) {
		fprintf(stderr, "limit_server: --listen: %s\n", strerror(errno));
		return 1;
	}
	printf("listening on %s:%u\n", inet_ntoa(address.sin_addr),
	       (unsigned)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	sigwait(&stop, &signal);
	MHD_stop_daemon(daemon);
	return 0;
}
