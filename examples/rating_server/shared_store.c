/* SPDX-License-Identifier: MIT */
#include "shared_store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "secret.h"
#include "shared_checkpoint.h"

#define BACKOFF_FIRST_NS (50 * OCL_MILLISECOND_NS)
#define BACKOFF_MOST_NS  (500 * OCL_MILLISECOND_NS)
#define SAY_EVERY_NS     OCL_SECOND_NS

uint64_t shared_now_ns(void)
{
	return ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
}

bool shared_stopping(struct shared_store *shared)
{
	bool stop;

	pthread_mutex_lock(&shared->lock);
	stop = shared->stop;
	pthread_mutex_unlock(&shared->lock);
	return stop;
}

void shared_backoff_reset(struct backoff *backoff)
{
	backoff->wait_ns = BACKOFF_FIRST_NS;
}

void shared_back_off(struct shared_store *shared, struct backoff *backoff)
{
	struct timespec until;
	uint64_t wait_ns;
	int result = 0;

	backoff->random = backoff->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	wait_ns = backoff->wait_ns / 2 + (backoff->random >> 33) % backoff->wait_ns;
	backoff->wait_ns = 2 * backoff->wait_ns < BACKOFF_MOST_NS ? 2 * backoff->wait_ns : BACKOFF_MOST_NS;
	clock_gettime(CLOCK_MONOTONIC, &until);
	wait_ns += (uint64_t)until.tv_nsec;
	until.tv_sec += (time_t)(wait_ns / OCL_SECOND_NS);
	until.tv_nsec = (long)(wait_ns % OCL_SECOND_NS);
	pthread_mutex_lock(&shared->lock);
	while (!shared->stop && result != ETIMEDOUT)
		result = pthread_cond_timedwait(&shared->wake, &shared->lock, &until);
	pthread_mutex_unlock(&shared->lock);
}

void shared_say(const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	fprintf(stderr, "rating_server: %s\n", line);
}

static bool set_up(struct shared_store *shared)
{
	const struct options *options = shared->store.options;
	const char *prefix = options->store_prefix;
	pthread_condattr_t monotonic;
	uint64_t random[3] = {0, 0, 0};

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
		shared_say("no random numbers: %s", strerror(errno));
		return false;
	}
	shared->pod = random[0];
	shared->append_backoff.random = random[1];
	shared->follow_backoff.random = random[2];
	shared_backoff_reset(&shared->append_backoff);
	shared_backoff_reset(&shared->follow_backoff);
	shared->timeout_ns = (uint64_t)(options->store_timeout * (double)OCL_SECOND_NS);
	shared->target = options->redis;
	shared->target.password = shared->password;
	snprintf(shared->keys.log, SHARED_KEY_BYTES, "%s:log", prefix);
	snprintf(shared->keys.meta, SHARED_KEY_BYTES, "%s:meta", prefix);
	snprintf(shared->keys.checkpoint, SHARED_KEY_BYTES, "%s:checkpoint", prefix);
	snprintf(shared->keys.lease, SHARED_KEY_BYTES, "%s:lease", prefix);
	snprintf(shared->keys.probe, SHARED_KEY_BYTES, "%s:probe", prefix);
	pthread_mutex_init(&shared->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&shared->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pending_init(&shared->pending, options->replicas > 0);
	redis_link_init(&shared->appending);
	redis_link_init(&shared->following);
	replica_init(&shared->replica, shared->store.board, shared->store.votes, (size_t)options->key_window);
	shared->checkpointing = checkpointing_new();
	return shared->checkpointing != NULL &&
	       secret_read(shared->password, sizeof(shared->password), "--store-password-file",
	                   options->store_password_file, "OPENCLAW_STORE_PASSWORD") == 0;
}

static void say_progress(struct shared_store *shared, uint64_t *said_ns)
{
	uint64_t now_ns = shared_now_ns();

	if (now_ns - *said_ns < SAY_EVERY_NS)
		return;
	*said_ns = now_ns;
	if (shared->trouble[0] == '\0')
		printf("replayed %" PRIu64 " matches and %" PRIu64 " votes\n", shared->store.board->matches,
		       shared->store.votes->count);
}

static void *run(void *context)
{
	struct shared_store *shared = (struct shared_store *)context;

	while (!shared_stopping(shared)) {
		enum follow_result result = shared_follow(shared);

		if (result == FOLLOW_DEAD) {
			shared_say("out of memory; a restart reads the log again");
			_Exit(1);
		}
		if (result == FOLLOW_LATER || result == FOLLOW_REFUSED)
			shared_back_off(shared, &shared->follow_backoff);
		else
			shared_backoff_reset(&shared->follow_backoff);
		if (result == FOLLOW_CAUGHT)
			health_move(shared->store.health, PHASE_STARTING, PHASE_SERVING);
	}
	return NULL;
}

/* Read the log to its end before anyone is served; then go on in a thread. */
static int load(struct store *store, bool (*stopped)(void))
{
	struct shared_store *shared = (struct shared_store *)store;
	enum follow_result result = FOLLOW_MORE;
	uint64_t start_ns = shared_now_ns(), said_ns = start_ns;
	char said[sizeof(shared->trouble)] = "";

	if (!set_up(shared))
		return -1;
	while (result != FOLLOW_CAUGHT) {
		if (stopped())
			return 1;
		result = shared_follow(shared);
		if (shared->trouble[0] != '\0' && strcmp(said, shared->trouble) != 0)
			shared_say("%s%s", shared->trouble, result == FOLLOW_LATER ? "; waiting" : "");
		health_set_log(store->health, shared->trouble[0] != '\0' ? shared->trouble : NULL);
		memcpy(said, shared->trouble, sizeof(said));
		if (result == FOLLOW_DEAD)
			shared_say("out of memory");
		if (result == FOLLOW_REFUSED || result == FOLLOW_DEAD)
			return -1;
		if (result == FOLLOW_LATER)
			shared_back_off(shared, &shared->follow_backoff);
		say_progress(shared, &said_ns);
	}
	printf("replayed %" PRIu64 " matches and %" PRIu64 " votes in %.2f s\n", store->board->matches,
	       store->votes->count, (double)(shared_now_ns() - start_ns) / (double)OCL_SECOND_NS);
	shared->waits = true;
	shared->follower_runs = pthread_create(&shared->follower, NULL, run, shared) == 0;
	if (shared->follower_runs)
		return 0;
	shared_say("cannot start the follower");
	return -1;
}

/* Once the store has been away for the time limit of one request, no other needs to wait as long. */
void shared_expire(struct shared_store *shared)
{
	uint64_t now_ns = shared_now_ns();
	char reason[384];
	const char *why;

	pthread_mutex_lock(&shared->lock);
	why = shared->down[0] != '\0' ? shared->down : shared->trouble;
	snprintf(reason, sizeof(reason),
	         "the store did not answer in time; it is not known whether this was stored%s%s",
	         why[0] != '\0' ? ": " : "", why);
	if (shared->down_ns != 0 && now_ns - shared->down_ns > shared->timeout_ns)
		now_ns = OCL_NEVER_NS - 1;
	pthread_mutex_unlock(&shared->lock);
	pending_expire(&shared->pending, now_ns, reason);
}

/* How old is the board, and whose time is up? */
static void tick(struct store *store)
{
	struct shared_store *shared = (struct shared_store *)store;
	const uint64_t max_ns = (uint64_t)(store->options->max_lag * (double)OCL_SECOND_NS);
	uint64_t now_ns = shared_now_ns(), lag_ns;
	char reason[400], trouble[sizeof(shared->trouble)];

	pthread_mutex_lock(&shared->lock);
	lag_ns = now_ns > shared->caught_up_ns ? now_ns - shared->caught_up_ns : 0;
	memcpy(trouble, shared->trouble, sizeof(trouble));
	pthread_mutex_unlock(&shared->lock);
	ocl_gauge_set(&store->stats->lag_seconds, (double)lag_ns / (double)OCL_SECOND_NS);
	snprintf(reason, sizeof(reason), "for %.0f s; %s", (double)lag_ns / (double)OCL_SECOND_NS,
	         trouble[0] != '\0' ? trouble : "more comes than can be applied");
	if (health_set_log(store->health, lag_ns > max_ns ? reason : NULL) != (lag_ns > max_ns))
		shared_say(lag_ns > max_ns ? "the board is behind the log %s" : "the board is up to date again",
		           reason);
	shared_expire(shared);
}

/* What was appended is waited for, within its time limit. */
static void finish(struct store *store)
{
	struct shared_store *shared = (struct shared_store *)store;

	while (!pending_is_empty(&shared->pending)) {
		struct timespec wait = {0, 5000000};

		nanosleep(&wait, NULL);
		tick(store);
	}
}

static void close_shared(struct store *store)
{
	struct shared_store *shared = (struct shared_store *)store;

	if (shared->timeout_ns == 0) /* It was never set up. */
		return;
	pthread_mutex_lock(&shared->lock);
	shared->stop = true;
	pthread_cond_broadcast(&shared->wake);
	pthread_mutex_unlock(&shared->lock);
	if (shared->follower_runs)
		pthread_join(shared->follower, NULL);
	checkpointing_free(shared->checkpointing);
	redis_link_close(&shared->appending);
	redis_link_close(&shared->following);
	buffer_free(&shared->appending.out);
	buffer_free(&shared->following.out);
	wire_free(&shared->reader);
	replica_free(&shared->replica);
	pending_free(&shared->pending);
	pthread_cond_destroy(&shared->wake);
	pthread_mutex_destroy(&shared->lock);
}

struct store *shared_store_new(void)
{
	static const struct store_class kind = {"shared", load,   shared_append, shared_probe,
	                                        tick,     finish, close_shared};
	struct shared_store *shared = (struct shared_store *)calloc(1, sizeof(*shared));

	if (shared == NULL)
		return NULL;
	shared->store.kind = &kind;
	shared->step = 16;
	return &shared->store;
}
