/* SPDX-License-Identifier: MIT */
/*
 * What every C program of `make bench-peers` does alike: read one command a line, run it, answer with one line of JSON.
 * bench/peers/README.md tells the protocol; the harnesses in Rust, Go and Java beside this file do the same.
 *
 * A program includes this file once, defines peer_about(), peer_open_loop(), peer_open_bucket() and peer_open_shared(),
 * and calls serve() from main(). One that answers more commands, such as `rate` and `fit`, also defines HARNESS_MORE and
 * peer_more().
 */
#ifndef OCL_BENCH_PEERS_HARNESS_H
#define OCL_BENCH_PEERS_HARNESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HARNESS_THREADS_MAX 8
#define HARNESS_LOOPS_MAX   64
/* Calls between two looks at the time, unless the request says otherwise. */
#define HARNESS_BLOCK 1000

/* A command: "name=value" words behind the first word; what was not given is 0 or "". */
struct request {
	char command[16];
	char work[24], clock[16], variant[24], dist[16];
	char draws[256]; /* a file of keys in the order of the calls, 8 bytes each in this machine's order */
	uint64_t threads, keys, batch, ms, count;
	uint64_t tokens, period_ns, burst, uptime_ns, steps, cap;
	int64_t step_ns;
	uint64_t block;              /* calls between two looks at the time */
	char teams[512], ranks[128]; /* a match, for `rate` */
	double beta, tau;
};

/* A loop to be timed. block() makes `calls` calls for one thread and says how many were granted. */
struct loop {
	uint64_t (*block)(struct loop *loop, unsigned thread, uint64_t calls);
	void (*close)(struct loop *loop); /* may be NULL */
	void *state;
	const uint64_t *draws; /* keyed loops: the keys in the order of the calls */
	uint64_t draw_count;
	uint64_t bytes; /* keyed loops: memory that the set-up took */
	struct {
		uint64_t position;
		char apart[120];
	} threads[HARNESS_THREADS_MAX];
};

/* A bucket whose time is given, and one that reads its own clock and is shared by threads. */
struct test_bucket {
	int (*take)(void *state, uint64_t now_ns);        /* one token: 1 granted, 0 denied */
	int64_t (*wait_ns)(void *state, uint64_t now_ns); /* the wait it tells for one token, -1 if it tells none */
	int (*take_now)(void *state);
	void *state;
};

struct peer_about {
	const char *name, *version, *toolchain;
};

static struct peer_about peer_about(void);

/* Each returns NULL, or why it is skipped. */
static const char *peer_open_loop(const struct request *request, struct loop *loop);
static const char *peer_open_bucket(const struct request *request, struct test_bucket *bucket);
static const char *peer_open_shared(const struct request *request, struct test_bucket *bucket);
#ifdef HARNESS_MORE
/* Answer a command of the program's own; false: it is not known. */
static bool peer_more(const struct request *request);
#endif

static inline uint64_t harness_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The i-th key: the last step of SplitMix64 (Steele, Lea, Flood, 2014), so that neighbours are nowhere near. */
static inline uint64_t harness_key(uint64_t i)
{
	uint64_t z = i + UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Bits in no order, for loops that grant every other call. */
static uint8_t harness_coin[4096];

static inline void harness_toss(void)
{
	for (uint64_t i = 0; i < sizeof harness_coin; i++)
		harness_coin[i] = (uint8_t)(harness_key(i) & 1);
}

/* Resident bytes of this process. */
static inline uint64_t harness_resident(void)
{
	unsigned long long size = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file != NULL) {
		if (fscanf(file, "%llu %llu", &size, &resident) != 2)
			resident = 0;
		fclose(file);
	}
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static inline void *harness_alloc(size_t size)
{
	void *memory = NULL;

	if (posix_memalign(&memory, 4096, size) != 0) {
		fprintf(stderr, "out of memory\n");
		exit(1);
	}
	memset(memory, 0, size);
	return memory;
}

static const char *harness_read_draws(const struct request *request, struct loop *loop)
{
	FILE *file = fopen(request->draws, "rb");
	uint64_t *draws = NULL;
	long size = 0;

	if (file == NULL)
		return "no file of draws";
	if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) > 0) {
		draws = (uint64_t *)harness_alloc((size_t)size);
		rewind(file);
		if (fread(draws, 1, (size_t)size, file) != (size_t)size)
			size = 0;
	}
	fclose(file);
	loop->draws = draws;
	loop->draw_count = (uint64_t)size / sizeof *draws;
	for (unsigned i = 0; i < HARNESS_THREADS_MAX; i++)
		loop->threads[i].position = loop->draw_count / HARNESS_THREADS_MAX * i;
	return size > 0 ? NULL : "an empty file of draws";
}

/* ---- time: a loop for `ms` by `threads` threads */
struct harness_runner {
	struct loop *loop;
	pthread_barrier_t *barrier;
	uint64_t ms, block, calls, granted, elapsed_ns;
	unsigned thread;
};

static void *harness_run(void *argument)
{
	struct harness_runner *runner = (struct harness_runner *)argument;
	struct loop *loop = runner->loop;

	pthread_barrier_wait(runner->barrier);
	uint64_t start = harness_now_ns(), now;
	do {
		runner->granted += loop->block(loop, runner->thread, runner->block);
		runner->calls += runner->block;
		now = harness_now_ns();
	} while (now - start < runner->ms * 1000000u);
	runner->elapsed_ns = now - start;
	return NULL;
}

static void harness_time(struct loop *loop, const struct request *request)
{
	struct harness_runner runners[HARNESS_THREADS_MAX];
	pthread_t others[HARNESS_THREADS_MAX];
	pthread_barrier_t barrier;
	unsigned threads = request->threads > 0 ? (unsigned)request->threads : 1;
	uint64_t block = request->block > 0 ? request->block : HARNESS_BLOCK;
	uint64_t calls = 0, granted = 0, elapsed_ns = 0;

	pthread_barrier_init(&barrier, NULL, threads);
	for (unsigned i = 0; i < threads; i++) {
		runners[i] = (struct harness_runner){loop, &barrier, request->ms, block, 0, 0, 0, i};
		if (i > 0)
			pthread_create(&others[i], NULL, harness_run, &runners[i]);
	}
	harness_run(&runners[0]);
	for (unsigned i = 1; i < threads; i++)
		pthread_join(others[i], NULL);
	pthread_barrier_destroy(&barrier);
	for (unsigned i = 0; i < threads; i++) {
		calls += runners[i].calls;
		granted += runners[i].granted;
		elapsed_ns += runners[i].elapsed_ns;
	}
	printf("{\"ns\": %.4f, \"calls\": %llu, \"granted\": %llu, \"bytes\": %llu}\n",
	       (double)elapsed_ns / (double)calls, (unsigned long long)calls, (unsigned long long)granted,
	       (unsigned long long)loop->bytes);
}

/* ---- window: empty a bucket at its uptime, move on in steps, take at each all that it gives */
static void harness_window(const struct test_bucket *bucket, const struct request *request)
{
	uint64_t now_ns = request->uptime_ns, drained = 0, admitted = 0;

	if (now_ns > 0)
		bucket->take(bucket->state, 0);
	while (drained < 2 * request->burst + 100 && bucket->take(bucket->state, now_ns))
		drained++;
	for (uint64_t i = 0; i < request->steps && admitted < request->cap; i++) {
		now_ns += (uint64_t)request->step_ns;
		while (admitted < request->cap && bucket->take(bucket->state, now_ns))
			admitted++;
	}
	printf("{\"drained\": %llu, \"admitted\": %llu}\n", (unsigned long long)drained, (unsigned long long)admitted);
}

/* ---- back: all tokens but one, the last one `step_ns` earlier, then again at the first time */
static void harness_back(const struct test_bucket *bucket, const struct request *request)
{
	uint64_t now_ns = request->uptime_ns, before = 0, earlier = 0, again = 0;

	while (before + 1 < request->burst && bucket->take(bucket->state, now_ns))
		before++;
	while (earlier < request->cap && bucket->take(bucket->state, now_ns - (uint64_t)request->step_ns))
		earlier++;
	while (again < request->cap && bucket->take(bucket->state, now_ns))
		again++;
	printf("{\"admitted\": %llu}\n", (unsigned long long)(before + earlier + again));
}

/* ---- wait: empty it, ask how long, and take after just that */
static void harness_wait(const struct test_bucket *bucket, const struct request *request)
{
	uint64_t now_ns = request->uptime_ns, drained = 0;

	while (drained < 2 * request->burst + 100 && bucket->take(bucket->state, now_ns))
		drained++;
	int64_t wait_ns = bucket->wait_ns != NULL ? bucket->wait_ns(bucket->state, now_ns) : -1;
	if (wait_ns < 0)
		printf("{\"skip\": \"tells no wait\"}\n");
	else
		printf("{\"wait_ns\": %lld, \"granted\": %d}\n", (long long)wait_ns,
		       bucket->take(bucket->state, now_ns + (uint64_t)wait_ns));
}

/* ---- shared: `threads` threads take from one bucket for `ms`, each call at its own clock's time */
struct harness_taker {
	const struct test_bucket *bucket;
	uint64_t end_ns, admitted, calls;
};

static void *harness_take(void *argument)
{
	struct harness_taker *taker = (struct harness_taker *)argument;

	while (harness_now_ns() < taker->end_ns) {
		for (int i = 0; i < 100; i++)
			taker->admitted += (uint64_t)taker->bucket->take_now(taker->bucket->state);
		taker->calls += 100;
	}
	return NULL;
}

static void harness_shared(const struct request *request)
{
	struct harness_taker takers[HARNESS_THREADS_MAX];
	pthread_t threads[HARNESS_THREADS_MAX];
	struct test_bucket bucket = {NULL, NULL, NULL, NULL};
	uint64_t start = harness_now_ns(), admitted = 0, calls = 0;
	const char *skip = peer_open_shared(request, &bucket);

	if (skip != NULL) {
		printf("{\"skip\": \"%s\"}\n", skip);
		return;
	}
	for (unsigned i = 0; i < request->threads; i++) {
		takers[i] = (struct harness_taker){&bucket, start + request->ms * 1000000u, 0, 0};
		pthread_create(&threads[i], NULL, harness_take, &takers[i]);
	}
	for (unsigned i = 0; i < request->threads; i++) {
		pthread_join(threads[i], NULL);
		admitted += takers[i].admitted;
		calls += takers[i].calls;
	}
	printf("{\"admitted\": %llu, \"calls\": %llu, \"elapsed_ns\": %llu}\n", (unsigned long long)admitted,
	       (unsigned long long)calls, (unsigned long long)(harness_now_ns() - start));
}

/* ---- the protocol */
static bool harness_word(struct request *request, const char *name, const char *value)
{
	const struct {
		const char *name;
		uint64_t *number;
	} numbers[] = {
		{"threads", &request->threads},
		{"keys", &request->keys},
		{"batch", &request->batch},
		{"ms", &request->ms},
		{"count", &request->count},
		{"tokens", &request->tokens},
		{"burst", &request->burst},
		{"period_ns", &request->period_ns},
		{"uptime_ns", &request->uptime_ns},
		{"steps", &request->steps},
		{"cap", &request->cap},
		{"block", &request->block},
	};
	const struct {
		const char *name;
		char *text;
		size_t size;
	} texts[] = {
		{"work", request->work, sizeof request->work},
		{"clock", request->clock, sizeof request->clock},
		{"variant", request->variant, sizeof request->variant},
		{"dist", request->dist, sizeof request->dist},
		{"draws", request->draws, sizeof request->draws},
		{"teams", request->teams, sizeof request->teams},
		{"ranks", request->ranks, sizeof request->ranks},
	};

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		if (strcmp(name, numbers[i].name) == 0) {
			*numbers[i].number = strtoull(value, NULL, 10);
			return true;
		}
	}
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (strcmp(name, texts[i].name) == 0)
			return snprintf(texts[i].text, texts[i].size, "%s", value) < (int)texts[i].size;
	}
	if (strcmp(name, "step_ns") == 0)
		request->step_ns = strtoll(value, NULL, 10);
	else if (strcmp(name, "beta") == 0)
		request->beta = strtod(value, NULL);
	else if (strcmp(name, "tau") == 0)
		request->tau = strtod(value, NULL);
	else
		return false;
	return true;
}

static bool harness_parse(char *line, struct request *request)
{
	char *rest = NULL, *word = strtok_r(line, " \n", &rest);

	memset(request, 0, sizeof *request);
	if (word == NULL ||
	    snprintf(request->command, sizeof request->command, "%s", word) >= (int)sizeof request->command)
		return false;
	while ((word = strtok_r(NULL, " \n", &rest)) != NULL) {
		char *value = strchr(word, '=');
		if (value == NULL)
			return false;
		*value++ = '\0';
		if (!harness_word(request, word, value))
			return false;
	}
	return request->threads <= HARNESS_THREADS_MAX;
}

/* Loops stay open from round to round; the line less its threads and time names them. */
static struct {
	char name[512];
	struct loop *loop;
} harness_loops[HARNESS_LOOPS_MAX];
static size_t harness_loop_count;

static void harness_drop(void)
{
	for (size_t i = 0; i < harness_loop_count; i++) {
		struct loop *loop = harness_loops[i].loop;
		if (loop->close != NULL)
			loop->close(loop);
		free((void *)(uintptr_t)loop->draws);
		free(loop);
	}
	harness_loop_count = 0;
}

static const char *harness_loop(const struct request *r, struct loop **loop)
{
	char name[512];

	snprintf(name, sizeof name, "%s %s %s %llu %llu %s", r->work, r->clock, r->variant, (unsigned long long)r->keys,
	         (unsigned long long)r->batch, r->draws);
	for (size_t i = 0; i < harness_loop_count; i++) {
		*loop = harness_loops[i].loop;
		if (strcmp(harness_loops[i].name, name) == 0)
			return NULL;
	}
	if (harness_loop_count == HARNESS_LOOPS_MAX)
		return "too many loops are open";
	*loop = (struct loop *)harness_alloc(sizeof **loop);
	const char *skip = r->draws[0] != '\0' ? harness_read_draws(r, *loop) : NULL;
	if (skip == NULL)
		skip = peer_open_loop(r, *loop);
	if (skip != NULL) {
		free((void *)(uintptr_t)(*loop)->draws);
		free(*loop);
		return skip;
	}
	memcpy(harness_loops[harness_loop_count].name, name, sizeof name);
	harness_loops[harness_loop_count++].loop = *loop;
	return NULL;
}

static void harness_answer(const struct request *request)
{
	struct test_bucket bucket = {NULL, NULL, NULL, NULL};
	struct loop *loop = NULL;
	const char *skip = NULL;

	if (strcmp(request->command, "about") == 0) {
		struct peer_about about = peer_about();
		printf("{\"peer\": \"%s\", \"version\": \"%s\", \"toolchain\": \"%s\"}\n", about.name, about.version,
		       about.toolchain);
	} else if (strcmp(request->command, "drop") == 0) {
		harness_drop();
		printf("{}\n");
	} else if (strcmp(request->command, "shared") == 0) {
		harness_shared(request);
	} else if (strcmp(request->command, "time") == 0) {
		if ((skip = harness_loop(request, &loop)) == NULL)
			harness_time(loop, request);
#ifdef HARNESS_MORE
	} else if (peer_more(request)) {
		/* answered */
#endif
	} else if ((skip = peer_open_bucket(request, &bucket)) != NULL) {
		/* said below */
	} else if (strcmp(request->command, "window") == 0) {
		harness_window(&bucket, request);
	} else if (strcmp(request->command, "back") == 0) {
		harness_back(&bucket, request);
	} else if (strcmp(request->command, "wait") == 0) {
		harness_wait(&bucket, request);
	} else {
		skip = "no such command";
	}
	if (skip != NULL)
		printf("{\"skip\": \"%s\"}\n", skip);
}

/* Answer until the end of the input. */
static int serve(void)
{
	struct request request;
	char line[1024];

	harness_toss();
	while (fgets(line, sizeof line, stdin) != NULL) {
		if (harness_parse(line, &request))
			harness_answer(&request);
		else
			printf("{\"error\": \"not understood\"}\n");
		fflush(stdout);
	}
	harness_drop();
	return 0;
}

#endif
