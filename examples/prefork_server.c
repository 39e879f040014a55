/* SPDX-License-Identifier: MIT */
/*
 * One limit for many processes: a server of several workers that share what each client, and all of them together, may
 * have. A worker can be killed at any instruction; the others go on, and no client gets a token too many.
 *
 *     prefork_server [--listen 127.0.0.1:8080] [--workers 4] [--table FILE] [--keys 100000]
 *                    [--client-capacity 20] [--client-rate 10] [--capacity 1000] [--rate 500]
 *
 *     GET /take?key=k   200 if client k has a token left and the service, too, else 429 with Retry-After; a field
 *                       X-Client comes before the query
 *
 * The rates are tokens a second. The table is in memory that only these processes have, or in --table FILE, best in
 * /dev/shm, where openclaw_top can watch it and another server may share it. The parent starts a killed worker anew. SIGTERM
 * or SIGINT ends it: workers answer what has begun, then stop.
 */
#define _GNU_SOURCE /* memfd_create() */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <openclaw/bundle.h>
#include <openclaw/headers.h>
#include <openclaw/limiter_shared.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS_MAX  64
#define KEY_SIZE_MAX 128
#define DRAIN_MS     2000 /* that a worker waits for its clients; the parent, a second more */

enum plan { PLAN_CLIENT, PLAN_SERVICE };

static struct ocl_limiter limiter; /* each worker's own handle of the one table */
static const char *table_path;
static int table_fd = -1; /* of the memory without a name */
static int listener;
static uint64_t workers = 4, keys = 100000;
static uint64_t client_capacity = 20, client_rate = 10, capacity = 1000, rate = 500;
static volatile sig_atomic_t draining;
static const struct timespec tick = {0, 10 * 1000 * 1000};

/* ---- a worker */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, char *body, const char *field,
                              const char *value)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_MUST_COPY);

	if (response == NULL)
		return MHD_NO; /* no memory: the connection is closed */
	MHD_add_response_header(response, "Content-Type", "application/json");
	if (field != NULL)
		MHD_add_response_header(response, field, value);
	if (draining)
		MHD_add_response_header(response, "Connection", "close");
	enum MHD_Result result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_error(struct MHD_Connection *connection, unsigned status, const char *reason)
{
	char body[160];

	snprintf(body, sizeof body, "{\"error\": \"%s\"}\n", reason);
	return answer(connection, status, body, status == MHD_HTTP_METHOD_NOT_ALLOWED ? "Allow" : NULL, "GET");
}

static enum MHD_Result serve_take(struct MHD_Connection *connection)
{
	const char *key = NULL;
	size_t key_size = 0;
	struct ocl_bundle_decision found;
	char body[160], wait[24];

	if (!MHD_lookup_connection_value_n(connection, MHD_HEADER_KIND, "X-Client", 8, &key, &key_size))
		MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, "key", 3, &key, &key_size);
	if (key == NULL || key_size == 0 || key_size > KEY_SIZE_MAX)
		return answer_error(connection, MHD_HTTP_BAD_REQUEST, "key: must be of 1 to 128 bytes");
	/* The service is a key of its own plan, of no bytes. The most shared limit comes last. */
	struct ocl_bundle_limit limits[] = {OCL_BUNDLE_KEY(&limiter, PLAN_CLIENT, key, key_size, 1),
	                                    OCL_BUNDLE_KEY(&limiter, PLAN_SERVICE, NULL, 0, 1)};
	int status = ocl_bundle_take_at(limits, 2, ocl_clock_now_ns(OCL_CLOCK_MONOTONIC), &found);
	if (status < 0)
		return answer_error(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, ocl_status_name(status));
	snprintf(body, sizeof body,
	         "{\"granted\": %s, \"limit\": \"%s\", \"remaining\": %" PRIu64 ", \"worker\": %d}\n",
	         status == OCL_OK ? "true" : "false", found.index == PLAN_CLIENT ? "client" : "service",
	         found.remaining_calls, (int)getpid());
	if (status == OCL_OK)
		return answer(connection, MHD_HTTP_OK, body, NULL, NULL);
	struct ocl_decision longest = found.limit; /* seconds that suffice for both limits */
	longest.retry_after_ns = found.retry_after_ns;
	uint64_t seconds = ocl_headers_retry_after_seconds(&longest, 1);
	snprintf(wait, sizeof wait, "%" PRIu64, seconds);
	return answer(connection, MHD_HTTP_TOO_MANY_REQUESTS, body, seconds != OCL_NEVER_SECONDS ? "Retry-After" : NULL,
	              wait);
}

static enum MHD_Result serve(void *context, struct MHD_Connection *connection, const char *path, const char *method,
                             const char *version, const char *upload, size_t *upload_size, void **request)
{
	(void)context, (void)version, (void)upload;
	if (*request == NULL ||
	    *upload_size > 0) { /* the first call shows the headers only; a body is read and not used */
		*request = &limiter;
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, "GET") != 0)
		return answer_error(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "method: must be GET");
	if (strcmp(path, "/take") != 0)
		return answer_error(connection, MHD_HTTP_NOT_FOUND, "path: must be /take");
	return serve_take(connection);
}

/* Take no more connections, answer on those that are open, and wait a little for them to end. */
static void drain(struct MHD_Daemon *daemon)
{
	draining = 1;
	MHD_quiesce_daemon(daemon);
	for (int ms = 0; ms < DRAIN_MS; ms += 10) {
		const union MHD_DaemonInfo *open = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
		if (open == NULL || open->num_connections == 0)
			break;
		nanosleep(&tick, NULL);
	}
	MHD_stop_daemon(daemon);
}

static int open_table(const struct ocl_limiter_options *options, uint32_t flags)
{
	return table_path != NULL ? ocl_limiter_open(&limiter, table_path, options, flags)
	                          : ocl_limiter_open_fd(&limiter, table_fd, options, flags & OCL_LIMITER_CREATE);
}

/* A worker's life: its exit code. */
static int work(const sigset_t *stop, pid_t parent)
{
	int signal;

	prctl(PR_SET_PDEATHSIG, SIGTERM); /* nobody is left behind when the parent is killed */
	if (getppid() != parent)
		return 0;
	int status = open_table(NULL, 0);
	if (status != OCL_OK) {
		fprintf(stderr, "prefork_server: worker: %s\n", ocl_status_name(status));
		return 2;
	}
	struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, serve,
	                                             NULL, MHD_OPTION_LISTEN_SOCKET, listener,
	                                             MHD_OPTION_CONNECTION_TIMEOUT, 60U, MHD_OPTION_END);
	if (daemon == NULL) {
		fprintf(stderr, "prefork_server: worker: %s\n", strerror(errno));
		return 2;
	}
	do {
		sigwait(stop, &signal);
	} while (signal == SIGCHLD);
	drain(daemon);
	ocl_limiter_close(&limiter);
	return 0;
}

/* ---- the parent */

static pid_t start_worker(const sigset_t *signals)
{
	pid_t parent = getpid(), child = fork();

	if (child == 0)
		_exit(work(signals, parent));
	if (child < 0)
		fprintf(stderr, "prefork_server: fork: %s\n", strerror(errno));
	return child;
}

/* Collect those that ended. A worker that was killed is started anew, not at once, so that one that dies young does not
 * keep the machine busy; one that cannot start ends the server. */
static int reap(pid_t *children, const sigset_t *signals)
{
	pid_t child;
	int code;

	while ((child = waitpid(-1, &code, WNOHANG)) > 0) {
		if (WIFEXITED(code) && WEXITSTATUS(code) == 2)
			return 0;
		nanosleep(&tick, NULL);
		for (uint64_t i = 0; i < workers; i++) {
			if (children[i] == child || children[i] < 0)
				children[i] = start_worker(signals);
		}
	}
	return 1;
}

static void stop_all(const pid_t *children)
{
	uint64_t left = 0;

	for (uint64_t i = 0; i < workers; i++)
		left += children[i] > 0 && kill(children[i], SIGTERM) == 0;
	for (int ms = 0; left > 0; ms += 10) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			left--;
		for (uint64_t i = 0; ms > DRAIN_MS + 1000 && i < workers; i++) {
			if (children[i] > 0)
				kill(children[i], SIGKILL);
		}
		if (left > 0)
			nanosleep(&tick, NULL);
	}
}

static int serve_with_workers(const sigset_t *signals)
{
	pid_t children[WORKERS_MAX];
	int signal, good = 1;

	for (uint64_t i = 0; i < workers; i++)
		children[i] = start_worker(signals);
	while (good && sigwait(signals, &signal) == 0 && signal == SIGCHLD)
		good = reap(children, signals);
	stop_all(children);
	return good ? 0 : 1;
}

static int make_table(void)
{
	const struct ocl_bucket_options plans[] = {OCL_BUCKET_OPTIONS(client_capacity, client_rate, OCL_SECOND_NS),
	                                           OCL_BUCKET_OPTIONS(capacity, rate, OCL_SECOND_NS)};
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(keys, plans, 2);

	options.denied_keys = 16;
	if (table_path == NULL)
		table_fd = memfd_create("prefork_server", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int status = open_table(&options, OCL_LIMITER_CREATE | OCL_LIMITER_REPLACE_STALE);
	if (status == OCL_OK)
		status = ocl_limiter_close(&limiter); /* a handle goes to no child */
	if (status == OCL_OK && table_path == NULL && fcntl(table_fd, F_ADD_SEALS, F_SEAL_SHRINK) != 0)
		status = OCL_EIO;
	return status;
}

/* ---- flags */

/* Digits and nothing else, at most fifteen of them. */
static int parse_number(const char *text, uint64_t *number)
{
	size_t digits = strspn(text, "0123456789");

	*number = strtoull(text, NULL, 10);
	return digits > 0 && digits <= 15 && text[digits] == '\0';
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
	static const struct option flags[] = {{"listen", required_argument, NULL, 0},
	                                      {"table", required_argument, NULL, 0},
	                                      {"workers", required_argument, NULL, 0},
	                                      {"keys", required_argument, NULL, 0},
	                                      {"client-capacity", required_argument, NULL, 0},
	                                      {"client-rate", required_argument, NULL, 0},
	                                      {"capacity", required_argument, NULL, 0},
	                                      {"rate", required_argument, NULL, 0},
	                                      {NULL, 0, NULL, 0}};
	uint64_t *const numbers[] = {NULL, NULL, &workers, &keys, &client_capacity, &client_rate, &capacity, &rate};
	int which = 0, good = parse_address("127.0.0.1:8080", address), flag;

	while (good && (flag = getopt_long(argc, argv, "", flags, &which)) != -1) {
		if (flag == '?')
			return 0; /* getopt has said why */
		if (which == 0)
			good = parse_address(optarg, address);
		else if (which == 1)
			good = (table_path = optarg)[0] != '\0';
		else
			good = parse_number(optarg, numbers[which]);
		if (good && numbers[which] == &workers)
			good = workers >= 1 && workers <= WORKERS_MAX;
		if (!good)
			fprintf(stderr, "prefork_server: --%s: cannot be '%s'\n", flags[which].name, optarg);
	}
	return good && optind == argc;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {0};
	socklen_t size = sizeof address;
	sigset_t signals;
	int yes = 1;

	if (!read_flags(argc, argv, &address)) {
		fputs("usage: prefork_server [--listen 127.0.0.1:8080] [--workers 4] [--table FILE] [--keys 100000]\n"
		      "           [--client-capacity 20] [--client-rate 10] [--capacity 1000] [--rate 500]\n",
		      stderr);
		return 2;
	}
	int status = make_table();
	if (status != OCL_OK) {
		fprintf(stderr, "prefork_server: --table, --keys, capacity or rate: %s\n", ocl_status_name(status));
		return status == OCL_EIO ? 1 : 2;
	}
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); /* workers race to accept */
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
	    listen(listener, SOMAXCONN) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
		fprintf(stderr, "prefork_server: --listen: %s\n", strerror(errno));
		return 1;
	}
	sigemptyset(&signals); /* blocked before anyone knows of us, so that sigwait() alone receives them */
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	printf("listening on %s:%u\n", inet_ntoa(address.sin_addr), (unsigned)ntohs(address.sin_port));
	fflush(stdout);
	return serve_with_workers(&signals);
}
