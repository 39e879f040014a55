/* SPDX-License-Identifier: MIT */
/* Settings: a default, then the environment (OPENCLAW_REFILL_RATE), then the command line (--refill-rate). */
#ifndef RATING_SERVER_OPTIONS_H
#define RATING_SERVER_OPTIONS_H

#include <openclaw/openclaw.h>

#include "redis_url.h"

struct options {
	const char *listen, *metrics_listen;
	const char *store, *synchronous, *durability;
	const char *store_prefix, *store_password_file;
	const char *store_ca, *store_cert, *store_key;
	double store_timeout, max_lag; /* Seconds. */
	unsigned long long replicas, checkpoint_every, key_window;
	struct redis_target redis; /* If the store is one. */
	const char *system_name, *token_file;
	double period_days;
	unsigned long long capacity, refill_rate;
	unsigned long long max_names, threads, max_connections;
	unsigned long long request_timeout, drain_delay, drain_timeout; /* Seconds. */
	const struct ocl_system *system;
};

/* Returns -1 to go on; else the exit code: 0 after --help or --version, 2 after saying what is wrong. */
int options_read(struct options *options, int argc, char **argv);

#endif
