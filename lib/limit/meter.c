/* SPDX-License-Identifier: MIT */
/*
 * A three-colour meter: the calls that change its words. What the words mean: meter_state.h. Settings: meter_settings.c.
 *
 * State          charged: V of C. other_charged: V of P or E, or X, which counts green and yellow (RFC 2697).
 * Invariant      each word is an exact bucket by itself, of CBS, PBS, EBS, or for X of CBS + EBS: what it lets through
 *                over any span of time is at most its burst and what was earned. RFC 2697: X >= V, and X - V <= EBS but for
 *                green packets on their way.
 * Linearization  the compare-and-swap of the word that decided; of a red packet the look that found too few tokens. A
 *                green packet of RFC 2697 and RFC 2698 takes two steps: it takes from X or P, which settles that it is
 *                not red, then from C, which settles that it is green. In between the others meet a yellow packet; if the
 *                thread stops there for ever, it was one. Never is a token there twice: C's word moves last, and a V that
 *                is read too old shows an E with less in it.
 * Ordering       A0 (meter_state.h) pairs with R0 (meter_settings.c). A1: the words are read with acquire and written
 *                with release, X before V and then X again: who met the V of a green packet's second step meets the X of
 *                its first at the latest then, and looks once more. Without it, a red packet or a snapshot could rest
 *                on an X and a V that were never there together. Whoever changes X needs no such help.
 * Progress       lock-free: a retry means that another thread's call took effect.
 * ABA            a word is the whole state of its bucket. RFC 2697: a step that looked at X and V changes X and only relies
 *                on V not being less than it was; V never goes down.
 * Source         RFC 2697, RFC 2698, RFC 4115, section 3 of each.
 */
#include "limit/meter_state.h"

#include <stdbool.h>

/* What one packet asks for. */
struct packet {
	uint64_t tokens;
	uint64_t more; /* tokens that must be left over: 1 if strict, else 0 */
	uint64_t t_ns; /* since the base */
	enum ocl_colour colour;
};

/* The step of every word. A1: release, for the reasons above. Returns whether it was made. */
static inline bool move(ocl_atomic *word, size_t from, size_t to)
{
	return from == to || ocl_cas_release(word, from, to) == from;
}

/* Take from one bucket, `earned` by now. */
static inline bool take_earned(const struct ocl__meter_bucket *bucket, ocl_atomic *word, const struct packet *packet,
                               uint64_t earned)
{
	if (__builtin_expect(packet->tokens > bucket->full >> bucket->shift, 0))
		return false;
	uint64_t units = packet->tokens << bucket->shift;
	uint64_t more = packet->more << bucket->shift;
	for (;;) {
		size_t seen = ocl_load_acquire(word); /* A1 */
		uint64_t next = ocl__meter_greater(seen, earned) + units;
		if (next + more > earned + bucket->full)
			return false;
		if (move(word, seen, units != 0 ? next : seen))
			return true;
	}
}

static inline bool take(const struct ocl__meter_bucket *bucket, ocl_atomic *word, const struct packet *packet)
{
	return take_earned(bucket, word, packet, ocl__meter_earned(bucket, packet->t_ns));
}

/* RFC 2698: red if P has too little, else green if C has enough. */
static enum ocl_colour mark_trtcm(struct ocl__meter *meter, const struct packet *packet)
{
	if (packet->colour == OCL_COLOUR_RED || !take(&meter->other, &meter->other_charged, packet))
		return OCL_COLOUR_RED;
	if (packet->colour == OCL_COLOUR_GREEN && take(&meter->c, &meter->charged, packet))
		return OCL_COLOUR_GREEN;
	return OCL_COLOUR_YELLOW;
}

/* RFC 4115: green if C has enough, else yellow if E has. */
static enum ocl_colour mark_excess(struct ocl__meter *meter, const struct packet *packet)
{
	if (packet->colour == OCL_COLOUR_GREEN && take(&meter->c, &meter->charged, packet))
		return OCL_COLOUR_GREEN;
	if (packet->colour != OCL_COLOUR_RED && take(&meter->other, &meter->other_charged, packet))
		return OCL_COLOUR_YELLOW;
	return OCL_COLOUR_RED;
}

/* The highest X that leaves E no debt, given V: at an old time also no more than all that CBS and EBS hold. */
static inline uint64_t most_yellow(const struct ocl__meter *meter, uint64_t charged, uint64_t earned)
{
	return ocl__meter_lesser(ocl__meter_greater(charged, earned), earned + meter->c.full) + meter->other.full;
}

/*
 * A packet whose tokens are charged to X from `before` to `after`, and that then found C taken by others. It is yellow if
 * E bears it. If not, and nobody has built on it, X goes back, to the very place: no token comes or goes. If somebody has,
 * it stays charged and yellow, and E owes it. False: gone back, look again.
 */
static bool stays_charged(struct ocl__meter *meter, size_t before, size_t after, uint64_t earned)
{
	for (;;) {
		size_t now = ocl_load_acquire(&meter->other_charged);
		if (now != after || now <= most_yellow(meter, ocl_load_acquire(&meter->charged), earned))
			return true;
		if (move(&meter->other_charged, after, before))
			return false;
	}
}

/* RFC 2697: green if C has enough, else yellow if E has; what C cannot hold flows on to E. */
static enum ocl_colour mark_srtcm(struct ocl__meter *meter, const struct packet *packet)
{
	uint64_t earned = ocl__meter_earned(&meter->c, packet->t_ns);
	uint64_t tokens = packet->tokens;
	uint64_t c_full = meter->c.full, all_full = c_full + meter->other.full;

	if (packet->colour == OCL_COLOUR_RED || tokens > all_full >> meter->c.shift)
		return OCL_COLOUR_RED;
	uint64_t units = tokens << meter->c.shift;
	bool may_be_green = packet->colour == OCL_COLOUR_GREEN && units <= c_full;
	for (;;) {
		size_t seen = ocl_load_acquire(&meter->other_charged); /* A1 */
		size_t charged = ocl_load_acquire(&meter->charged);
		uint64_t v = ocl__meter_greater(charged, earned);
		uint64_t x = ocl__meter_greater(seen, v);
		bool green = may_be_green && v + units <= earned + c_full && x + units <= earned + all_full;
		if (green || x + units <= most_yellow(meter, charged, earned)) {
			size_t next = units != 0 ? x + units : seen;
			if (!move(&meter->other_charged, seen, next))
				continue;
			if (!green)
				return OCL_COLOUR_YELLOW;
			if (take_earned(&meter->c, &meter->charged, packet, earned))
				return OCL_COLOUR_GREEN;
			if (stays_charged(meter, x, next, earned))
				return OCL_COLOUR_YELLOW;
		} else if (ocl_load_acquire(&meter->charged) == charged &&
		           ocl_load_acquire(&meter->other_charged) == seen) {
			return OCL_COLOUR_RED; /* both stood still: it was so at one moment */
		}
	}
}

int ocl_meter_mark_at(struct ocl_meter *memory, uint64_t size_bytes, enum ocl_colour colour_in, uint64_t now_ns,
                      enum ocl_colour *colour_out)
{
	struct ocl__meter *meter = ocl__meter_of(memory);
	struct packet packet = {size_bytes, 0, 0, OCL_COLOUR_GREEN};
	size_t setup;

	if (meter == NULL || colour_out == NULL || (setup = ocl__meter_setup_of(meter)) == 0)
		return OCL_EINVAL;
	uint32_t flags = ocl__meter_flags(setup);
	if ((flags & OCL_METER_COLOUR_AWARE) != 0) {
		if ((unsigned)colour_in > (unsigned)OCL_COLOUR_RED)
			return OCL_EINVAL;
		packet.colour = colour_in;
	}
	if ((flags & OCL_METER_PACKETS) != 0)
		packet.tokens = 1;
	packet.t_ns = ocl__meter_since(meter, now_ns);
	switch (ocl__meter_kind(setup)) {
	case OCL_METER_SRTCM:
		*colour_out = mark_srtcm(meter, &packet);
		break;
	case OCL_METER_TRTCM:
		*colour_out = mark_trtcm(meter, &packet);
		break;
	default:
		packet.more = (flags & OCL_METER_STRICT) != 0;
		*colour_out = mark_excess(meter, &packet);
	}
	return OCL_OK;
}

int ocl_meter_mark(struct ocl_meter *memory, uint64_t size_bytes, enum ocl_colour colour_in,
                   enum ocl_colour *colour_out)
{
	size_t setup;

	if (memory == NULL || (setup = ocl__meter_setup_of(ocl__meter_of(memory))) == 0)
		return OCL_EINVAL;
	uint64_t now_ns = ocl_clock_now_ns((enum ocl_clock)ocl__meter_clock(setup));
	return ocl_meter_mark_at(memory, size_bytes, colour_in, now_ns, colour_out);
}
