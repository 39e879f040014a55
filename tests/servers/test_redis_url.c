/* SPDX-License-Identifier: MIT */
/*
 * Goal: every form of a store's URL that redis_url.h names is read to the letter, and every other text is refused with
 * what was expected and at which character; a password is refused in every place, and no reason repeats any of it.
 * Method: tables of texts, good and bad.
 */
#include "../check_run.h"

#include <stdio.h>
#include <string.h>

#include "redis_url.h"

static char reason[200];

static bool read_url(struct redis_target *target, const char *text)
{
	memset(target, 0, sizeof(*target));
	memset(reason, 0, sizeof(reason));
	return redis_url_read(target, text, reason, sizeof(reason));
}

static struct redis_target read_good(const char *text)
{
	struct redis_target target;

	ck_assert_msg(read_url(&target, text), "%s: %s", text, reason);
	ck_assert(redis_url_is(text));
	ck_assert_str_eq(reason, "");
	return target;
}

static void expect_host(const struct redis_target *target, size_t i, const char *name, const char *port)
{
	ck_assert_uint_lt(i, target->host_count);
	ck_assert_str_eq(target->hosts[i].name, name);
	ck_assert_str_eq(target->hosts[i].port, port);
}

static const struct one_host {
	const char *text, *name, *port, *user;
	unsigned database;
	bool tls;
} one_host[] = {
	{"redis://localhost", "localhost", "6379", "", 0, false},
	{"redis://localhost/", "localhost", "6379", "", 0, false},
	{"redis://localhost/0", "localhost", "6379", "", 0, false},
	{"redis://localhost:1/65535", "localhost", "1", "", 65535, false},
	{"redis://127.0.0.1:65535", "127.0.0.1", "65535", "", 0, false},
	{"redis://10.0.0.1:06379/003", "10.0.0.1", "6379", "", 3, false},
	{"redis://app@db_1.Example-x.org/7", "db_1.Example-x.org", "6379", "app", 7, false},
	{"rediss://app@db:6380", "db", "6380", "app", 0, true},
	{"redis://[::1]", "::1", "6379", "", 0, false},
	{"rediss://u@[fe80::1:2]:77/9", "fe80::1:2", "77", "u", 9, true},
	{"redis://[::ffff:10.1.2.3]/1", "::ffff:10.1.2.3", "6379", "", 1, false},
	{"redis://a%40b%3Ac%25%c3%a4!~*@h", "h", "6379", "a@b:c%\xc3\xa4!~*", 0, false},
};

START_TEST(redis_url_read_one_host_gives_each_part)
{
	const struct one_host *want = &one_host[_i];
	struct redis_target target = read_good(want->text);

	ck_assert_uint_eq(target.host_count, 1);
	expect_host(&target, 0, want->name, want->port);
	ck_assert_str_eq(target.user, want->user);
	ck_assert_uint_eq(target.database, want->database);
	ck_assert(target.tls == want->tls);
	ck_assert(!target.sentinel);
	ck_assert_str_eq(target.path, "");
	ck_assert_str_eq(target.master, "");
}
END_TEST

START_TEST(redis_url_read_sentinels_gives_all_hosts_and_the_master)
{
	struct redis_target target = read_good("redis-sentinel://app@a,b:1,[::1],[::2]:2/my.mas_ter-1/12");

	ck_assert(target.sentinel && !target.tls);
	ck_assert_uint_eq(target.host_count, 4);
	expect_host(&target, 0, "a", "26379");
	expect_host(&target, 1, "b", "1");
	expect_host(&target, 2, "::1", "26379");
	expect_host(&target, 3, "::2", "2");
	ck_assert_str_eq(target.master, "my.mas_ter-1");
	ck_assert_str_eq(target.user, "app");
	ck_assert_uint_eq(target.database, 12);

	target = read_good("rediss-sentinel://a,b,c,d,e,f,g,h/m");
	ck_assert(target.sentinel && target.tls);
	ck_assert_uint_eq(target.host_count, REDIS_HOSTS_MAX);
	expect_host(&target, 7, "h", "26379");
	ck_assert_uint_eq(target.database, 0);
}
END_TEST

START_TEST(redis_url_read_socket_path_gives_its_query)
{
	static const struct {
		const char *text, *path, *user;
		unsigned database;
	} good[] = {
		{"unix:/run/redis.sock", "/run/redis.sock", "", 0},
		{"unix:redis:1.sock", "redis:1.sock", "", 0},
		{"unix:/a b/%41,@", "/a b/%41,@", "", 0},
		{"unix:/s?db=15", "/s", "", 15},
		{"unix:/s?user=a%26b", "/s", "a&b", 0},
		{"unix:/s?db=2&user=app", "/s", "app", 2},
		{"unix:/s?user=app&db=3", "/s", "app", 3},
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct redis_target target = read_good(good[i].text);

		ck_assert_uint_eq(target.host_count, 0);
		ck_assert(!target.tls && !target.sentinel);
		ck_assert_str_eq(target.path, good[i].path);
		ck_assert_str_eq(target.user, good[i].user);
		ck_assert_uint_eq(target.database, good[i].database);
	}
}
END_TEST

static const struct refused {
	const char *text;
	size_t character;
	const char *expected;
} refused[] = {
	{"", 1, "redis://"},
	{"sqlite:x", 1, "redis://"},
	{"REDIS://h", 1, "redis://"},
	{"redis:h", 1, "redis://"},
	{" redis://h", 1, "redis://"},
	{"redis://", 9, "a host"},
	{"redis://:1", 9, "a host"},
	{"redis:///0", 9, "a host"},
	{"redis://h:", 11, "a port"},
	{"redis://h:/1", 11, "a port"},
	{"redis://h:0", 11, "a port"},
	{"redis://h:65536", 11, "a port"},
	{"redis://h:006379", 11, "a port"},
	{"redis://h:-1", 11, "a port"},
	{"redis://h:+1", 11, "a port"},
	{"redis://h: 1", 11, "a port"},
	{"redis://h:1x", 11, "a port"},
	{"redis://h:redis", 11, "a port"},
	{"redis://::1", 9, "a host"},
	{"redis://fe80::1", 13, "IPv6"},
	{"redis://h,i", 10, "one host"},
	{"redis://h i", 10, "letters"},
	{"redis://h%20", 10, "letters"},
	{"redis://h?db=1", 10, "letters"},
	{"redis://h#1", 10, "letters"},
	{"redis://h\xc3\xa4", 10, "letters"},
	{"redis://h\n", 10, "letters"},
	{"redis://[::1", 13, "']'"},
	{"redis://[::1/0", 13, "']'"},
	{"redis://[]", 10, "a host"},
	{"redis://[h]", 10, "IPv6"},
	{"redis://[::1%eth0]", 10, "IPv6"},
	{"redis://[1.2.3.4]", 10, "IPv6"},
	{"redis://[::1]x", 14, "':'"},
	{"redis://[::1]:0", 15, "a port"},
	{"redis://h/x", 11, "a database"},
	{"redis://h/65536", 11, "a database"},
	{"redis://h/-1", 11, "a database"},
	{"redis://h/1/", 11, "a database"},
	{"redis://h/1?x", 11, "a database"},
	{"redis://h/100000", 11, "a database"},
	{"redis://@h", 9, "a user"},
	{"redis://u%@h", 10, "two hexadecimal"},
	{"redis://u%4@h", 10, "two hexadecimal"},
	{"redis://u%4g@h", 10, "two hexadecimal"},
	{"redis://u%00@h", 10, "without"},
	{"redis://u%0a@h", 10, "without"},
	{"redis://u v@h", 10, "a user"},
	{"redis://u\t@h", 10, "a user"},
	{"redis://u/0@h", 10, "a user"},
	{"redis://u@v@h", 10, "a user"},
	{"redis-sentinel://h", 19, "the name of the master"},
	{"redis-sentinel://h/", 20, "the name of the master"},
	{"redis-sentinel://h//0", 20, "the name of the master"},
	{"redis-sentinel://h/my master", 22, "a master's name"},
	{"redis-sentinel://h/m/x", 22, "a database"},
	{"redis-sentinel://h,/m", 20, "a host"},
	{"redis-sentinel://,h/m", 18, "a host"},
	{"redis-sentinel://h,i:0/m", 22, "a port"},
	{"redis-sentinel://1,2,3,4,5,6,7,8,9/m", 34, "no more than 8"},
	{"unix:", 6, "the path"},
	{"unix:?db=1", 6, "the path"},
	{"unix:/s?", 9, "db=DATABASE or user=USER"},
	{"unix:/s?db", 9, "db=DATABASE or user=USER"},
	{"unix:/s?db=", 12, "a database"},
	{"unix:/s?db=x", 12, "a database"},
	{"unix:/s?db=1&", 14, "db=DATABASE or user=USER"},
	{"unix:/s?db=1&db=1", 14, "db=DATABASE or user=USER"},
	{"unix:/s?user=a&user=b", 16, "db=DATABASE or user=USER"},
	{"unix:/s?user=", 14, "the name of a user"},
	{"unix:/s?user=a?", 15, "a user"},
	{"unix:/s?x=1", 9, "db=DATABASE or user=USER"},
};

START_TEST(redis_url_read_bad_text_is_refused_with_what_and_where)
{
	struct redis_target target, before;
	char want[64];

	memset(&before, 0, sizeof(before));
	snprintf(want, sizeof(want), "character %zu: expected ", refused[_i].character);
	ck_assert(!read_url(&target, refused[_i].text));
	ck_assert_msg(strncmp(reason, want, strlen(want)) == 0 && strstr(reason, refused[_i].expected) != NULL,
	              "%s: got \"%s\"", refused[_i].text, reason);
	ck_assert_mem_eq(&target, &before, sizeof(target));
}
END_TEST

START_TEST(redis_url_read_too_long_part_is_refused)
{
	static const struct {
		const char *before, *after;
		size_t most;
	} parts[] = {
		{"redis://", "/1", 255},    {"redis://", "@h", 127},         {"unix:", "?db=1", 107},
		{"unix:/s?user=", "", 127}, {"redis-sentinel://h/", "", 63},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct redis_target target;
		char filler[300], text[400];

		memset(filler, 'x', sizeof(filler));
		snprintf(text, sizeof(text), "%s%.*s%s", parts[i].before, (int)parts[i].most, filler, parts[i].after);
		ck_assert_msg(read_url(&target, text), "%s: %s", text, reason);
		snprintf(text, sizeof(text), "%s%.*s%s", parts[i].before, (int)parts[i].most + 1, filler,
		         parts[i].after);
		ck_assert_msg(!read_url(&target, text), "%s", text);
		ck_assert_msg(strncmp(reason, "character ", 10) == 0, "%s", reason);
	}
}
END_TEST

START_TEST(redis_url_read_password_is_refused_and_not_repeated)
{
	static const char *const texts[] = {
		"redis://:s3cret@h",
		"redis://u:s3cret@h",
		"rediss://u:s3/cret@h:1/0",
		"redis://u:s3@cret@h",
		"redis-sentinel://u:s3cret@a,b/m",
		"unix:/s?password=s3cret",
		"redis://h/0?password=s3cret",
		"redis://u:@h",
		"redis://u:s3:cret@[::1]",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct redis_target target;

		ck_assert_msg(!read_url(&target, texts[i]), "%s", texts[i]);
		ck_assert_ptr_nonnull(strstr(reason, "--store-password-file"));
		ck_assert_ptr_nonnull(strstr(reason, "$OPENCLAW_STORE_PASSWORD"));
		ck_assert_ptr_null(strstr(reason, "s3"));
	}
}
END_TEST

START_TEST(redis_url_read_keeps_what_is_not_from_the_url)
{
	static const char password[] = "p", file[] = "f";
	struct redis_target target = {.password = password, .ca_file = file};

	ck_assert(redis_url_read(&target, "rediss://h/1", reason, sizeof(reason)));
	ck_assert_ptr_eq(target.password, password);
	ck_assert_ptr_eq(target.ca_file, file);
	ck_assert_uint_eq(target.database, 1);
}
END_TEST

START_TEST(redis_url_read_small_reason_is_cut)
{
	struct redis_target target = {0};
	char small[12];

	memset(small, '#', sizeof(small));
	ck_assert(!redis_url_read(&target, "redis://", small, 8));
	ck_assert_str_eq(small, "charact");
	ck_assert_int_eq(small[8], '#');
}
END_TEST

START_TEST(redis_url_is_goes_by_the_scheme_alone)
{
	static const char *const yes[] = {"redis://", "rediss://x",
	                                  "unix:", "redis-sentinel://:::", "rediss-sentinel://"};
	static const char *const no[] = {"",          "redis:", "redis:/h", "Redis://h", "sqlite:unix:", "redisss://h",
	                                 "/redis://", "unix"};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		ck_assert_msg(redis_url_is(yes[i]), "%s", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ck_assert_msg(!redis_url_is(no[i]), "%s", no[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("redis_url");
	TCase *tests = tcase_create("redis_url");

	tcase_add_loop_test(tests, redis_url_read_one_host_gives_each_part, 0, sizeof(one_host) / sizeof(one_host[0]));
	tcase_add_test(tests, redis_url_read_sentinels_gives_all_hosts_and_the_master);
	tcase_add_test(tests, redis_url_read_socket_path_gives_its_query);
	tcase_add_loop_test(tests, redis_url_read_bad_text_is_refused_with_what_and_where, 0,
	                    sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(tests, redis_url_read_too_long_part_is_refused);
	tcase_add_test(tests, redis_url_read_password_is_refused_and_not_repeated);
	tcase_add_test(tests, redis_url_read_keeps_what_is_not_from_the_url);
	tcase_add_test(tests, redis_url_read_small_reason_is_cut);
	tcase_add_test(tests, redis_url_is_goes_by_the_scheme_alone);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
