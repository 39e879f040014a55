// SPDX-License-Identifier: MIT
// Goal: whatever the schedule of two leases and a direct taker on one bucket, no token is spent twice and none is lost:
// while leases draw, let tokens expire, give back and take again in one step, and while the bucket's settings change.
// Method: relacy over the library's own sources; time as each thread is given it, and no refill; see model_bucket.h.
// MUTANTS: LOOK_AND_STORE EXCHANGE_UNCHECKED EXCHANGE_IN_TWO TRUST_ANY_VIEW_LEASE RELAXED_LOOK RELAXED_SWAP
#include "model_bucket.h"

#if defined(MUTANT_TRUST_ANY_VIEW_LEASE) // an answer without the second look
#define ocl__view_holds(bucket, view) true
#endif
#if defined(MUTANT_EXCHANGE_UNCHECKED) // as if it always took effect
#define ocl__bucket_exchange(...) (ocl__bucket_exchange(__VA_ARGS__), 1)
#endif
#if defined(MUTANT_EXCHANGE_IN_TWO) // given back in one step, taken in a second that trusts the first
static int exchange_in_two(struct ocl__bucket *bucket, const struct ocl__view *view,
                           const struct ocl__exchange *exchange, uint64_t now_ns)
{
	struct ocl__exchange back = *exchange;
	struct ocl__view between;

	back.next = back.lowest;
	if (!ocl__bucket_exchange(bucket, view, &back, now_ns))
		return 0;
	ocl__look(bucket, now_ns, &between);
	back.next = between.charged + (exchange->next - exchange->lowest);
	back.lowest = between.charged;
	ocl__bucket_exchange(bucket, &between, &back, now_ns);
	return 1;
}
#define ocl__bucket_exchange exchange_in_two
#endif
#include "../../lib/limit/lease.c"
#undef ocl__bucket_exchange
#undef ocl__view_holds

static struct ocl_bucket *outside(struct ocl__bucket *bucket)
{
	return (struct ocl_bucket *)(void *)bucket;
}

static void model_bucket(struct ocl__bucket *bucket, uint64_t capacity, uint64_t used_tokens)
{
	model_init(bucket, model_options(capacity, 0, 1), used_tokens);
	ocl_store_relaxed(&bucket->clock, 0);
}

// A lease that draws two, keeps one, and lets it expire after a tick.
static void model_lease(struct ocl__bucket *bucket, struct ocl_lease *lease)
{
	struct ocl_lease_options options = OCL_LEASE_OPTIONS(1);

	options.chunk_max_tokens = 2;
	options.expiry_ns = 1;
	RL_ASSERT(ocl_lease_init(lease, outside(bucket), &options) == OCL_OK);
}

// Two leases draw, let expire and return; a third thread takes directly. All tokens are spent, held or there at the end.
struct expire : rl::test_suite<expire, 3> {
	struct ocl__bucket bucket;
	struct ocl_lease leases[2];
	unsigned spent[3];

	void before()
	{
		model_bucket(&bucket, 24, 3);
		for (int i = 0; i < 2; i++)
			model_lease(&bucket, &leases[i]);
		spent[0] = spent[1] = spent[2] = 0;
	}

	void thread(unsigned i)
	{
		if (i == 2) {
			for (int n = 0; n < 2; n++)
				spent[2] += take_uncounted(&bucket, 1, 0) == OCL_OK;
			return;
		}
		struct ocl_lease *lease = &leases[i];
		spent[i] += ocl_lease_take_at(lease, 1, 0) == OCL_OK;
		spent[i] += ocl_lease_take_at(lease, 1, 1) == OCL_OK; // what is held has expired
		if (i == 0)
			ocl_lease_return_at(lease, 1);
	}

	void after()
	{
		unsigned shift;
		uint64_t held = ocl_lease_held(&leases[0]) + ocl_lease_held(&leases[1]);
		RL_ASSERT(spent[0] == 2 && spent[1] == 2 && spent[2] == 2);
		RL_ASSERT(model_used(&bucket, &shift) == 3 + 6 + held);
	}
};

// Nearly empty: two leases and a taker after three tokens, one of them held by a lease from before. Exactly three are
// spent, unless a lease holds one: a denied take has given back what had expired.
struct last_tokens : rl::test_suite<last_tokens, 3> {
	struct ocl__bucket bucket;
	struct ocl_lease leases[2];
	unsigned spent[3];

	void before()
	{
		model_bucket(&bucket, 24, 0);
		for (int i = 0; i < 2; i++)
			model_lease(&bucket, &leases[i]);
		RL_ASSERT(ocl_lease_take_at(&leases[0], 1, 0) == OCL_OK && ocl_lease_held(&leases[0]) == 1);
		RL_ASSERT(take(&bucket, 20, 0, NULL) == OCL_OK);
		spent[0] = spent[1] = spent[2] = 0;
	}

	void thread(unsigned i)
	{
		if (i == 2)
			spent[2] += take_uncounted(&bucket, 1, 0) == OCL_OK;
		else if (ocl_lease_take_at(&leases[i], 2, 1) == OCL_OK)
			spent[i] += 2;
	}

	void after()
	{
		unsigned shift;
		uint64_t held = ocl_lease_held(&leases[0]) + ocl_lease_held(&leases[1]);
		RL_ASSERT(held == 0);
		RL_ASSERT(model_used(&bucket, &shift) == 21 + spent[0] + spent[1] + spent[2]);
		RL_ASSERT(spent[0] + spent[1] + spent[2] >= 2 && spent[0] + spent[1] + spent[2] <= 3);
	}
};

// While leases draw and return, the capacity goes up, or down to what is there: no token comes of it, none is lost.
struct change_under : rl::test_suite<change_under, 3> {
	struct ocl__bucket bucket;
	struct ocl_lease leases[2];
	unsigned spent[2];

	void before()
	{
		model_bucket(&bucket, 24, 20);
		for (int i = 0; i < 2; i++)
			model_lease(&bucket, &leases[i]);
		RL_ASSERT(refund(&bucket, 16, 0) == OCL_OK); // 20 there: V has been lower since
		spent[0] = spent[1] = 0;
	}

	void thread(unsigned i)
	{
		if (i == 2) {
			RL_ASSERT(model_change(&bucket, model_options(40, 0, 1)) == OCL_OK);
			RL_ASSERT(model_change(&bucket, model_options(32, 0, 1)) == OCL_OK);
			return;
		}
		spent[i] += ocl_lease_take_at(&leases[i], 1, 0) == OCL_OK;
		ocl_lease_return_at(&leases[i], 0);
	}

	void after()
	{
		unsigned shift;
		RL_ASSERT(spent[0] == 1 && spent[1] == 1);
		RL_ASSERT(model_used(&bucket, &shift) == 32 - 20 + 2);
	}
};

// Four tokens there, while the capacity goes to 40 and to 8: a look that mixes two settings finds too few.
struct change_small : rl::test_suite<change_small, 2> {
	struct ocl__bucket bucket;
	struct ocl_lease lease;

	void before()
	{
		model_bucket(&bucket, 24, 20);
		model_lease(&bucket, &lease);
	}

	void thread(unsigned i)
	{
		if (i == 1) {
			RL_ASSERT(model_change(&bucket, model_options(40, 0, 1)) == OCL_OK);
			RL_ASSERT(model_change(&bucket, model_options(8, 0, 1)) == OCL_OK);
			return;
		}
		RL_ASSERT(ocl_lease_take_at(&lease, 1, 0) == OCL_OK);
	}

	void after()
	{
		unsigned shift;
		RL_ASSERT(model_used(&bucket, &shift) == 8 - 4 + 1);
	}
};

int main()
{
	return model_run<expire>("expire", rl::fair_context_bound_scheduler_type, 2, 0) ||
	       model_run<last_tokens>("last_tokens", rl::fair_context_bound_scheduler_type, 2, 0) ||
	       model_run<change_under>("change_under", rl::random_scheduler_type, 0, 20000) ||
	       model_run<change_small>("change_small", rl::fair_context_bound_scheduler_type, 2, 0);
}
