/* SPDX-License-Identifier: MIT */
/**
 * @file convert.h
 * @brief Move a rating from one system to another: when a game changes its system, or to compare two boards.
 *
 * A new player's value becomes a new player's value, and the lead over it that makes the odds ten to one becomes the lead that
 * makes them ten to one there, everything between in proportion:
 *
 * | system | new player | ten to one | |
 * |---|---:|---:|---|
 * | elo, glicko, glicko2, glicko-boost, stephenson, yuksel | 1500 | 400 | by definition |
 * | uscf, ecf | 1300, 1500 | 400 | by definition |
 * | dwz | 1000 | 377.6 | normal, deviation 200 sqrt 2 |
 * | elo-mmr | 1500 | 351.8 | logistic of the variance of two performances |
 * | gaussian, thurstone-mosteller-full, -part | 25 | 7.868 | normal, beta 25/6 |
 * | plackett-luce, bradley-terry-full, -part | 25 | 13.57 | logistic, beta 25/6 |
 * | fifa | 1000 | 600 | by definition |
 * | ingo | 230 | -40.9 | its table; lower is better |
 * | egf | 100 | | odds of ((3300 - b) / (3300 - a))^7, so not in proportion; up to 3299 |
 *
 * That is one rule for every pair of the table, each way. Federations that take over each other's players compare the average
 * of those who have both ratings instead, by formulas that they change every few years; of the systems here only Ingo's is
 * settled: Elo = 2840 - 8 Ingo. What a system keeps of a player beside its record (`memory_numbers`) starts with zeros.
 *
 * All for default settings and players whose strength is known. Odds between these points are exact where both curves are
 * logistic or both normal, and close otherwise. An estimate that was made under one system's assumptions stays what it is: a
 * converted rating is a good start, not what the other system would have made of the same games.
 */
#ifndef OPENCLAW_CONVERT_H
#define OPENCLAW_CONVERT_H

#include "openclaw/export.h"
#include "openclaw/rating.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief The record that says in one system what another says in another.
 *
 * The deviation is scaled as the value is; that of a system which has none (or counts games there) becomes that of a new
 * player, and 0 where the new system has none. Volatility means something else in each system, so it becomes that of a new
 * player. From a system to itself the record is copied.
 *
 * @param[in]  from      The system that @p rating is of.
 * @param[in]  to        The system that @p converted is for.
 * @param[in]  rating    The record.
 * @param[out] converted The record; may be @p rating itself. Written on #OCL_OK only.
 *
 * @retval OCL_OK      Written.
 * @retval OCL_EINVAL  A NULL, a NaN or an infinity.
 * @retval OCL_ERANGE  A number outside its range, before or after.
 * @retval OCL_ENOTSUP A system that is not in the table above.
 *
 * @threadsafety Any thread; touches nothing but its arguments.
 * @ordering     None.
 * @cost         A look-up by name and some multiplications; a logarithm or an exponential for egf.
 * @since        0.1
 */
OCL_API int ocl_rating_convert(const struct ocl_system *from, const struct ocl_system *to,
                               const struct ocl_rating *rating, struct ocl_rating *converted);

#ifdef __cplusplus
}
#endif

#endif
