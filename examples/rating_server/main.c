/* SPDX-License-Identifier: MIT */
/*
 * rating_server: ratings of agents over HTTP, kept by libopenclaw, logged in SQLite or Redis. README.md is its manual.
 *
 * This file is the order of things: ports open, log replayed, ready; then, on SIGTERM, drained, log closed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http.h"

#define ANSWER_NS (500 * OCL_MILLISECOND_NS) /* For answers to be sent, at the end. */
#define TICK_NS   (250 * OCL_MILLISECOND_NS) /* How often slow clients are looked for. */

static struct server server;
static struct site main_site = {&server, PORT_MAIN, {-1, ""}, NULL};
static struct site metrics_site = {&server, PORT_METRICS, {-1, ""}, NULL};
static sigset_t stop_signals;

/* Wait for SIGTERM or SIGINT, at most `ns`. */
static bool wait_for_stop(uint64_t ns)
{
	struct timespec wait = {(time_t)(ns / OCL_SECOND_NS), (long)(ns % OCL_SECOND_NS)};

	return sigtimedwait(&stop_signals, NULL, &wait) > 0;
}

static bool stopped(void)
{
	return wait_for_stop(0);
}

/* Blocked in all threads: only wait_for_stop() takes the signals, and nothing is interrupted. */
static void block_signals(void)
{
	signal(SIGPIPE, SIG_IGN); /* A client that is gone is an error of one write. */
	signal(SIGXFSZ, SIG_IGN); /* So is a file that may not grow. */
	sigemptyset(&stop_signals);
	sigaddset(&stop_signals, SIGTERM);
	sigaddset(&stop_signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &stop_signals, NULL);
}

/* What needs neither a port nor the log. */
static bool set_up(void)
{
	const struct options *options = &server.options;
	int status;

	health_init(&server.health);
	connections_init(&server.connections, options->request_timeout * OCL_SECOND_NS);
	body_budget_init(&server.budget);
	board_init(&server.board, options->system, options->period_days);
	votes_init(&server.votes);
	status = stats_init(&server.stats, store_is_shared(options));
	if (status == OCL_OK)
		status = admission_init(&server.admission, options->capacity, options->refill_rate,
		                        &server.stats.registry);
	if (status != OCL_OK)
		fprintf(stderr, "rating_server: set-up: %s\n", ocl_status_name(status));
	if (status != OCL_OK || admission_read_token(&server.admission, options->token_file) != 0)
		return false;
	server.store = store_new(options, &server.board, &server.votes, &server.health, &server.stats);
	return server.store != NULL;
}

/* Both ports answer /healthz and /readyz from here on, while the log is replayed. */
static bool open_ports(void)
{
	if (listener_open(&main_site.listener, "listen", server.options.listen) != 0 ||
	    listener_open(&metrics_site.listener, "metrics-listen", server.options.metrics_listen) != 0)
		return false;
	if (http_start(&main_site, (unsigned)server.options.threads) && http_start(&metrics_site, 2))
		return true;
	fprintf(stderr, "rating_server: cannot start the HTTP threads\n");
	return false;
}

/* Returns as store_class.load. */
static int load(void)
{
	int result = server.store->kind->load(server.store, stopped);

	if (result != 0 || writer_start(&server.writer, server.store))
		return result;
	fprintf(stderr, "rating_server: cannot start the writer\n");
	return -1;
}

/* Look after slow clients until a signal comes, or until the time is up, or, if asked, until no request is open. */
static void watch(uint64_t until_ns, bool until_idle)
{
	while (ocl_clock_now_ns(OCL_CLOCK_MONOTONIC) < until_ns) {
		size_t busy = connections_sweep(&server.connections);

		if (server.writer.store != NULL)
			writer_expire(&server.writer, ocl_clock_now_ns(OCL_CLOCK_MONOTONIC));
		if (server.store->kind->tick != NULL)
			server.store->kind->tick(server.store);
		if (until_idle && busy == 0)
			return;
		if (wait_for_stop(until_idle ? TICK_NS / 10 : TICK_NS))
			return;
	}
}

static uint64_t seconds_from_now(unsigned long long seconds)
{
	return ocl_clock_now_ns(OCL_CLOCK_MONOTONIC) + seconds * OCL_SECOND_NS;
}

/* Say no to new work, finish what is open, make it durable. A second signal cuts the waiting short. */
static void drain(void)
{
	printf("draining\n");
	health_set_phase(&server.health, PHASE_DRAINING);
	watch(seconds_from_now(server.options.drain_delay), false);
	http_stop_accepting(&main_site);
	watch(seconds_from_now(server.options.drain_timeout), true);
	writer_stop(&server.writer);
	if (server.store->kind->finish != NULL)
		server.store->kind->finish(server.store);
	/* Answers that are there now still go out. */
	watch(ocl_clock_now_ns(OCL_CLOCK_MONOTONIC) + ANSWER_NS, true);
}

static void close_all(void)
{
	http_stop(&main_site);
	http_stop(&metrics_site);
	server.store->kind->close(server.store);
	store_free(server.store);
	votes_free(&server.votes);
	board_free(&server.board);
}

int main(int argc, char **argv)
{
	int code = options_read(&server.options, argc, argv);
	int loaded;

	if (code >= 0)
		return code;
	setvbuf(stdout, NULL, _IOLBF, 0);
	block_signals();
	if (!set_up() || !open_ports())
		return 1;
	loaded = load();
	if (loaded == 0) {
		health_set_phase(&server.health, PHASE_SERVING);
		printf("listening on %s, metrics on %s\n", main_site.listener.name, metrics_site.listener.name);
		watch(OCL_NEVER_NS, false);
		drain();
	}
	close_all();
	if (loaded >= 0)
		printf("stopped\n");
	return loaded < 0 ? 1 : 0;
}
