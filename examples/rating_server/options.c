/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, WHOLE, REAL };

struct row {
	const char *name;
	enum kind kind;
	size_t offset;
	const char *fallback;
	unsigned long long min, max;
	const char *argument;
	const char *help;
};

#define AT(member) offsetof(struct options, member)

static const struct row rows[] = {
	{"listen", TEXT, AT(listen), "127.0.0.1:8080", 0, 0, "ADDRESS:PORT", "where clients connect; port 0 picks one"},
	{"metrics-listen", TEXT, AT(metrics_listen), "127.0.0.1:9464", 0, 0, "ADDRESS:PORT",
         "where Prometheus connects"},
	{"store", TEXT, AT(store), "sqlite:ratings.db", 0, 0, "STORE",
         "the log of matches and votes: sqlite:FILE, made if missing, or one that many pods share:\n"
         "      redis://[USER@]HOST[:PORT][/DB], rediss:// (TLS), unix:PATH, redis-sentinel://HOST,HOST/MASTER"},
	{"synchronous", TEXT, AT(synchronous), "full", 0, 0, "full|normal",
         "of sqlite: full survives a power cut; normal, faster, a crash"},
	{"durability", TEXT, AT(durability), "always", 0, 0, "always|everysec|memory",
         "of a shared store: what an acknowledged event must survive; a weaker store is warned of"},
	{"replicas", WHOLE, AT(replicas), "0", 0, 16, "COUNT", "replicas that must have an event, too (WAIT)"},
	{"store-prefix", TEXT, AT(store_prefix), "openclaw:ratings", 0, 0, "TEXT",
         "the keys of a shared store begin so"},
	{"store-password-file", TEXT, AT(store_password_file), "", 0, 0, "FILE",
         "the password is its first line (or $OPENCLAW_STORE_PASSWORD)"},
	{"store-ca", TEXT, AT(store_ca), "", 0, 0, "FILE", "certificates to trust for TLS; none: the system's"},
	{"store-cert", TEXT, AT(store_cert), "", 0, 0, "FILE", "certificate to show for TLS"},
	{"store-key", TEXT, AT(store_key), "", 0, 0, "FILE", "its private key"},
	{"store-timeout", REAL, AT(store_timeout), "3", 0, 3600, "SECONDS",
         "then a shared store is too slow: 503; less than --request-timeout"},
	{"max-lag", REAL, AT(max_lag), "5", 0, 3600, "SECONDS", "/readyz says no when the board is older than that"},
	{"checkpoint-every", WHOLE, AT(checkpoint_every), "100000", 0, 1000000000, "EVENTS",
         "shorten a shared log at each so many; 0: never"},
	{"key-window", WHOLE, AT(key_window), "1000000", 0, 100000000, "COUNT",
         "idempotency keys that a new shared log remembers"},
	{"system", TEXT, AT(system_name), "glicko2", 0, 0, "NAME", "rating system; another one re-rates the whole log"},
	{"period-days", REAL, AT(period_days), "1", 0, 36500, "DAYS", "one rating period; 0: idle time does not count"},
	{"capacity", WHOLE, AT(capacity), "1000", 1, 999999999999999, "TOKENS", "most requests the pod takes at once"},
	{"refill-rate", WHOLE, AT(refill_rate), "200", 0, 1000000000, "TOKENS",
         "requests a second that it can sustain"},
	{"token-file", TEXT, AT(token_file), "", 0, 0, "FILE",
         "ask for the bearer token in it (or in $OPENCLAW_TOKEN)"},
	{"max-names", WHOLE, AT(max_names), "200000", 2, 100000000, "COUNT", "most agents, and most items voted on"},
	{"threads", WHOLE, AT(threads), "4", 2, 256, "COUNT", "threads that serve clients"},
	{"max-connections", WHOLE, AT(max_connections), "256", 8, 10000, "COUNT", "clients at a time"},
	{"request-timeout", WHOLE, AT(request_timeout), "10", 1, 3600, "SECONDS",
         "a connection completes a request in this time"},
	{"drain-delay", WHOLE, AT(drain_delay), "0", 0, 3600, "SECONDS",
         "after SIGTERM, accept on while /readyz says no"},
	{"drain-timeout", WHOLE, AT(drain_timeout), "20", 0, 3600, "SECONDS", "then wait this long for open requests"},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]), HELP = 1000, VERSION };

/* "refill-rate" is OPENCLAW_REFILL_RATE. */
static void name_variable(const char *name, char *variable, size_t size)
{
	snprintf(variable, size, "OPENCLAW_%s", name);
	for (char *c = variable; *c != '\0'; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
}

static void print_help(void)
{
	char variable[64];

	printf("usage: rating_server [OPTION]...\n"
	       "Serves ratings of agents over HTTP. Each option may be given in the environment, too.\n\n");
	for (size_t i = 0; i < ROWS; i++) {
		name_variable(rows[i].name, variable, sizeof(variable));
		printf("  --%s %s\n      %s [%s] $%s\n", rows[i].name, rows[i].argument, rows[i].help, rows[i].fallback,
		       variable);
	}
	printf("  --help\n  --version\n\nSystems:");
	for (size_t i = 0; ocl_system_at(i) != NULL; i++) {
		if (ocl_system_at(i)->memory_numbers == 0)
			printf(" %s", ocl_system_at(i)->name);
	}
	printf("\n");
}

static int complain(const char *prefix, const char *name, const char *value, const struct row *row)
{
	if (row->kind == TEXT)
		fprintf(stderr, "rating_server: %s%s: expected %s, got \"%s\"\n", prefix, name, row->argument, value);
	else
		fprintf(stderr, "rating_server: %s%s: expected a %snumber from %llu to %llu, got \"%s\"\n", prefix,
		        name, row->kind == WHOLE ? "whole " : "", row->min, row->max, value);
	return 2;
}

/* Put a value where it belongs. Returns 0, or 2 after complaining about `prefix` `name`. */
static int set(struct options *options, const struct row *row, const char *value, const char *prefix, const char *name)
{
	void *place = (char *)options + row->offset;
	char *end = NULL;
	bool whole = value[0] != '\0' && value[strspn(value, "0123456789")] == '\0';
	unsigned long long number;
	double real;

	errno = 0;
	if (row->kind == TEXT) {
		*(const char **)place = value;
	} else if (row->kind == WHOLE) {
		number = whole ? strtoull(value, NULL, 10) : 0;
		if (!whole || errno != 0 || number < row->min || number > row->max)
			return complain(prefix, name, value, row);
		*(unsigned long long *)place = number;
	} else {
		real = strtod(value, &end);
		if (!isdigit((unsigned char)value[0]) || *end != '\0' || !(real <= (double)row->max))
			return complain(prefix, name, value, row);
		*(double *)place = real;
	}
	return 0;
}

static int set_from_environment(struct options *options)
{
	char variable[64];
	int code = 0;

	for (size_t i = 0; code == 0 && i < ROWS; i++) {
		const char *value;

		code = set(options, &rows[i], rows[i].fallback, "--", rows[i].name);
		name_variable(rows[i].name, variable, sizeof(variable));
		value = getenv(variable);
		if (code == 0 && value != NULL)
			code = set(options, &rows[i], value, "$", variable);
	}
	return code;
}

static int check_store(struct options *options)
{
	struct redis_target *redis = &options->redis;
	char reason[256];

	if (strncmp(options->store, "sqlite:", 7) == 0 && options->store[7] != '\0')
		return -1;
	if (!redis_url_is(options->store)) {
		fprintf(stderr,
		        "rating_server: --store: expected sqlite:FILE, redis://, rediss://, unix:PATH or "
		        "redis-sentinel://, got \"%s\"\n",
		        options->store);
		return 2;
	}
	if (!redis_url_read(redis, options->store, reason, sizeof(reason))) {
		fprintf(stderr, "rating_server: --store: %s\n", reason);
		return 2;
	}
	if (options->store_prefix[0] == '\0' || strlen(options->store_prefix) > 128) {
		fprintf(stderr, "rating_server: --store-prefix: expected 1 to 128 bytes\n");
		return 2;
	}
	if (!(options->store_timeout >= 0.1) || !(options->store_timeout < (double)options->request_timeout)) {
		fprintf(stderr,
		        "rating_server: --store-timeout: expected 0.1 seconds to less than --request-timeout\n");
		return 2;
	}
	if ((options->store_cert[0] != '\0') != (options->store_key[0] != '\0')) {
		fprintf(stderr, "rating_server: --store-cert and --store-key: expected both or none\n");
		return 2;
	}
	redis->ca_file = options->store_ca;
	redis->cert_file = options->store_cert;
	redis->key_file = options->store_key;
	return -1;
}

/* What a table cannot check. */
static int check(struct options *options)
{
	options->system = ocl_system_find(options->system_name);
	if (options->system == NULL) {
		fprintf(stderr, "rating_server: --system: no system \"%s\"; see --help\n", options->system_name);
		return 2;
	}
	if (options->system->memory_numbers > 0) {
		fprintf(stderr,
		        "rating_server: --system: \"%s\" keeps %zu numbers of a player beside its record, and the "
		        "board has room for the record alone; see --help\n",
		        options->system_name, options->system->memory_numbers);
		return 2;
	}
	if (strcmp(options->synchronous, "full") != 0 && strcmp(options->synchronous, "normal") != 0) {
		fprintf(stderr, "rating_server: --synchronous: expected full or normal, got \"%s\"\n",
		        options->synchronous);
		return 2;
	}
	if (strcmp(options->durability, "always") != 0 && strcmp(options->durability, "everysec") != 0 &&
	    strcmp(options->durability, "memory") != 0) {
		fprintf(stderr, "rating_server: --durability: expected always, everysec or memory, got \"%s\"\n",
		        options->durability);
		return 2;
	}
	if (options->threads > options->max_connections) {
		fprintf(stderr, "rating_server: --threads: expected at most --max-connections\n");
		return 2;
	}
	return check_store(options);
}

int options_read(struct options *options, int argc, char **argv)
{
	struct option flags[ROWS + 3];
	int code = set_from_environment(options);
	int flag;

	memset(flags, 0, sizeof(flags));
	for (int i = 0; i < ROWS; i++)
		flags[i] = (struct option){rows[i].name, required_argument, NULL, i};
	flags[ROWS] = (struct option){"help", no_argument, NULL, HELP};
	flags[ROWS + 1] = (struct option){"version", no_argument, NULL, VERSION};
	while (code == 0 && (flag = getopt_long(argc, argv, "", flags, NULL)) != -1) {
		if (flag == HELP) {
			print_help();
			return 0;
		}
		if (flag == VERSION) {
			printf("rating_server, libopenclaw %s\n", ocl_version_string());
			return 0;
		}
		code = flag == '?' ? 2 : set(options, &rows[flag], optarg, "--", rows[flag].name);
	}
	if (code == 0 && optind < argc) {
		fprintf(stderr, "rating_server: unexpected \"%s\"; see --help\n", argv[optind]);
		code = 2;
	}
	return code != 0 ? code : check(options);
}
