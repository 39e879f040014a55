/* SPDX-License-Identifier: MIT */
/**
 * @file limit_server.c
 * @brief One token bucket behind HTTP: the whole use of the library in one short program.
 *
 *     limit_server [--listen 127.0.0.1:8080] [--capacity 1000] [--refill-rate 200] [--no-fields] [--no-limit]
 *
 *     GET /take?tokens=n   200 if n tokens (1 if not said) were taken, else 429 with Retry-After; both with the
 *                          RateLimit fields of draft-ietf-httpapi-ratelimit-headers-10.
 *     GET /metrics         what Prometheus scrapes, in the format that its Accept field asks for.
 *
 * --no-fields leaves the RateLimit fields out of a 200, --no-limit answers /take without asking the bucket: so
 * bench/bench_http.sh finds what each costs. SIGTERM or SIGINT ends the server.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <openclaw/openclaw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct ocl_bucket bucket;
static struct ocl_tally tally;
static struct ocl_metrics metrics;
static uint64_t capacity = 1000, refill_rate = 200; /* Tokens; tokens a second. */
static bool limited = true, with_fields = true;
static char policy[64]; /* The RateLimit-Policy field, the same in every answer. */

/* Digits and nothing else; at most the fifteen that a number in an HTTP field may have (RFC 9651, 3.3.1). */
static bool parse_number(const char *text, uint64_t *number)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 15 || text[digits] != '\0')
		return false;
	*number = strtoull(text, NULL, 10);
	return true;
}

static uint64_t divide_up(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}

/* What the client should know: what is left, and in how many seconds there is enough (429) or all of it (200). */
static void add_limit_fields(struct MHD_Response *response, bool granted, const struct ocl_decision *decision)
{
	uint64_t wait_ns = granted ? decision->reset_after_ns : decision->retry_after_ns;
	uint64_t wait_seconds = divide_up(wait_ns, OCL_SECOND_NS); /* Up: who waits that long finds the tokens there. */
	char value[64];

	if (wait_ns == OCL_NEVER_NS) /* A bucket that does not refill. */
		snprintf(value, sizeof(value), "\"api\";r=%" PRId64, decision->remaining);
	else
		snprintf(value, sizeof(value), "\"api\";r=%" PRId64 ";t=%" PRIu64, decision->remaining, wait_seconds);
	MHD_add_response_header(response, "RateLimit", value);
	MHD_add_response_header(response, "RateLimit-Policy", policy);
	if (!granted && wait_ns != OCL_NEVER_NS) {
		snprintf(value, sizeof(value), "%" PRIu64, wait_seconds);
		MHD_add_response_header(response, "Retry-After", value);
	}
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type, char *body,
                              const struct ocl_decision *decision)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (!response)
		return MHD_NO; /* No memory: the connection is closed. */
	MHD_add_response_header(response, "Content-Type", type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "GET");
	if (decision)
		add_limit_fields(response, status == MHD_HTTP_OK, decision);
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_json(struct MHD_Connection *connection, unsigned status, const char *name,
                                   const char *value, const struct ocl_decision *decision)
{
	char body[128];

	snprintf(body, sizeof(body), "{\"%s\": %s}\n", name, value);
	return answer(connection, status, "application/json", body, decision);
}

static enum MHD_Result serve_take(struct MHD_Connection *connection)
{
	const char *text = "1";
	size_t size = 1;
	struct ocl_decision decision;
	uint64_t tokens;
	char reason[96];

	MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, "tokens", 6, &text, &size);
	if (!text || strlen(text) != size || !parse_number(text, &tokens) || tokens < 1 || tokens > capacity) {
		snprintf(reason, sizeof(reason),
		         "\"tokens: must be a whole number from 1 to the capacity, %" PRIu64 "\"", capacity);
		return answer_json(connection, MHD_HTTP_BAD_REQUEST, "error", reason, NULL);
	}
	if (!limited)
		return answer_json(connection, MHD_HTTP_OK, "granted", "true", NULL);
	if (ocl_bucket_take_at(&bucket, tokens, ocl_clock_now_ns(OCL_CLOCK_MONOTONIC), &decision) == OCL_OK)
		return answer_json(connection, MHD_HTTP_OK, "granted", "true", with_fields ? &decision : NULL);
	return answer_json(connection, MHD_HTTP_TOO_MANY_REQUESTS, "granted", "false", &decision);
}

static enum MHD_Result serve_metrics(struct MHD_Connection *connection)
{
	const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept");
	enum ocl_format format = ocl_format_from_accept(accept);
	char text[16384];
	size_t size;

	if (ocl_metrics_write_buffer(&metrics, format, text, sizeof(text) - 1, &size) != OCL_OK)
		return answer_json(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "error", "\"metrics: too long\"", NULL);
	text[size] = '\0';
	return answer(connection, MHD_HTTP_OK, ocl_format_content_type(format), text, NULL);
}

static enum MHD_Result serve(void *context, struct MHD_Connection *connection, const char *path, const char *method,
                             const char *version, const char *upload, size_t *upload_size, void **request)
{
	(void)context, (void)version, (void)upload;
	if (!*request || *upload_size > 0) { /* The first call shows the headers only; a body is read and not used. */
		*request = &metrics;
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, "GET") != 0)
		return answer_json(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "error", "\"method: must be GET\"", NULL);
	if (strcmp(path, "/take") == 0)
		return serve_take(connection);
	if (strcmp(path, "/metrics") == 0)
		return serve_metrics(connection);
	return answer_json(connection, MHD_HTTP_NOT_FOUND, "error", "\"path: must be /take or /metrics\"", NULL);
}

/* IPv4:PORT; port 0 lets the system choose. */
static bool parse_address(const char *text, struct sockaddr_in *address)
{
	char host[INET_ADDRSTRLEN], port[6], rest;

	if (sscanf(text, "%15[0-9.]:%5[0-9]%c", host, port, &rest) != 2 || atoi(port) > UINT16_MAX)
		return false;
	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	return inet_pton(AF_INET, host, &address->sin_addr) == 1;
}

static bool read_flags(int argc, char **argv, struct sockaddr_in *address)
{
	static const struct option flags[] = {
		{"listen", required_argument, NULL, 'l'},      {"capacity", required_argument, NULL, 'c'},
		{"refill-rate", required_argument, NULL, 'r'}, {"no-fields", no_argument, NULL, 'f'},
		{"no-limit", no_argument, NULL, 'n'},          {NULL, 0, NULL, 0}};
	int flag, which = 0;

	while ((flag = getopt_long(argc, argv, "", flags, &which)) != -1) {
		if (flag == '?')
			return false; /* getopt has said why. */
		if (flag == 'n') {
			limited = false;
		} else if (flag == 'f') {
			with_fields = false;
		} else if (!(flag == 'l' ? parse_address(optarg, address)
		                         : parse_number(optarg, flag == 'c' ? &capacity : &refill_rate))) {
			fprintf(stderr, "limit_server: --%s: cannot be '%s'\n", flags[which].name, optarg);
			return false;
		}
	}
	return optind == argc;
}

/* The policy says the capacity, and the seconds in which that much is earned. */
static int set_up_limit(void)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill_rate, OCL_SECOND_NS);
	int status = ocl_bucket_init(&bucket, &options);

	if (refill_rate > 0)
		snprintf(policy, sizeof(policy), "\"api\";q=%" PRIu64 ";w=%" PRIu64, capacity,
		         divide_up(capacity, refill_rate));
	else
		snprintf(policy, sizeof(policy), "\"api\";q=%" PRIu64, capacity);
	return status == OCL_OK ? ocl_metrics_add_bucket(&metrics, "api", &bucket, &tally) : status;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address;
	struct MHD_Daemon *daemon;
	sigset_t stop;
	int status;

	if (!parse_address("127.0.0.1:8080", &address) || !read_flags(argc, argv, &address)) {
		fputs("usage: limit_server [--listen 127.0.0.1:8080] [--capacity 1000] [--refill-rate 200] "
		      "[--no-limit]\n",
		      stderr);
		return 2;
	}
	status = set_up_limit();
	if (status != OCL_OK) {
		fprintf(stderr, "limit_server: --capacity or --refill-rate: %s\n", ocl_status_name(status));
		return 2;
	}
	sigemptyset(&stop); /* Blocked before the server's threads start, so that sigwait() alone receives them. */
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	pthread_sigmask(SIG_BLOCK, &stop, NULL);
	daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, serve, NULL, MHD_OPTION_SOCK_ADDR,
	                          &address, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
	                          MHD_OPTION_CONNECTION_TIMEOUT, 60U, MHD_OPTION_END);
	if (!daemon) {
		fprintf(stderr, "limit_server: --listen: %s\n", strerror(errno));
		return 1;
	}
	printf("listening on %s:%u\n", inet_ntoa(address.sin_addr),
	       (unsigned)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	sigwait(&stop, &(int){0});
	MHD_stop_daemon(daemon);
	return 0;
}
