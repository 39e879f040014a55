/* SPDX-License-Identifier: MIT */
/**
 * @file match_check.h
 * @brief What is wrong with a match that a system refused: the field, which team or player, and what it should hold.
 *
 * Rating calls answer with a status alone. Where a person wrote the match, in a form or a file, ask here afterwards:
 *
 *     status = ocl_system_rate(system, &match, NULL, before, after);
 *     if (status < 0 && ocl_match_check(&match, before, 1, &fault) != OCL_OK)
 *             printf("%s of %s %zu: expected %s\n", fault.field, fault.of, fault.index + 1, fault.expected);
 */
#ifndef OPENCLAW_MATCH_CHECK_H
#define OPENCLAW_MATCH_CHECK_H

#include "openclaw/export.h"
#include "openclaw/rating.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief What is wrong. The texts are constants in English, for people. This struct will not change. */
struct ocl_match_fault {
	const char *field;    /**< As in #ocl_match or #ocl_rating: "player_weights", "deviation", ... */
	const char *of;       /**< "match", "team" or "player". */
	size_t index;         /**< Which team, or which player of all, from 0; 0 for the match. */
	double number;        /**< What the field holds, if that is a number; else 0. */
	const char *expected; /**< "a number, 0 .. 1e6", ... */
};

/**
 * @brief Check a match as every system does, and say what is wrong with it.
 *
 * Systems also refuse matches of shapes that they do not rate (#OCL_ENOTSUP), wrong settings, and missing or foreign
 * `player_memories` if they need them: that is not told here.
 *
 * @param[in]  match        The match. May be NULL, which is a fault.
 * @param[in]  ratings      One record a player, or NULL: not looked at.
 * @param[in]  with_outcome Not 0: ranks and scores are looked at, as to rate; 0: they are not, as to predict.
 * @param[out] fault        The first fault found; written unless the answer is #OCL_OK. May be NULL.
 *
 * @retval OCL_OK     Nothing is wrong.
 * @retval OCL_EINVAL As the systems: a NULL, a NaN or an infinity, both or none of ranks and scores, an unknown flag, a
 *                    reserved field that is not zero.
 * @retval OCL_ERANGE As the systems: a number outside its range, too few or too many teams or players.
 * @retval OCL_ESIZE  A `struct_size` that no version had.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         Looks at every field once. No allocation.
 * @since        0.1
 */
OCL_API int ocl_match_check(const struct ocl_match *match, const struct ocl_rating *ratings, int with_outcome,
                            struct ocl_match_fault *fault);

#ifdef __cplusplus
}
#endif

#endif
