/* SPDX-License-Identifier: MIT */
/* Elo against published and exact numbers, its curves, its refusals, and what must hold for any input. */
#include "rating_test.h"

#include "openclaw/openclaw.h"

/* What K 32 does to pairs: exact values, from 1/(1 + 10^(d/400)) in 50 digits. */
START_TEST(elo_rate_known_games_exact)
{
	static const struct {
		double first, second, score, first_after, second_after;
	} games[] = {
		{1000, 1000, 1, 1016, 984},
		{1000, 1000, 0, 984, 1016},
		{500, 1500, 0.5, 515.8991261061358, 1484.1008738938642},
		{1500, 500, 1, 1500.1008738938642, 499.89912610613575},
		{1500, 500, 0, 1468.1008738938642, 531.8991261061358},
		{1832, 1620, 0.5, 1823.2918824490052, 1628.7081175509948},
	};

	for (size_t i = 0; i < sizeof games / sizeof *games; i++) {
		double first;
		double second;
		int status = ocl_elo_rate(games[i].first, games[i].second, games[i].score, NULL, &first, &second);
		ck_assert_int_eq(status, OCL_OK);
		assert_near(first, games[i].first_after, 1e-14, 0);
		assert_near(second, games[i].second_after, 1e-14, 0);
	}
}
END_TEST

START_TEST(elo_rate_vectors_exact)
{
	FILE *file = vectors_open("elo.tsv");
	char line[1024];
	char *column[COLUMNS_MAX];
	int rows = -1;

	for (; file != NULL && vectors_row(file, line, sizeof line, column) == 9; rows++) {
		if (rows < 0)
			continue;
		double value[9];
		for (int i = 0; i < 9; i++)
			value[i] = strtod(column[i], NULL);
		struct ocl_elo_settings settings = OCL_ELO_SETTINGS;
		settings.first_advantage = value[2];
		settings.k = value[3];
		double expected;
		double first;
		double second;
		ck_assert_int_eq(ocl_elo_expect(value[0], value[1], &settings, &expected), OCL_OK);
		assert_near(expected, value[5], 1e-12, 0);
		ck_assert_int_eq(ocl_elo_rate(value[0], value[1], value[4], &settings, &first, &second), OCL_OK);
		assert_near(first, value[6], 1e-12, 0);
		assert_near(second, value[7], 1e-12, 1e-9);
		settings.curve = OCL_ELO_GAUSSIAN;
		ck_assert_int_eq(ocl_elo_expect(value[0], value[1], &settings, &expected), OCL_OK);
		assert_near(expected, value[8], 1e-12, 0);
	}
	if (file != NULL) {
		ck_assert_int_eq(rows, 180);
		fclose(file);
	}
}
END_TEST

/* FIDE Handbook B02 (2024), 8.1.2, some rows of the table, and both sides of a bound. */
START_TEST(elo_expect_fide_table_hundredths)
{
	static const struct {
		double difference, expected;
	} rows[] = {
		{0, 0.50},   {3, 0.50},   {4, 0.51},   {10, 0.51},  {11, 0.52},  {91, 0.62}, {92, 0.63},   {197, 0.75},
		{198, 0.76}, {391, 0.91}, {392, 0.92}, {400, 0.92}, {735, 0.92}, {-4, 0.49}, {-400, 0.08},
	};
	struct ocl_elo_settings settings = OCL_ELO_SETTINGS_FIDE(20);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double expected;
		ck_assert_int_eq(ocl_elo_expect(1500 + rows[i].difference, 1500, &settings, &expected), OCL_OK);
		ck_assert_double_eq(expected, rows[i].expected);
	}
	double expected; /* from 2650 on the difference counts in full */
	ck_assert_int_eq(ocl_elo_expect(2650, 2650 - 735, &settings, &expected), OCL_OK);
	ck_assert_double_eq(expected, 0.99);
	ck_assert_int_eq(ocl_elo_expect(2650, 2650 - 736, &settings, &expected), OCL_OK);
	ck_assert_double_eq(expected, 1.0);
	ck_assert_int_eq(ocl_elo_expect(2649, 2649 - 736, &settings, &expected), OCL_OK);
	ck_assert_double_eq(expected, 0.92);
}
END_TEST

/* Changes that FIDE's calculator gives, rounded: K 40 against 1500, and a grandmaster's certain win. */
START_TEST(elo_rate_fide_published_changes)
{
	static const struct {
		double value, k, opponent, score, change;
	} games[] = {
		{1500, 40, 1500, 1, 20},  {1500, 40, 1900, 1, 37},  {1500, 40, 1900, 0.5, 17}, {1500, 40, 2900, 0, -3},
		{2000, 40, 1600, 0, -37}, {2000, 40, 1900, 0, -26}, {2800, 10, 1800, 1, 0},    {1503, 20, 1500, 1, 10},
	};

	for (size_t i = 0; i < sizeof games / sizeof *games; i++) {
		struct ocl_elo_settings settings = OCL_ELO_SETTINGS_FIDE(games[i].k);
		double after;
		double unused;
		ck_assert_int_eq(
			ocl_elo_rate(games[i].value, games[i].opponent, games[i].score, &settings, &after, &unused),
			OCL_OK);
		ck_assert_double_eq(after - games[i].value, games[i].change);
	}
	/* A change of exactly half a point goes away from zero, both ways: 10 x (0.5 - 0.45) and 10 x (0.5 - 0.55). */
	struct ocl_elo_settings settings = OCL_ELO_SETTINGS_FIDE(10);
	double low;
	double high;
	ck_assert_int_eq(ocl_elo_rate(1500, 1535, 0.5, &settings, &low, &high), OCL_OK);
	ck_assert_double_eq(low, 1501);
	ck_assert_double_eq(high, 1534);
}
END_TEST

START_TEST(elo_fide_vectors_published)
{
	FILE *file = vectors_open("elo_fide_tables.tsv");
	char line[1024];
	char *column[COLUMNS_MAX];
	int seen[3] = {0, 0, 0};

	while (file != NULL && vectors_row(file, line, sizeof line, column) == 3) {
		double want = strtod(column[2], NULL);
		double got;
		double key[4];
		if (strcmp(column[0], "pd_upper") == 0) {
			/* Of two from 2650 up, and so uncapped. */
			struct ocl_elo_settings settings = OCL_ELO_SETTINGS_FIDE(10);
			double difference = strtod(column[1], NULL);
			ck_assert_int_eq(ocl_elo_expect(3000 + difference, 3000, &settings, &got), OCL_OK);
			ck_assert_double_eq(got, want);
			ck_assert_int_eq(ocl_elo_expect(3000 + difference + 1, 3000, &settings, &got), OCL_OK);
			ck_assert_double_gt(got, want);
			ck_assert_int_eq(ocl_elo_expect(3000, 3000 + difference, &settings, &got), OCL_OK);
			assert_near(got, 1 - want, 1e-15, 1e-15);
			seen[0]++;
		} else if (strcmp(column[0], "dp") == 0) {
			ck_assert_int_eq(ocl_elo_fide_performance(strtod(column[1], NULL) / 100, &got), OCL_OK);
			ck_assert_double_eq(got, want);
			seen[1]++;
		} else if (sscanf(column[1], "%lf,%lf,%lf,%lf", &key[0], &key[1], &key[2], &key[3]) == 4) {
			struct ocl_elo_settings settings = OCL_ELO_SETTINGS_FIDE(key[1]);
			double unused;
			ck_assert_int_eq(ocl_elo_rate(key[0], key[2], key[3], &settings, &got, &unused), OCL_OK);
			ck_assert_double_eq(got - key[0], want);
			seen[2]++;
		}
	}
	if (file != NULL) {
		ck_assert_int_eq(seen[0], 50);
		ck_assert_int_eq(seen[1], 101);
		ck_assert_int_eq(seen[2], 22);
		fclose(file);
	}
}
END_TEST

START_TEST(elo_peer_vectors_agree)
{
	FILE *file = vectors_open("skillratings_all.tsv");
	char line[1024];
	char *column[COLUMNS_MAX];
	int rows = 0;

	while (file != NULL && vectors_row(file, line, sizeof line, column) == 4) {
		double in[2];
		double want[2];
		double got[2];
		if (strncmp(column[0], "elo_", 4) != 0)
			continue;
		ck_assert_int_eq(sscanf(column[1], "%lf;%lf", &in[0], &in[1]), 2);
		ck_assert_int_eq(sscanf(column[3], "%lf;%lf", &want[0], &want[1]), 2);
		if (strcmp(column[0], "elo_expected") == 0) {
			ck_assert_int_eq(ocl_elo_expect(in[0], in[1], NULL, &got[0]), OCL_OK);
			ck_assert_int_eq(ocl_elo_expect(in[1], in[0], NULL, &got[1]), OCL_OK);
		} else {
			double score = column[2][0] == 'w' ? 1.0 : column[2][0] == 'd' ? 0.5 : 0.0;
			ck_assert_int_eq(ocl_elo_rate(in[0], in[1], score, NULL, &got[0], &got[1]), OCL_OK);
		}
		assert_near(got[0], want[0], 1e-12, 0);
		assert_near(got[1], want[1], 1e-12, 0);
		rows++;
	}
	if (file != NULL) {
		ck_assert_int_ge(rows, 8);
		fclose(file);
	}
}
END_TEST

START_TEST(elo_rate_random_games_keep_the_sum)
{
	struct seed random = seed_start("elo_rate_random_games_keep_the_sum");

	for (int i = 0; i < (int)seed_rounds(200000); i++) {
		double first = random_in(&random, -1000, 4000);
		double second = random_in(&random, -1000, 4000);
		double score = i % 3 == 0 ? random_in(&random, 0, 1) : (double)(i % 3 - 1);
		double a[2];
		double b[2];
		ck_assert_int_eq(ocl_elo_rate(first, second, score, NULL, &a[0], &a[1]), OCL_OK);
		/* What one gains the other loses: the changes are each other's negative before they are added. */
		assert_near(a[0] - first, second - a[1], 0, 2e-12);
		ck_assert(fabs(a[0] - first) <= 32.0);
		/* Seen from the other side it is the same game. */
		ck_assert_int_eq(ocl_elo_rate(second, first, 1 - score, NULL, &b[0], &b[1]), OCL_OK);
		assert_near(b[0], a[1], 1e-13, 1e-12);
		/* A higher score, a weaker opponent's rating below, never earn less. */
		double more[2];
		ck_assert_int_eq(ocl_elo_rate(first, second, score + (1 - score) * 0.5, NULL, &more[0], &more[1]),
		                 OCL_OK);
		ck_assert(more[0] >= a[0] - 1e-12);
		ck_assert_int_eq(ocl_elo_rate(first, second + 10, score, NULL, &more[0], &more[1]), OCL_OK);
		ck_assert(more[0] >= a[0] - 1e-12);
	}
}
END_TEST

START_TEST(elo_expect_any_gap_finite_and_monotone)
{
	struct ocl_elo_settings settings = OCL_ELO_SETTINGS;

	for (uint32_t curve = OCL_ELO_LOGISTIC; curve <= OCL_ELO_FIDE; curve++) {
		double before = -1;
		settings.curve = curve;
		for (double gap = -45000; gap <= 45000; gap += 7.5) {
			double up;
			double down;
			ck_assert_int_eq(ocl_elo_expect(gap, 0, &settings, &up), OCL_OK);
			ck_assert_int_eq(ocl_elo_expect(0, gap, &settings, &down), OCL_OK);
			ck_assert(up >= before && up >= 0 && up <= 1);
			if (curve != OCL_ELO_FIDE) /* whose cap hangs on the player's own rating */
				assert_near(up + down, 1.0, 4e-16, 0);
			before = up;
		}
	}
	/* 10^-100 and 10^-1e6: small, never below zero. */
	double expected;
	ck_assert_int_eq(ocl_elo_expect(0, 40000, NULL, &expected), OCL_OK);
	assert_near(expected, 1e-100, 1e-12, 0);
	ck_assert_int_eq(ocl_elo_expect(-1e9, 1e9, NULL, &expected), OCL_OK);
	ck_assert(expected >= 0 && expected < 1e-300);
}
END_TEST

/* Above 2650 the difference counts whole for the one and 400 for the other: 0.99 and 0.08 are no probabilities. */
START_TEST(elo_predict_fide_cap_of_one_sums_to_one)
{
	static const double values[][3] = {
		{2700, 2000, 0.99}, {2000, 2700, 0.01}, {2300, 1800, 0.92}, {2650, 2649, 0.50}};
	const struct ocl_system *elo = ocl_system_find("elo");
	const struct ocl_elo_settings settings = OCL_ELO_SETTINGS_FIDE(10);
	const struct ocl_match match = OCL_MATCH(2, NULL);
	const struct ocl_match three = OCL_MATCH(3, NULL);

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const struct ocl_rating players[3] = {{values[i][0], 0, 0}, {values[i][1], 0, 0}, {2200, 0, 0}};
		double win[2];
		double rank[3];
		ck_assert_int_eq(ocl_system_predict(elo, &match, &settings, players, win), OCL_OK);
		assert_near(win[0], values[i][2], 0, 1e-15);
		assert_near(win[0] + win[1], 1.0, 0, 1e-15);
		ck_assert_int_eq(ocl_system_predict_ranks(elo, &three, &settings, players, rank), OCL_OK);
		assert_near(rank[0] + rank[1] + rank[2], 6.0, 0, 1e-15);
	}
}
END_TEST

START_TEST(elo_rate_many_columns_same_bits_as_one)
{
	struct seed random = seed_start("elo_rate_many_columns_same_bits_as_one");
	enum { COUNT = 1003 };
	static double first[COUNT], second[COUNT], scores[COUNT], a[COUNT], b[COUNT];

	for (uint32_t curve = OCL_ELO_LOGISTIC; curve <= OCL_ELO_FIDE; curve++) {
		struct ocl_elo_settings settings = OCL_ELO_SETTINGS;
		settings.curve = curve;
		settings.k = 20;
		settings.first_advantage = 33.25;
		settings.value_min = 100;
		settings.value_max = 2900;
		for (size_t i = 0; i < COUNT; i++) {
			first[i] = random_in(&random, 0, 3000);
			second[i] = random_in(&random, 0, 3000);
			scores[i] = random_in(&random, 0, 1);
		}
		first[5] = 1e9;
		second[6] = -1e9;
		ck_assert_int_eq(ocl_elo_rate_many(COUNT, first, second, scores, &settings, a, b), OCL_OK);
		for (size_t i = 0; i < COUNT; i++) {
			double one[2];
			ck_assert_int_eq(ocl_elo_rate(first[i], second[i], scores[i], &settings, &one[0], &one[1]),
			                 OCL_OK);
			ck_assert(memcmp(&one[0], &a[i], sizeof one[0]) == 0 &&
			          memcmp(&one[1], &b[i], sizeof one[1]) == 0);
			ck_assert(a[i] >= 100 && a[i] <= 2900);
		}
		/* In place, and all or nothing. */
		ck_assert_int_eq(ocl_elo_rate_many(COUNT, first, second, scores, &settings, first, second), OCL_OK);
		ck_assert(memcmp(first, a, sizeof a) == 0 && memcmp(second, b, sizeof b) == 0);
		scores[COUNT - 1] = 1.5;
		ck_assert_int_eq(ocl_elo_rate_many(COUNT, first, second, scores, &settings, first, second), OCL_ERANGE);
		ck_assert(memcmp(first, a, sizeof a) == 0 && memcmp(second, b, sizeof b) == 0);
		/* The columns are taken two at a time, and the odd one out: each place is looked at. */
		scores[COUNT - 1] = 1;
		double *const columns[3] = {first, second, scores};
		for (int i = 0; i < 6; i++) {
			double *wrong = &columns[i / 2][i % 2 == 0 ? 4 : 7];
			double kept = *wrong;
			*wrong = -2e9;
			ck_assert_int_eq(ocl_elo_rate_many(COUNT, first, second, scores, &settings, first, second),
			                 OCL_ERANGE);
			*wrong = kept;
		}
		ck_assert(memcmp(first, a, sizeof a) == 0 && memcmp(second, b, sizeof b) == 0);
		scores[COUNT - 1] = NAN;
		ck_assert_int_eq(ocl_elo_rate_many(COUNT, first, second, scores, &settings, first, second), OCL_EINVAL);
		ck_assert(memcmp(first, a, sizeof a) == 0 && memcmp(second, b, sizeof b) == 0);
	}
	ck_assert_int_eq(ocl_elo_rate_many(0, NULL, NULL, NULL, NULL, NULL, NULL), OCL_OK);
	ck_assert_int_eq(ocl_elo_rate_many(1, first, second, NULL, NULL, a, b), OCL_EINVAL);
}
END_TEST

/* Without settings, near 0, a shorter way is taken: the same bits, also where it ends. */
START_TEST(elo_rate_default_same_bits_as_settings)
{
	struct seed random = seed_start("elo_rate_default_same_bits_as_settings");
	const struct ocl_elo_settings settings = OCL_ELO_SETTINGS;

	for (int i = 0; i < (int)seed_rounds(100000); i++) {
		double most = i % 4 == 0 ? 1e9 : i % 4 == 1 ? 70000 : 3000;
		double first = i % 16 == 5 ? 61000 : i % 16 == 6 ? -1e9 : random_in(&random, -most, most);
		double second = i % 16 == 5 ? -61000 : random_in(&random, -most, most);
		double score = i % 8 == 7 ? -0.0 : random_in(&random, 0, 1);
		double a[2];
		double b[2];
		ck_assert_int_eq(ocl_elo_rate(first, second, score, NULL, &a[0], &a[1]), OCL_OK);
		ck_assert_int_eq(ocl_elo_rate(first, second, score, &settings, &b[0], &b[1]), OCL_OK);
		ck_assert_msg(memcmp(a, b, sizeof a) == 0, "%a %a %a: %a %a, %a %a", first, second, score, a[0], a[1],
		              b[0], b[1]);
		ck_assert(fabs(a[0]) <= 1e9 && fabs(a[1]) <= 1e9);
	}
}
END_TEST

START_TEST(elo_rate_bad_numbers_refused_untouched)
{
	static const struct {
		double first, second, score;
		int status;
	} calls[] = {
		{NAN, 0, 1, OCL_EINVAL},       {0, INFINITY, 1, OCL_EINVAL}, {0, 0, NAN, OCL_EINVAL},
		{0, 0, -INFINITY, OCL_EINVAL}, {1.1e9, 0, 1, OCL_ERANGE},    {0, -1.1e9, 1, OCL_ERANGE},
		{0, 0, 1.0000001, OCL_ERANGE}, {0, 0, -1e-9, OCL_ERANGE},    {-DBL_MAX, 0, 1, OCL_ERANGE},
	};

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		double a = 1;
		double b = 2;
		ck_assert_int_eq(ocl_elo_rate(calls[i].first, calls[i].second, calls[i].score, NULL, &a, &b),
		                 calls[i].status);
		ck_assert(a == 1 && b == 2);
	}
	double a = 1;
	ck_assert_int_eq(ocl_elo_rate(0, 0, 1, NULL, &a, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_elo_rate(0, 0, 1, NULL, NULL, &a), OCL_EINVAL);
	ck_assert_int_eq(ocl_elo_expect(0, 0, NULL, NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_elo_expect(NAN, 0, NULL, &a), OCL_EINVAL);
	ck_assert_int_eq(ocl_elo_fide_performance(1.01, &a), OCL_ERANGE);
	ck_assert_int_eq(ocl_elo_fide_performance(NAN, &a), OCL_EINVAL);
	ck_assert_int_eq(ocl_elo_fide_performance(0.5, NULL), OCL_EINVAL);
	ck_assert(a == 1);
}
END_TEST

START_TEST(elo_settings_bad_refused)
{
	static const struct {
		size_t offset;
		double value;
		int status;
	} bad[] = {
		{offsetof(struct ocl_elo_settings, k), -1, OCL_ERANGE},
		{offsetof(struct ocl_elo_settings, k), NAN, OCL_EINVAL},
		{offsetof(struct ocl_elo_settings, k), 2e6, OCL_ERANGE},
		{offsetof(struct ocl_elo_settings, scale), 0, OCL_ERANGE},
		{offsetof(struct ocl_elo_settings, scale), INFINITY, OCL_EINVAL},
		{offsetof(struct ocl_elo_settings, first_advantage), 2e9, OCL_ERANGE},
		{offsetof(struct ocl_elo_settings, value_min), 1, OCL_ERANGE},
		{offsetof(struct ocl_elo_settings, value_max), -1, OCL_ERANGE},
		{offsetof(struct ocl_elo_settings, value_max), NAN, OCL_EINVAL},
	};
	double a = 1;
	double b = 2;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct ocl_elo_settings settings = OCL_ELO_SETTINGS;
		memcpy((char *)&settings + bad[i].offset, &bad[i].value, sizeof(double));
		ck_assert_int_eq(ocl_elo_rate(0, 0, 1, &settings, &a, &b), bad[i].status);
		ck_assert_int_eq(ocl_elo_expect(0, 0, &settings, &a), bad[i].status);
		ck_assert_int_eq(ocl_elo_rate_many(0, NULL, NULL, NULL, &settings, NULL, NULL), bad[i].status);
	}
	struct ocl_elo_settings settings = OCL_ELO_SETTINGS;
	settings.curve = 3;
	ck_assert_int_eq(ocl_elo_rate(0, 0, 1, &settings, &a, &b), OCL_EINVAL);
	settings.curve = 0;
	settings.flags = 4;
	ck_assert_int_eq(ocl_elo_rate(0, 0, 1, &settings, &a, &b), OCL_EINVAL);
	settings.flags = 0;
	settings.reserved[2] = 1;
	ck_assert_int_eq(ocl_elo_rate(0, 0, 1, &settings, &a, &b), OCL_EINVAL);
	settings.reserved[2] = 0;
	settings.struct_size--;
	ck_assert_int_eq(ocl_elo_rate(0, 0, 1, &settings, &a, &b), OCL_ESIZE);
	memset(&settings, 0, sizeof settings);
	ck_assert_int_eq(ocl_elo_rate(0, 0, 1, &settings, &a, &b), OCL_ESIZE);
	ck_assert(a == 1 && b == 2);
}
END_TEST

/* A struct of a later version is taken as long as what we do not know is zero. */
START_TEST(elo_settings_longer_accepted_when_zero)
{
	struct {
		struct ocl_elo_settings known;
		uint64_t unknown;
	} later = {OCL_ELO_SETTINGS, 0};
	double a;
	double b;

	later.known.struct_size = sizeof later;
	ck_assert_int_eq(ocl_elo_rate(0, 0, 1, &later.known, &a, &b), OCL_OK);
	ck_assert_double_eq(a, 16);
	later.unknown = 1;
	ck_assert_int_eq(ocl_elo_rate(0, 0, 1, &later.known, &a, &b), OCL_ESIZE);
	later.unknown = 0;
	later.known.struct_size = SIZE_MAX;
	ck_assert_int_eq(ocl_elo_rate(0, 0, 1, &later.known, &a, &b), OCL_ESIZE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("elo");
	TCase *tests = tcase_create("elo");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, elo_rate_known_games_exact);
	tcase_add_test(tests, elo_rate_vectors_exact);
	tcase_add_test(tests, elo_expect_fide_table_hundredths);
	tcase_add_test(tests, elo_rate_fide_published_changes);
	tcase_add_test(tests, elo_fide_vectors_published);
	tcase_add_test(tests, elo_peer_vectors_agree);
	tcase_add_test(tests, elo_rate_random_games_keep_the_sum);
	tcase_add_test(tests, elo_expect_any_gap_finite_and_monotone);
	tcase_add_test(tests, elo_predict_fide_cap_of_one_sums_to_one);
	tcase_add_test(tests, elo_rate_many_columns_same_bits_as_one);
	tcase_add_test(tests, elo_rate_default_same_bits_as_settings);
	tcase_add_test(tests, elo_rate_bad_numbers_refused_untouched);
	tcase_add_test(tests, elo_settings_bad_refused);
	tcase_add_test(tests, elo_settings_longer_accepted_when_zero);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
