/* SPDX-License-Identifier: MIT */
/*
 * Several limits in one call. Buckets' words and settings: bucket_state.h, bucket.c.
 *
 * State          none of its own: the words of the limits. What a call knows of each is on its stack.
 * Invariant      each limit's own (bucket.c). A charge that is undone gives back no more than it still weighs: had it
 *                never been made, V would be no lower. See undo().
 * Linearization  granted: the last charge; until then others see the charges before it. Refused by the look: the second
 *                load of the refusing limit's word. Refused later: likewise, and then each undoing takes effect by itself.
 * Ordering       as in bucket.c. A1: undo() reads the clock after it acquired the word, so that whoever moved the word
 *                read an earlier time; R1: whose swap released.
 * Progress       lock-free: a retry means that another thread's call took effect. A thread that stops for good between two
 *                charges leaves the tokens of its one call charged, and stops nobody.
 * ABA            a word that comes back with `lowered` unchanged has not been lowered at all, so nothing happened to it;
 *                else undo() makes no use of what the word was before.
 */
#include "openclaw/bundle.h"

#include "limit/bucket_view.h"
#include "limit/count.h"
#include "limit/limiter_cell.h"
#include "limit/limiter_count.h"
#include "limit/limiter_denied.h"

#include <stdbool.h>
#include <string.h>

_Static_assert(sizeof(struct ocl_bundle_limit) == 64, "a line a limit");

/* What a call knows of one limit. */
struct member {
	const struct ocl_bundle_limit *limit; /* its first entry */
	struct ocl__bucket *bucket;           /* NULL: a key of a limiter */
	struct ocl__limiter *limiter;
	struct ocl__key key;
	uint64_t tokens; /* of all entries that name it */
	uint64_t now_ns;
	uint32_t index;        /* of the first entry */
	bool forced;           /* charge it whatever is there */
	bool has_cell;         /* the key, when it was looked at */
	struct ocl__view view; /* the last look; after a charge the one that it replaced */
	uint64_t next;         /* V with the tokens charged */
	uint64_t missing;      /* units, 0: they are there */
	/* From the charge on: */
	uint64_t before;         /* V as of the charge: what a full bucket could not hold is gone */
	uint64_t edition;        /* of the settings in force */
	size_t lowered;          /* the bucket's, read before the charge */
	struct ocl__place place; /* the key's */
};

struct call {
	size_t count;
	uint32_t fault; /* the entry that an error is about */
	struct member *refuser;
	struct member members[OCL_BUNDLE_LIMITS_MAX];
};

/* ---- what a look means */

static bool charges_nothing(const struct member *member)
{
	return ocl__is_unlimited(&member->view) || member->tokens == 0;
}

/* Whether a forced charge is more than can be counted. */
static bool debt_is_too_much(const struct member *member, unsigned shift)
{
	const struct ocl__view *view = &member->view;

	return member->tokens > OCL__DEBT_MAX >> shift ||
	       ocl__charged_now(view) - view->earned + (member->tokens << shift) > view->values.full + OCL__DEBT_MAX;
}

/* Work out `next` and `missing`: OCL_OK when the charge can be made. */
static int weigh(struct member *member)
{
	const struct ocl__view *view = &member->view;
	unsigned shift = ocl__shift_of(view->values.scales);

	member->missing = 0;
	if (ocl__is_unlimited(view))
		return OCL_OK;
	if (member->forced ? debt_is_too_much(member, shift) : member->tokens > view->values.full >> shift)
		return OCL_ERANGE;
	member->next = ocl__charged_now(view) + (member->tokens << shift);
	uint64_t most = view->earned + view->values.full;
	if (member->next > most && !member->forced)
		member->missing = member->next - most;
	return member->missing != 0 ? OCL_DENIED : OCL_OK;
}

/* Note what undoing has to know of a charge that is about to be made. */
static void remember(struct member *member)
{
	member->before = ocl__charged_now(&member->view);
	member->edition = ocl__copy_edition(member->view.from);
}

static size_t charged_word(const struct member *member)
{
	return (size_t)(member->next << OCL__INDEX_BITS) | (member->view.word & OCL__INDEX_MASK);
}

/*
 * V after a charge was undone; V as it is where nothing can be given back. Had the charge not been made, V would lie lower
 * by all of it, unless the bucket would have been full since: then what it could not have held was lost, and giving that
 * back would grant it a second time. Lost is at most what was earned since the charge; and at most what is earned by now
 * above `lowest`, the lowest that V can have been without the charge. Mostly that is nothing.
 */
static uint64_t undone(const struct member *member, const struct ocl__view *now, uint64_t lowest)
{
	uint64_t units = member->next - member->before;
	uint64_t lost = now->earned > member->view.earned ? now->earned - member->view.earned : 0;

	if (((now->word ^ member->view.word) & OCL__INDEX_MASK) != 0 ||
	    ocl__copy_edition(now->from) != member->edition || now->charged <= now->earned)
		return now->charged;
	if (now->earned <= lowest)
		lost = 0;
	else if (now->earned - lowest < lost)
		lost = now->earned - lowest;
	units = lost < units ? units - lost : 0;
	return now->charged - now->earned > units ? now->charged - units : now->earned;
}

static uint64_t later(uint64_t now_ns, size_t clock)
{
	uint64_t clock_ns = ocl_clock_now_ns((enum ocl_clock)clock); /* A1 */

	return clock_ns > now_ns ? clock_ns : now_ns;
}

/* ---- a bucket */

static int look_at_bucket(struct member *member, bool writes)
{
	struct ocl__view *view = &member->view;

	do {
		int known = writes ? ocl__look(member->bucket, member->now_ns, view)
		                   : ocl__look_only(member->bucket, member->now_ns, view);
		if (!known)
			return OCL_EINVAL;
	} while (!ocl__view_holds(member->bucket, view));
	return weigh(member);
}

static int swap(struct member *member, const struct ocl__view *view, uint64_t lowest, uint64_t next, uint64_t now_ns)
{
	struct ocl__exchange exchange = {lowest, next, 0, 0};

	return ocl__bucket_exchange(member->bucket, view, &exchange, now_ns);
}

static int charge_bucket(struct member *member)
{
	while (!charges_nothing(member)) {
		remember(member);
		member->lowered = ocl_load_relaxed(&member->bucket->lowered);
		if (swap(member, &member->view, member->view.charged, member->next, member->now_ns))
			return OCL_OK;
		int status = look_at_bucket(member, true);
		if (status != OCL_OK)
			return status;
	}
	return OCL_OK;
}

/* The very last step is undone without a trace. */
static void undo_bucket(struct member *member)
{
	struct ocl__bucket *bucket = member->bucket;
	struct ocl__view now;
	bool done = false;

	while (!done) {
		size_t word = ocl__word(bucket);
		size_t lowered = ocl_load_relaxed(&bucket->lowered) - member->lowered;
		bool last = word == charged_word(member) && lowered == 0;
		uint64_t now_ns = last ? member->now_ns : later(member->now_ns, ocl_load_relaxed(&bucket->clock));
		if (!ocl__look(bucket, now_ns, &now) || now.word != word)
			continue;
		uint64_t lowest = member->before > lowered ? member->before - lowered : 0;
		uint64_t next = last ? member->view.charged : undone(member, &now, lowest);
		if (next == now.charged) {
			done = ocl__view_holds(bucket, &now);
		} else if (last) {
			ocl__bucket_raise_high(bucket, now.charged); /* R3 in bucket.c */
			done = swap(member, &now, now.charged, next, now_ns);
		} else {
			done = swap(member, &now, next, next, now_ns);
		}
	}
}

/* ---- a key */

static int look_at_key(struct member *member, bool writes)
{
	struct ocl__limiter *limiter = member->limiter;
	int status = ocl__limiter_look(limiter, &member->key, member->now_ns, &member->view, &member->has_cell);

	if (status == OCL_OK)
		return weigh(member);
	if (writes)
		ocl__limiter_count(limiter, OCL__COUNT_REFUSALS);
	return status;
}

static int charge_key(struct member *member)
{
	struct ocl__limiter *limiter = member->limiter;

	while (!charges_nothing(member)) {
		int status = ocl__place_of(limiter, &member->key, member->now_ns, &member->place);
		if (status != OCL_OK) {
			ocl__limiter_count(limiter, OCL__COUNT_REFUSALS);
			return status;
		}
		if (!ocl__place_look(limiter, &member->key, &member->place, member->now_ns, &member->view))
			continue;
		member->has_cell = member->place.tag != NULL;
		status = weigh(member);
		if (status != OCL_OK) {
			if (!ocl__place_unchanged(&member->place, &member->view))
				continue;
			return status;
		}
		remember(member);
		if (!charges_nothing(member) &&
		    ocl__place_store(&member->key, &member->place, &member->view, member->next) == OCL__STORED)
			return OCL_OK;
	}
	return OCL_OK;
}

/* Only the very cell, or overflow word, that was charged gets anything back. A key that has lost that cell was full since,
 * or forgotten. One that drew from an overflow word and has found a cell began there with what was left. */
static void undo_key(struct member *member)
{
	struct ocl__place place = member->place;
	enum ocl__stored stored = OCL__WORD_MOVED;
	struct ocl__view now;

	while (stored == OCL__WORD_MOVED) {
		if (place.tag != NULL && (!ocl__find(&member->key, &place) || place.tag != member->place.tag ||
		                          !ocl__tag_same(place.seen, member->place.seen)))
			return;
		bool last = ocl_load_acquire(place.word) == charged_word(member);
		uint64_t now_ns = last ? member->now_ns : later(member->now_ns, member->limiter->clock);
		if (!ocl__place_look(member->limiter, &member->key, &place, now_ns, &now) ||
		    (last && now.word != charged_word(member)))
			continue;
		uint64_t next = last ? member->view.charged : undone(member, &now, 0);
		if (next != now.charged)
			stored = ocl__place_store(&member->key, &place, &now, next);
		else if (ocl__place_unchanged(&place, &now))
			return;
	}
}

/* ---- either */

static int look(struct member *member, bool writes)
{
	return member->bucket != NULL ? look_at_bucket(member, writes) : look_at_key(member, writes);
}

/* Charge a limit that was looked at: OCL_OK, or why not any more, and then it is unchanged. */
static int charge(struct member *member)
{
	return member->bucket != NULL ? charge_bucket(member) : charge_key(member);
}

static void undo(struct member *member)
{
	if (charges_nothing(member))
		return;
	if (member->bucket != NULL)
		undo_bucket(member);
	else
		undo_key(member);
}

/* ---- counts and answers */

static void count_bucket(const struct member *member, struct ocl__tally *tally, uint64_t requests)
{
	struct ocl__count count;

	memset(&count, 0, sizeof count);
	count.tally = tally;
	count.slot = ocl__thread_slot();
	count.now_ns = member->now_ns;
	count.available = ocl__double_of(OCL__INFINITY_BITS); /* the charge has noted it */
	ocl__count_commit(&count, requests, member->tokens);
}

static void count_key(const struct member *member, bool granted, uint64_t requests)
{
	if (member->tokens == 0)
		return;
	ocl__limiter_count_decision(member->limiter, granted, requests, member->tokens, member->now_ns);
	if (!member->has_cell && !ocl__is_unlimited(&member->view))
		ocl__limiter_count(member->limiter, OCL__COUNT_OVERFLOW_DRAWS);
	if (!granted && member->limiter->denied_entries != 0)
		ocl__denied_note(member->limiter, &member->key);
}

static void count_granted(const struct member *member, uint64_t requests)
{
	struct ocl__tally *tally = member->bucket != NULL ? ocl__tally_of(member->bucket) : NULL;

	if (tally != NULL && member->tokens != 0)
		count_bucket(member, tally, requests);
	else if (member->bucket == NULL)
		count_key(member, true, requests);
}

static void count_denied(const struct member *member)
{
	struct ocl__tally *tally = member->bucket != NULL ? ocl__tally_of(member->bucket) : NULL;

	if (tally != NULL && member->tokens != 0)
		ocl__count_denied(tally, member->tokens);
	else if (member->bucket == NULL)
		count_key(member, false, 1);
}

/* V after the call. */
static uint64_t charged_after(const struct member *member, bool taken)
{
	return taken && !charges_nothing(member) ? member->next : ocl__charged_now(&member->view);
}

static int64_t remaining_of(const struct member *member, bool taken)
{
	const struct ocl__view *view = &member->view;
	int64_t units = (int64_t)(view->earned + view->values.full - charged_after(member, taken));

	return ocl__is_unlimited(view) ? INT64_MAX : ocl__whole_tokens(units, ocl__shift_of(view->values.scales));
}

static uint64_t wait_of(const struct member *member)
{
	const struct ocl__view *view = &member->view;

	return member->missing == 0 ? 0 : ocl__wait_for(&view->values, view->earned + member->missing, member->now_ns);
}

/* Bundles like this one that the limit would still let pass. */
static uint64_t calls_left(const struct member *member, bool taken)
{
	int64_t remaining = remaining_of(member, taken);

	if (member->missing != 0)
		return 0;
	if (charges_nothing(member))
		return UINT64_MAX;
	return (uint64_t)(remaining > 0 ? remaining : 0) / member->tokens;
}

/* Fill the caller's decision from the last look at each limit. Named is the one with the fewest calls left; whoever refused
 * has none, and the limits before him had one at least. */
static void report(const struct call *call, bool taken, struct ocl_bundle_decision *decision)
{
	const struct member *named = call->members;

	decision->retry_after_ns = 0;
	decision->remaining_calls = UINT64_MAX;
	decision->remaining_tokens = INT64_MAX;
	decision->refusals = 0;
	for (size_t i = 0; i < call->count; i++) {
		const struct member *member = &call->members[i];
		uint64_t calls = calls_left(member, taken), wait_ns = wait_of(member);
		int64_t remaining = remaining_of(member, taken);
		if (calls < decision->remaining_calls) {
			decision->remaining_calls = calls;
			named = member;
		}
		decision->refusals += member->missing != 0;
		if (wait_ns > decision->retry_after_ns)
			decision->retry_after_ns = wait_ns;
		if (remaining < decision->remaining_tokens)
			decision->remaining_tokens = remaining;
	}
	decision->index = named->index;
	ocl__decide(&named->view, charged_after(named, taken), named->missing, named->now_ns, &decision->limit);
}

/* ---- all limits */

/* Fill a member from its first entry. */
static int open_member(struct member *member, const struct ocl_bundle_limit *limit, bool writes)
{
	if ((limit->bucket == NULL) == (limit->limiter == NULL))
		return OCL_EINVAL;
	if (limit->reserved_0 != 0 || limit->reserved[0] != 0 || limit->reserved[1] != 0)
		return OCL_EINVAL;
	member->limit = limit;
	member->bucket = NULL;
	member->tokens = limit->tokens;
	member->forced = false;
	if (limit->bucket != NULL) {
		member->bucket = ocl__bucket_of(limit->bucket);
		return limit->key == NULL && limit->key_size == 0 && limit->plan == 0 ? OCL_OK : OCL_EINVAL;
	}
	if (writes ? !ocl__limiter_is_ready(limit->limiter) : !ocl__limiter_is_open(limit->limiter))
		return OCL_EINVAL;
	member->limiter = ocl__limiter_of(limit->limiter);
	return ocl__key_of(member->limiter, limit->plan, limit->key, limit->key_size, &member->key);
}

static bool same_limit(const struct ocl_bundle_limit *a, const struct ocl_bundle_limit *b)
{
	if (a->bucket != b->bucket || a->limiter != b->limiter || a->plan != b->plan || a->key_size != b->key_size)
		return false;
	return a->key_size == 0 || memcmp(a->key, b->key, a->key_size) == 0;
}

/* The time of each clock is read once. */
static uint64_t time_of(const struct member *member, uint64_t times[OCL_CLOCK_TSC + 1])
{
	size_t clock = member->bucket != NULL ? ocl_load_relaxed(&member->bucket->clock) : member->limiter->clock;

	if (clock > OCL_CLOCK_TSC) /* never set up: the look will say so */
		return 0;
	if (times[clock] == 0)
		times[clock] = ocl_clock_now_ns((enum ocl_clock)clock);
	return times[clock];
}

/* What a call is to do with its entries. */
struct purpose {
	bool writes;
	bool merges; /* an entry that names the limit of an earlier one adds its tokens to that */
};

static int open_call(struct call *call, const struct ocl_bundle_limit *limits, size_t count, const uint64_t *now_ns,
                     struct purpose purpose)
{
	uint64_t times[OCL_CLOCK_TSC + 1] = {0, 0, 0};

	call->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct member *member = &call->members[call->count];
		struct member *same = purpose.merges ? call->members : member;
		call->fault = (uint32_t)i;
		int status = open_member(member, &limits[i], purpose.writes);
		if (status != OCL_OK)
			return status;
		while (same != member && !same_limit(same->limit, &limits[i]))
			same++;
		if (same != member) {
			uint64_t sum = same->tokens + limits[i].tokens;
			same->tokens = sum >= same->tokens ? sum : UINT64_MAX;
			continue;
		}
		member->index = (uint32_t)i;
		member->now_ns = now_ns != NULL ? *now_ns : time_of(member, times);
		call->count++;
	}
	return OCL_OK;
}

/* Look at all limits, or as far as the first that refuses. An error comes before a refusal. */
static int look_at_all(struct call *call, bool writes, bool to_the_end)
{
	call->refuser = NULL;
	for (size_t i = 0; i < call->count; i++) {
		struct member *member = &call->members[i];
		int status = look(member, writes);
		if (status < 0) {
			call->fault = member->index;
			return status;
		}
		if (status == OCL_DENIED && call->refuser == NULL)
			call->refuser = member;
		if (status == OCL_DENIED && !to_the_end)
			break;
	}
	return call->refuser != NULL ? OCL_DENIED : OCL_OK;
}

/* Charge all limits in order; when one refuses, undo the charges before it, the last one first. */
static int charge_all(struct call *call)
{
	for (size_t i = 0; i < call->count; i++) {
		int status = charge(&call->members[i]);
		if (status == OCL_OK)
			continue;
		for (size_t j = i; j > 0; j--)
			undo(&call->members[j - 1]);
		call->fault = call->members[i].index;
		call->refuser = status == OCL_DENIED ? &call->members[i] : NULL;
		return status;
	}
	return OCL_OK;
}

static int answer(const struct call *call, int status, bool taken, struct ocl_bundle_decision *decision)
{
	if (decision != NULL && status >= 0)
		report(call, taken, decision);
	else if (decision != NULL)
		decision->index = call->fault;
	return status;
}

static int check_bundle(const struct ocl_bundle_limit *limits, size_t count)
{
	if (limits == NULL)
		return OCL_EINVAL;
	return count >= 1 && count <= OCL_BUNDLE_LIMITS_MAX ? OCL_OK : OCL_ERANGE;
}

static int take(const struct ocl_bundle_limit *limits, size_t count, const uint64_t *now_ns,
                struct ocl_bundle_decision *decision)
{
	struct call call;
	int status = open_call(&call, limits, count, now_ns, (struct purpose){true, true});

	if (status == OCL_OK)
		status = look_at_all(&call, true, decision != NULL);
	if (status == OCL_OK)
		status = charge_all(&call);
	if (status == OCL_DENIED)
		count_denied(call.refuser);
	for (size_t i = 0; status == OCL_OK && i < call.count; i++)
		count_granted(&call.members[i], 1);
	return answer(&call, status, status == OCL_OK, decision);
}

static int peek(const struct ocl_bundle_limit *limits, size_t count, const uint64_t *now_ns,
                struct ocl_bundle_decision *decision)
{
	struct call call;
	int status = open_call(&call, limits, count, now_ns, (struct purpose){false, true});

	if (status == OCL_OK)
		status = look_at_all(&call, false, decision != NULL);
	return answer(&call, status, false, decision);
}

/* Turn a member with the estimate into one with the charge that the actual cost adds to it. */
static int expect_charge(struct member *member, uint64_t actual)
{
	uint64_t estimated = member->tokens;
	int status = look(member, true); /* the estimate must have been possible */

	if (status < 0)
		return status;
	if (actual > OCL_BUCKET_CAPACITY_MAX && actual > estimated)
		return OCL_ERANGE;
	member->forced = true;
	member->tokens = actual > estimated ? actual - estimated : 0;
	return OCL_OK;
}

static void give_back(const struct member *member, uint64_t tokens)
{
	const struct ocl_bundle_limit *limit = member->limit;

	if (member->bucket != NULL)
		ocl_bucket_refund_at(limit->bucket, tokens, member->now_ns);
	else
		ocl_limiter_refund_at(limit->limiter, limit->plan, limit->key, limit->key_size, tokens, member->now_ns);
}

/* What is dearer than it was taken for is charged first, for that can be refused; then the rest is given back. */
static int settle(const struct ocl_bundle_limit *limits, size_t count, const uint64_t *actual_tokens,
                  const uint64_t *now_ns)
{
	struct call call;
	int status = open_call(&call, limits, count, now_ns, (struct purpose){true, false});

	for (size_t i = 0; status == OCL_OK && i < count; i++)
		status = expect_charge(&call.members[i], actual_tokens != NULL ? actual_tokens[i] : 0);
	if (status == OCL_OK)
		status = look_at_all(&call, true, true);
	if (status == OCL_OK)
		status = charge_all(&call);
	for (size_t i = 0; status == OCL_OK && i < count; i++) {
		uint64_t actual = actual_tokens != NULL ? actual_tokens[i] : 0;
		count_granted(&call.members[i], 0);
		if (actual < limits[i].tokens)
			give_back(&call.members[i], limits[i].tokens - actual);
	}
	return status;
}

int ocl_bundle_take_at(const struct ocl_bundle_limit *limits, size_t count, uint64_t now_ns,
                       struct ocl_bundle_decision *decision)
{
	int status = check_bundle(limits, count);

	return status == OCL_OK ? take(limits, count, &now_ns, decision) : status;
}

int ocl_bundle_take(const struct ocl_bundle_limit *limits, size_t count)
{
	int status = check_bundle(limits, count);

	return status == OCL_OK ? take(limits, count, NULL, NULL) : status;
}

int ocl_bundle_peek_at(const struct ocl_bundle_limit *limits, size_t count, uint64_t now_ns,
                       struct ocl_bundle_decision *decision)
{
	int status = check_bundle(limits, count);

	return status == OCL_OK ? peek(limits, count, &now_ns, decision) : status;
}

int ocl_bundle_peek(const struct ocl_bundle_limit *limits, size_t count, struct ocl_bundle_decision *decision)
{
	int status = check_bundle(limits, count);

	return status == OCL_OK ? peek(limits, count, NULL, decision) : status;
}

int ocl_bundle_settle_at(const struct ocl_bundle_limit *limits, size_t count, const uint64_t *actual_tokens,
                         uint64_t now_ns)
{
	int status = check_bundle(limits, count);

	return status == OCL_OK ? settle(limits, count, actual_tokens, &now_ns) : status;
}

int ocl_bundle_settle(const struct ocl_bundle_limit *limits, size_t count, const uint64_t *actual_tokens)
{
	int status = check_bundle(limits, count);

	return status == OCL_OK ? settle(limits, count, actual_tokens, NULL) : status;
}
