/* SPDX-License-Identifier: MIT */
/*
 * Goal: processes that are killed at any instant while they take, claim cells and change plans leave a table that all
 * others go on with, and never a token too many.
 * Method: some rounds of each scene of kill_limiter.h; many: stress_limiter_kill.c, with ROUNDS or STRESS_S.
 */
#include "../check_run.h"
#include "kill_limiter.h"

START_TEST(kill_costs_no_token_too_many)
{
	static struct kill_run run;
	struct seed random = seed_start("kill");
	unsigned long kills = 0;

	ck_assert_msg(kill_run(&run, &kill_scenes[_i], seed_rounds(20), random, &kills), "%s", run.wrong);
	ck_assert_uint_gt(kills, 0);
}
END_TEST

static Suite *kill_suite(void)
{
	Suite *suite = suite_create("limiter_kill");
	TCase *cases = tcase_create("kill");

	tcase_add_loop_test(cases, kill_costs_no_token_too_many, 0, (int)KILL_SCENES);
	tcase_set_timeout(cases, 120);
	suite_add_tcase(suite, cases);
	return suite;
}

int main(void)
{
	return check_run(kill_suite());
}
