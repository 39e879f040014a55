/* SPDX-License-Identifier: MIT */
/*
 * A match of "gaussian": expectation propagation along the chain of teams in their final order.
 *
 * Team i performs as a normal variable of its own mean and variance v; between neighbours stands what the result says of
 * their difference: above a margin, or within it. Each such factor, given the two as normal variables without what it said
 * itself (`cavity`), is replaced by the normal factor that gives the difference its true mean and variance
 * (Herbrich, Minka, Graepel 2006). With V, W of the truncated normal, c^2 = v_a + v_b and a ahead of b it tells
 *
 *     b:  precision W / D,  pull (W u_b - c V) / D,  D = v_a + v_b (1 - W)        and a the same with + c V, mirrored,
 *
 * where u is how far the mean has come from the team's own, and a pull is a precision times the distance that it asks for: no
 * large mean is ever subtracted from a large mean, and no precision is inverted that may be 0 or infinite (D is neither).
 *
 * The chain is walked from both ends to its middle and back, both halves at once in the two lanes of a pair: lane 0 has
 * the winners' half, lane 1 the losers' half seen in a mirror (order and signs reversed), so that one formula does for both.
 * Only one message a team is kept: on the way in, what came from the middle last time is replaced by what comes from the end,
 * on the way out the other way round. The walk inwards also sees what each factor would now send back; where that is
 * what it sent last time, nothing will change any more, and the walk outwards adds both messages up.
 *
 * Up to 64 teams lie on the stack. A larger match has its messages in the caller's `after`, one record a team, and works out
 * the teams' own numbers anew whenever it passes them.
 */
#include "rating/check.h"
#include "rating/gaussian.h"
#include "rating/truncated.h"
#include "rating/weng_lin.h"

#define FEW        64
#define SWEEPS_MAX 100

/* Two teams, one from each end: the performances, mirrored in lane 1. */
struct side {
	ocl__pair mean;
	ocl__pair variance;
	ocl__pair players;
};

struct message {
	ocl__pair precision;
	ocl__pair pull;
};

/* A message before its division by `unit`. */
struct evidence {
	ocl__pair precision;
	ocl__pair pull;
	ocl__pair unit;
};

/* A team as one of its factors finds it: its variance, and how far it has come from its own mean. */
struct cavity {
	ocl__pair variance;
	ocl__pair shift;
};

/* What the result says of two neighbours: won by more than the margin, 1, within it, 0, or a mixture. */
struct link {
	ocl__pair margin;
	ocl__pair decided;
};

struct few {
	struct side sides[FEW / 2 + 1];
	struct link links[FEW / 2 + 1];
	struct message messages[FEW / 2 + 1];
};

/* A team in the final order. */
struct ranked {
	struct ocl__place place;
	double key;
	struct ocl__performance own;
};

struct chain {
	const struct ocl__gaussian_match *m;
	size_t links;    /* teams less 1 */
	struct few *few; /* or, for many: */
	struct ocl_rating
		*records; /* in their order: `value` the pull, `deviation` the precision, `volatility` see pack() */
	struct message middle; /* of the team or teams where the halves meet */
};

/* ---- one factor */

/* What a factor tells the near and the far one of its two teams. That in the middle sees the same from both sides. */
static inline __attribute__((always_inline)) void factor(struct cavity near, struct cavity far, ocl__pair gap,
                                                         struct link link, bool middle, struct evidence *to_near,
                                                         struct evidence *to_far)
{
	ocl__pair deviation = ocl__pair_sqrt(near.variance + far.variance);
	ocl__pair inverse = 1.0 / deviation;
	ocl__pair x = (gap + (near.shift - far.shift)) * inverse;
	ocl__pair margin = link.margin * inverse;
	struct ocl__truncated left = ocl__truncated_result(x[0], margin[0], link.decided[0]);
	struct ocl__truncated right = middle ? left : ocl__truncated_result(x[1], margin[1], link.decided[1]);
	ocl__pair moved = deviation * (ocl__pair){left.shift, right.shift};
	ocl__pair shrink = {left.shrink, right.shrink};
	ocl__pair kept = {left.kept, right.kept};

	*to_near = (struct evidence){shrink, shrink * near.shift + moved, far.variance + near.variance * kept};
	*to_far = (struct evidence){shrink, shrink * far.shift - moved, near.variance + far.variance * kept};
}

static inline struct message message_of(struct evidence evidence)
{
	ocl__pair inverse = 1.0 / evidence.unit;

	return (struct message){evidence.precision * inverse, evidence.pull * inverse};
}

static inline struct cavity cavity_of(ocl__pair variance, struct message message)
{
	ocl__pair left = variance / (1.0 + variance * message.precision);

	return (struct cavity){left, left * message.pull};
}

/* The same, with one division less to wait for. */
static inline struct cavity cavity_told(ocl__pair variance, struct evidence evidence)
{
	ocl__pair part = variance / (evidence.unit + variance * evidence.precision);

	return (struct cavity){part * evidence.unit, part * evidence.pull};
}

/* What one half knows, as the other half sees it. */
static inline struct message across(struct message message)
{
	return (struct message){ocl__pair_swap(message.precision), -ocl__pair_swap(message.pull)};
}

static inline ocl__pair size_of(ocl__pair x)
{
	return (ocl__pair)((ocl__pair_bits)x & (ocl__pair_bits){UINT64_MAX >> 1, UINT64_MAX >> 1});
}

/* Is the evidence what was said before, in deviations of the team? */
static inline bool same_as(struct message before, struct evidence now, ocl__pair variance, double tolerance)
{
	ocl__pair precision = size_of(now.precision - before.precision * now.unit) * variance;
	ocl__pair pull = now.pull - before.pull * now.unit;

	return ocl__pair_all(
		(ocl__pair_bits)(precision <= tolerance * (now.unit + now.precision * variance)) &
		(ocl__pair_bits)(pull * pull * variance <=
	                         (tolerance * tolerance) * (now.unit * now.unit + now.pull * now.pull * variance)));
}

/* ---- where teams and messages are */

/* Team, first player (both below 2^16), and whether it shares its rank with the next: exact in a double. */
static double pack(struct ocl__place place, bool tied)
{
	return (double)((uint64_t)place.team | (uint64_t)place.player << 16 | (uint64_t)tied << 32);
}

static inline struct ocl__place packed_place(const struct ocl_rating *record)
{
	uint64_t packed = (uint64_t)record->volatility;

	return (struct ocl__place){packed & 0xffff, packed >> 16 & 0xffff};
}

static inline struct side side_at(const struct chain *chain, size_t s, bool many)
{
	if (!many)
		return chain->few->sides[s];
	struct ocl__place place[2] = {packed_place(&chain->records[s]),
	                              packed_place(&chain->records[chain->links - s])};
	struct ocl__performance left = ocl__gaussian_team(chain->m, place[0]);
	struct ocl__performance right = ocl__gaussian_team(chain->m, place[1]);
	return (struct side){
		{left.mean, -right.mean},
		{left.variance, right.variance},
		{(double)ocl__team_size(chain->m->match, place[0].team),
	         (double)ocl__team_size(chain->m->match, place[1].team)},
	};
}

static inline ocl__pair margin_between(const struct ocl__gaussian_match *m, struct side near, struct side far)
{
	return m->gaussian->margin * ocl__pair_sqrt(near.players + far.players);
}

static inline double record_decided(const struct chain *chain, size_t place)
{
	return (uint64_t)chain->records[place].volatility >> 32 != 0 ? 0.0 : 1.0;
}

/* Between the teams of entry s and those of the next, or, in the middle, between the two of entry s. */
static inline struct link link_at(const struct chain *chain, size_t s, struct side near, struct side far, bool many)
{
	if (!many)
		return chain->few->links[s];
	return (struct link){
		margin_between(chain->m, near, far),
		{record_decided(chain, s), record_decided(chain, chain->links - 1 - s)},
	};
}

static inline struct message message_at(const struct chain *chain, size_t s, bool many)
{
	if (!many)
		return chain->few->messages[s];
	if (s == chain->links / 2)
		return chain->middle;
	const struct ocl_rating *left = &chain->records[s];
	const struct ocl_rating *right = &chain->records[chain->links - s];
	return (struct message){{left->deviation, right->deviation}, {left->value, right->value}};
}

static inline void put_message(struct chain *chain, size_t s, struct message message, bool many)
{
	if (!many) {
		chain->few->messages[s] = message;
	} else if (s == chain->links / 2) {
		chain->middle = message;
	} else {
		chain->records[s].deviation = message.precision[0];
		chain->records[s].value = message.pull[0];
		chain->records[chain->links - s].deviation = message.precision[1];
		chain->records[chain->links - s].value = message.pull[1];
	}
}

/* All that was said to the two teams of an entry, no longer mirrored. */
static inline void put_total(struct chain *chain, size_t s, struct message a, struct message b, bool many)
{
	ocl__pair precision = a.precision + b.precision;
	ocl__pair pull = (a.pull + b.pull) * (ocl__pair){1.0, -1.0};

	if (!many) {
		chain->few->messages[s] = (struct message){precision, pull};
		return;
	}
	chain->records[s].deviation = precision[0];
	chain->records[s].value = pull[0];
	chain->records[chain->links - s].deviation = precision[1];
	chain->records[chain->links - s].value = pull[1];
}

/* ---- sweeps */

static inline struct side side_across(struct side side)
{
	return (struct side){-ocl__pair_swap(side.mean), ocl__pair_swap(side.variance), ocl__pair_swap(side.players)};
}

/* From the ends to the middle. Is what each factor would send back what it sent before? `meet` is what came from the middle
 * to entry links / 2, and is what will come. */
static inline __attribute__((always_inline)) bool sweep_in(struct chain *chain, struct message *meet, bool many)
{
	size_t half = chain->links / 2;
	double tolerance = chain->m->gaussian->tolerance;
	bool same = true;
	struct side near_side = side_at(chain, 0, many);
	struct cavity near = {near_side.variance, {0.0, 0.0}};
	struct message message = {{0.0, 0.0}, {0.0, 0.0}};
	struct evidence to_near;
	struct evidence to_far;

	for (size_t s = 0; s < half; s++) {
		struct side far_side = side_at(chain, s + 1, many);
		struct message back = s + 1 < half ? message_at(chain, s + 1, many) : *meet;
		factor(near, cavity_of(far_side.variance, back), near_side.mean - far_side.mean,
		       link_at(chain, s, near_side, far_side, many), false, &to_near, &to_far);
		same = same && same_as(message_at(chain, s, many), to_near, near_side.variance, tolerance);
		put_message(chain, s, message, many);
		message = message_of(to_far);
		near = cavity_told(far_side.variance, to_far);
		near_side = far_side;
	}
	put_message(chain, half, message, many);
	if (chain->links % 2 != 0) {
		struct side far_side = side_across(near_side);
		struct cavity far = {ocl__pair_swap(near.variance), -ocl__pair_swap(near.shift)};
		factor(near, far, near_side.mean - far_side.mean, link_at(chain, half, near_side, far_side, many), true,
		       &to_near, &to_far);
		same = same && same_as(*meet, to_near, near_side.variance, tolerance);
		*meet = message_of(to_near);
	} else {
		struct message other = across(message);
		struct evidence now = {other.precision, other.pull, {1.0, 1.0}};
		same = same && same_as(*meet, now, near_side.variance, tolerance);
		*meet = other;
	}
	return same;
}

/* From the middle to the ends; the last time, the totals. */
static inline __attribute__((always_inline)) void sweep_out(struct chain *chain, struct message meet, bool last,
                                                            bool many)
{
	size_t half = chain->links / 2;
	struct message message = meet;
	struct side far_side = side_at(chain, half, many);
	struct cavity far = cavity_of(far_side.variance, message);
	struct evidence to_near;
	struct evidence to_far;

	for (size_t s = half; s-- > 0;) {
		struct side near_side = side_at(chain, s, many);
		struct message inwards = message_at(chain, s, many);
		factor(cavity_of(near_side.variance, inwards), far, near_side.mean - far_side.mean,
		       link_at(chain, s, near_side, far_side, many), false, &to_near, &to_far);
		if (last)
			put_total(chain, s + 1, message_at(chain, s + 1, many), message, many);
		else
			put_message(chain, s + 1, message, many);
		message = message_of(to_near);
		far = cavity_told(near_side.variance, to_near);
		far_side = near_side;
	}
	if (last)
		put_total(chain, 0, message_at(chain, 0, many), message, many);
	else
		put_message(chain, 0, message, many);
}

static inline __attribute__((always_inline)) void settle(struct chain *chain, bool many)
{
	const struct message nothing = {{0.0, 0.0}, {0.0, 0.0}};
	struct message meet = nothing;

	for (size_t s = 0; s <= chain->links / 2; s++)
		put_message(chain, s, nothing, many);
	for (int sweep = 1;; sweep++) {
		/* A single factor has said all at once. */
		bool last = sweep_in(chain, &meet, many) || sweep == SWEEPS_MAX || chain->links == 1;
		sweep_out(chain, meet, last, many);
		if (last)
			return;
	}
}

/* ---- what the totals say to players */

static void rate_team(const struct ocl__gaussian_match *m, struct ocl__place place, double variance, double precision,
                      double pull, struct ocl_rating *after)
{
	size_t end = place.player + ocl__team_size(m->match, place.team);
	double scale;

	precision *= m->match->match_weight;
	pull *= m->match->match_weight;
	scale = 1.0 / (1.0 + variance * precision);
	for (size_t player = place.player; player < end; player++) {
		const struct ocl_rating *before = &m->before[player];
		double weight = ocl__gaussian_weight(m, player);
		double own = ocl__gaussian_variance(m, player);
		double day = weight * weight * m->gaussian->beta_square;
		double others = end - place.player == 1 ? day : variance - weight * weight * own;
		others = others > day ? others : day;
		after[player] = ocl__limited(&m->gaussian->limits, before->value + weight * own * (pull * scale),
		                             ocl__sqrt(own * ((1.0 + others * precision) * scale)), before->volatility);
	}
}

/* ---- few teams */

static bool is_ahead(const struct ocl__gaussian_match *m, const struct ranked *a, const struct ranked *b)
{
	if (a->key != b->key || m->gaussian->ties == OCL_GAUSSIAN_TIES_LISTED)
		return a->key < b->key;
	if (a->own.mean != b->own.mean)
		return a->own.mean > b->own.mean;
	return a->own.variance < b->own.variance;
}

/* In the final order; those without weight only grow older. */
static size_t rank_few(const struct ocl__gaussian_match *m, struct ranked *ranked, struct ocl_rating *after)
{
	size_t count = 0;

	for (struct ocl__place place = {0, 0}; place.team < m->match->team_count;
	     place = ocl__next_place(m->match, place)) {
		struct ranked team = {place, ocl__weng_lin_key(m->match, place.team), ocl__gaussian_team(m, place)};
		if (!(team.own.variance > 0.0)) {
			rate_team(m, place, 0.0, 0.0, 0.0, after);
			continue;
		}
		size_t at = count++;
		for (; at > 0 && is_ahead(m, &team, &ranked[at - 1]); at--)
			ranked[at] = ranked[at - 1];
		ranked[at] = team;
	}
	return count;
}

/* Shares are those of two teams. */
static double ranked_decided(const struct ocl__gaussian_match *m, const struct ranked *team)
{
	if ((m->match->flags & OCL_MATCH_SHARES) != 0)
		return 2.0 * ocl__match_score(m->match, team->place.team, team[1].place.team) - 1.0;
	return team->key < team[1].key ? 1.0 : 0.0;
}

static void lay_few(const struct ocl__gaussian_match *m, const struct ranked *ranked, size_t links, struct few *few)
{
	for (size_t s = 0; s <= links / 2; s++) {
		const struct ranked *left = &ranked[s];
		const struct ranked *right = &ranked[links - s];
		few->sides[s] = (struct side){
			{left->own.mean, -right->own.mean},
			{left->own.variance, right->own.variance},
			{(double)ocl__team_size(m->match, left->place.team),
		         (double)ocl__team_size(m->match, right->place.team)},
		};
	}
	for (size_t s = 0; s < links - links / 2; s++) {
		bool middle = s == links / 2;
		few->links[s] = (struct link){
			margin_between(m, few->sides[s], middle ? side_across(few->sides[s]) : few->sides[s + 1]),
			{ranked_decided(m, &ranked[s]), ranked_decided(m, &ranked[links - 1 - s])},
		};
	}
}

static void rate_few(const struct ocl__gaussian_match *m, struct ocl_rating *after)
{
	struct ranked ranked[FEW];
	struct few few;
	size_t count = rank_few(m, ranked, after);
	struct chain chain = {m, count - 1, &few, NULL, {{0.0, 0.0}, {0.0, 0.0}}};

	if (count == 1)
		rate_team(m, ranked[0].place, ranked[0].own.variance, 0.0, 0.0, after);
	if (count <= 1)
		return;
	lay_few(m, ranked, chain.links, &few);
	settle(&chain, false);
	for (size_t i = 0; i < count; i++) {
		size_t s = i <= chain.links / 2 ? i : chain.links - i;
		int lane = i <= chain.links / 2 ? 0 : 1;
		rate_team(m, ranked[i].place, ranked[i].own.variance, few.messages[s].precision[lane],
		          few.messages[s].pull[lane], after);
	}
}

/* ---- many teams */

/* Records that share a rank: by mean, then by variance. */
static void order_tied(const struct ocl__gaussian_match *m, struct ocl_rating *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct ocl__place place = {(size_t)records[i].volatility, (size_t)records[i].deviation};
		records[i].value = -ocl__gaussian_team(m, place).mean;
	}
	ocl__weng_lin_sort(records, count);
	for (size_t first = 0, end; first < count; first = end) {
		double mean = records[first].value;
		for (end = first; end < count && records[end].value == mean; end++) {
			struct ocl__place place = {(size_t)records[end].volatility, (size_t)records[end].deviation};
			records[end].value = ocl__gaussian_team(m, place).variance;
		}
		ocl__weng_lin_sort(records + first, end - first);
	}
}

/* In the final order, those without weight behind all others; how many have weight. */
static size_t rank_many(const struct ocl__gaussian_match *m, struct ocl_rating *records)
{
	size_t teams = m->match->team_count;
	size_t count = 0;

	for (struct ocl__place place = {0, 0}; place.team < teams; place = ocl__next_place(m->match, place)) {
		bool plays = ocl__gaussian_team(m, place).variance > 0.0;
		double key = plays ? ocl__weng_lin_key(m->match, place.team) : ocl__bits_double(UINT64_C(0x7ff) << 52);
		records[place.team] = (struct ocl_rating){key, (double)place.player, (double)place.team};
		count += plays;
	}
	ocl__weng_lin_sort(records, teams);
	for (size_t first = 0, end; first < count; first = end) {
		for (end = first + 1; end < count && records[end].value == records[first].value; end++)
			;
		if (end - first > 1 && m->gaussian->ties == OCL_GAUSSIAN_TIES_EXPECTED)
			order_tied(m, records + first, end - first);
		for (size_t i = first; i < end; i++) {
			struct ocl__place place = {(size_t)records[i].volatility, (size_t)records[i].deviation};
			records[i].volatility = pack(place, i + 1 < end);
		}
	}
	for (size_t i = 0; i < teams; i++) {
		records[i].value = 0.0;
		records[i].deviation = 0.0;
	}
	return count;
}

/* Players are written from the last team to the first: the record of a team is at or before its first player's. */
static void rate_many(const struct ocl__gaussian_match *m, struct ocl_rating *after)
{
	size_t teams = m->match->team_count;
	size_t count = rank_many(m, after);
	struct chain chain = {m, count - 1, NULL, after, {{0.0, 0.0}, {0.0, 0.0}}};
	size_t players = 0;

	if (count > 1)
		settle(&chain, true);
	for (size_t i = 0; i < count; i++)
		after[i].volatility = (double)packed_place(&after[i]).team;
	ocl__weng_lin_scatter(after, teams);
	for (size_t team = 0; team < teams; team++)
		players += ocl__team_size(m->match, team);
	for (size_t team = teams; team-- > 0;) {
		players -= ocl__team_size(m->match, team);
		struct ocl__place place = {team, players};
		rate_team(m, place, ocl__gaussian_team(m, place).variance, after[team].deviation, after[team].value,
		          after);
	}
}

void ocl__gaussian_rate_match(const struct ocl__gaussian_match *m, struct ocl_rating *after)
{
	if (m->match->team_count <= FEW)
		rate_few(m, after);
	else
		rate_many(m, after);
}
