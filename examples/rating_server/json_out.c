/* SPDX-License-Identifier: MIT */
#include "json_out.h"

json_t *agent_json(const struct agent *agent)
{
	return json_pack("{s:s, s:f, s:f, s:f, s:f, s:I, s:I, s:I}", "id", agent->id.text, "value", agent->rating.value,
	                 "deviation", agent->rating.deviation, "volatility", agent->rating.volatility, "display",
	                 agent->display, "matches", (json_int_t)agent->matches, "last_event",
	                 (json_int_t)agent->last_event, "last_match_us", (json_int_t)agent->last_us);
}

json_t *item_json(const struct item *item)
{
	double lower;
	double upper;

	votes_bounds(item, &lower, &upper);
	return json_pack("{s:s, s:I, s:I, s:f, s:f}", "item", item->id.text, "up", (json_int_t)item->up, "down",
	                 (json_int_t)item->down, "lower", lower, "upper", upper);
}
