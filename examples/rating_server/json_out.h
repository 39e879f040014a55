/* SPDX-License-Identifier: MIT */
/* Shapes that several answers share. */
#ifndef RATING_SERVER_JSON_OUT_H
#define RATING_SERVER_JSON_OUT_H

#include <jansson.h>

#include "board.h"
#include "votes.h"

json_t *agent_json(const struct agent *agent);

/* Counts, and Wilson's bounds. */
json_t *item_json(const struct item *item);

#endif
