/* SPDX-License-Identifier: MIT */
/*
 * The bucket that everybody writes first, beside libopenclaw in `make bench-peers`: a mutex around a double of tokens and
 * a double of seconds.
 */
#include "../harness.h"

#include <math.h>

struct plain {
	_Alignas(128) pthread_mutex_t mutex;
	double tokens, capacity, rate, last;
};

struct both {
	struct plain grants, denies;
	bool given;
	uint64_t now_ns;
};

static struct peer_about peer_about(void)
{
	return (struct peer_about){"mutex and double", "-", PEER_TOOLCHAIN};
}

static void set_up(struct plain *plain, double capacity, double rate, double now)
{
	pthread_mutex_init(&plain->mutex, NULL);
	plain->tokens = plain->capacity = capacity;
	plain->rate = rate;
	plain->last = now;
}

static double seconds(uint64_t ns)
{
	return (double)ns * 1e-9;
}

/* The mutex is held. */
static inline bool take_held(struct plain *plain, double now)
{
	if (now > plain->last) {
		plain->tokens = fmin(plain->capacity, plain->tokens + (now - plain->last) * plain->rate);
		plain->last = now;
	}
	if (plain->tokens < 1)
		return false;
	plain->tokens -= 1;
	return true;
}

static bool take_at(struct plain *plain, double now)
{
	pthread_mutex_lock(&plain->mutex);
	bool granted = take_held(plain, now);
	pthread_mutex_unlock(&plain->mutex);
	return granted;
}

static bool take(struct plain *plain)
{
	struct timespec now;

	pthread_mutex_lock(&plain->mutex);
	clock_gettime(CLOCK_MONOTONIC, &now);
	bool granted = take_held(plain, (double)now.tv_sec + (double)now.tv_nsec * 1e-9);
	pthread_mutex_unlock(&plain->mutex);
	return granted;
}

static uint64_t takes(struct loop *loop, unsigned thread, bool grants, bool mixed, uint64_t calls)
{
	struct both *both = (struct both *)loop->state;
	uint64_t granted = 0, now_ns = both->now_ns + loop->threads[thread].position;

	for (uint64_t i = 0; i < calls; i++) {
		struct plain *plain = (mixed ? harness_coin[i] : grants) ? &both->grants : &both->denies;
		granted += both->given ? take_at(plain, seconds(now_ns + i)) : take(plain);
	}
	loop->threads[thread].position += calls;
	return granted;
}

static uint64_t block_clock(struct loop *loop, unsigned thread, uint64_t calls)
{
	uint64_t sum = 0;

	(void)loop;
	(void)thread;
	for (uint64_t i = 0; i < calls; i++)
		sum += harness_now_ns();
	return sum != 0 ? calls : 0;
}

static uint64_t block_granted(struct loop *loop, unsigned thread, uint64_t calls)
{
	return takes(loop, thread, true, false, calls);
}

static uint64_t block_denied(struct loop *loop, unsigned thread, uint64_t calls)
{
	return takes(loop, thread, false, false, calls);
}

static uint64_t block_mixed(struct loop *loop, unsigned thread, uint64_t calls)
{
	return takes(loop, thread, false, true, calls);
}

static void close_state(struct loop *loop)
{
	free(loop->state);
}

static const char *peer_open_loop(const struct request *request, struct loop *loop)
{
	bool given = strcmp(request->clock, "given") == 0;

	if (!given && strcmp(request->clock, "monotonic") != 0)
		return "no such clock";
	if (strcmp(request->work, "clock") == 0 && !given)
		loop->block = block_clock;
	else if (strcmp(request->work, "granted") == 0)
		loop->block = block_granted;
	else if (strcmp(request->work, "denied") == 0)
		loop->block = block_denied;
	else if (strcmp(request->work, "mixed") == 0)
		loop->block = block_mixed;
	else
		return "no such work";
	struct both *both = (struct both *)harness_alloc(sizeof *both);
	both->given = given;
	both->now_ns = harness_now_ns();
	set_up(&both->grants, 4e9, 1e6, seconds(both->now_ns));
	set_up(&both->denies, 1, 1 / 31557600.0, seconds(both->now_ns));
	take_at(&both->denies, seconds(both->now_ns));
	loop->state = both;
	loop->close = close_state;
	return NULL;
}

/* ---- exactness */
static struct plain tested;

static int test_take(void *state, uint64_t now_ns)
{
	return take_at((struct plain *)state, seconds(now_ns));
}

static int test_take_now(void *state)
{
	return take((struct plain *)state);
}

static int64_t test_wait_ns(void *state, uint64_t now_ns)
{
	struct plain *plain = (struct plain *)state;

	(void)now_ns;
	return (int64_t)((1 - plain->tokens) / plain->rate * 1e9);
}

static const char *peer_open_bucket(const struct request *request, struct test_bucket *bucket)
{
	set_up(&tested, (double)request->burst, (double)request->tokens / (double)request->period_ns * 1e9, 0);
	*bucket = (struct test_bucket){test_take, test_wait_ns, test_take_now, &tested};
	return NULL;
}

static const char *peer_open_shared(const struct request *request, struct test_bucket *bucket)
{
	const char *skip = peer_open_bucket(request, bucket);

	tested.last = seconds(harness_now_ns());
	return skip;
}

int main(void)
{
	return serve();
}
