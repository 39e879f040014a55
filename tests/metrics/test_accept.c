/* SPDX-License-Identifier: MIT */
/*
 * Goal: a scraper gets the format that it asks for.
 * Method: a table of headers, each put where memory ends; rules that hold for any header, on random ones; vectors.
 */
#include "../check_run.h"
#include "metrics_test.h"
#include "openclaw/format.h"

#include <ctype.h>
#include <jansson.h>

#define TEXT OCL_FORMAT_TEXT
#define OM   OCL_FORMAT_OPENMETRICS
#define OM_1 "application/openmetrics-text;version=1.0.0"

static struct guarded guarded;

static enum ocl_format ask(const char *accept)
{
	return ocl_format_from_accept(guarded_copy(&guarded, accept, strlen(accept) + 1));
}

START_TEST(format_from_accept_known_headers_choose)
{
	static const struct {
		const char *accept;
		enum ocl_format format;
	} cases[] = {
		/* what scrapers, tools and browsers send */
		{OM_1 ",application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
	         OM},
		{OM_1
	         ";q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
	         OM},
		{OM_1 ";escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/"
	              "plain;version=1.0.0;"
	              "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
	         OM},
		{"*/*", TEXT},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", TEXT},
		{"text/plain", TEXT},
		/* nothing to go by */
		{"", TEXT},
		{" ", TEXT},
		{",", TEXT},
		{",;,;=", TEXT},
		{"application/openmetrics-text extra", TEXT},
		/* named alone, with and without version */
		{OM_1, OM},
		{"application/openmetrics-text", OM},
		{"application/openmetrics-text;charset=utf-8", OM},
		{"application/openmetrics-text;version=\"1.0.0\"", OM},
		{"  application/openmetrics-text  ;  version = 1.0.0  ", OM},
		{"application/openmetrics-text\t;\tversion=1.0.0\t;\tq=0.1", OM},
		{"Application/OpenMetrics-Text ; Version=1.0.0 ; Q=1.0 , text/plain ;q=0.5", OM},
		{"application/openmetrics-tex", TEXT},
		{"application/openmetrics-text2", TEXT},
		{"xapplication/openmetrics-text", TEXT},
		/* other versions are not written */
		{"application/openmetrics-text;version=0.0.1", TEXT},
		{"application/openmetrics-text;version=2.0.0", TEXT},
		{"application/openmetrics-text;version=1.0", TEXT},
		{"application/openmetrics-text;version=1.0.00", TEXT},
		{"application/openmetrics-text;version=", TEXT},
		{"application/openmetrics-text;version=2.0.0," OM_1 ";q=0.1", OM},
		{"application/openmetrics-text;version=2.0.0,text/plain;version=0.0.4;q=0.5", TEXT},
		/* qualities */
		{OM_1 ";q=0.5,text/plain;q=0.4", OM},
		{OM_1 ";q=0.4,text/plain;q=0.5", TEXT},
		{"text/plain;q=0.5," OM_1 ";q=0.5", OM},
		{OM_1 ";q=0.500,text/plain;q=0.501", TEXT},
		{OM_1 ";q=0,text/plain;version=0.0.4", TEXT},
		{OM_1 ";q=0", TEXT},
		{OM_1 ";q=0.000", TEXT},
		{OM_1 ";q=0.001", OM},
		{OM_1 ";q=0.0009", TEXT},
		{OM_1 ";q=1.000", OM},
		{OM_1 ";q=\"0.5\"", OM},
		{OM_1 ",text/plain;q=0", OM},
		{"text/plain;q=0," OM_1 ";q=0.001", OM},
		{"text/plain;q=0", TEXT},
		/* a quality that is none: the range is passed over */
		{OM_1 ";q=1.001", TEXT},
		{OM_1 ";q=2", TEXT},
		{OM_1 ";q=-1", TEXT},
		{OM_1 ";q=.5", TEXT},
		{OM_1 ";q=", TEXT},
		{OM_1 ";q=high", TEXT},
		{OM_1 ";q=0.5x", TEXT},
		{OM_1 ";q=1x", TEXT},
		{OM_1 ";q=10", TEXT},
		{OM_1 ";q=05", TEXT},
		{OM_1 ";q=high,application/openmetrics-text;q=0.5", OM},
		/* a wildcard never chooses OpenMetrics, but speaks for the plain text */
		{"application/*", TEXT},
		{"*/*;q=0.9," OM_1 ";q=0.5", TEXT},
		{"text/*;q=0.9," OM_1 ";q=0.5", TEXT},
		{"text/*;q=0.2,*/*;q=0.9," OM_1 ";q=0.5", OM},
		/* the more specific range decides, whatever its place and quality */
		{"text/plain;version=0.0.4;q=0.3,*/*;q=0.9," OM_1 ";q=0.5", OM},
		{"text/plain;q=0.9,text/plain;version=0.0.4;q=0.3," OM_1 ";q=0.5", OM},
		{"text/plain;version=0.0.4;q=0.3,text/plain;q=0.9," OM_1 ";q=0.5", OM},
		{"application/openmetrics-text;q=0," OM_1, OM},
		{"application/openmetrics-text," OM_1 ";q=0", TEXT},
		{"text/plain;version=1.0.0,text/plain;q=0.3," OM_1 ";q=0.5", OM},
		/* among equally specific ones, the highest */
		{OM_1 ";q=0.1," OM_1 ";q=0.7,text/plain;q=0.5", OM},
		/* quoted strings hide commas and semicolons */
		{"text/plain;a=\"," OM_1 ",\"", TEXT},
		{"text/plain;a=\"\\\"," OM_1 ",\";q=0.5," OM_1 ";q=0.6", OM},
		{"text/plain;a=\"\\\"," OM_1 ",\"", TEXT},
		{"text/plain;a=\"" OM_1, TEXT},
		{"text/plain;a=\"\\", TEXT},
		{OM_1 ";a=\";q=0\"", OM},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_msg(ask(cases[i].accept) == cases[i].format, "%s", cases[i].accept);
	ck_assert_int_eq(ocl_format_from_accept(NULL), TEXT);
}
END_TEST

/* A header of pieces that matter, in any order. */
static void make_header(struct seed *random, char *header, size_t room)
{
	static const char *const pieces[] = {"application/openmetrics-text",
	                                     "text/plain",
	                                     "text/*",
	                                     "*/*",
	                                     ";version=1.0.0",
	                                     ";version=0.0.4",
	                                     ";version=0.0.1",
	                                     ";q=0",
	                                     ";q=0.3",
	                                     ";q=0.7",
	                                     ";q=1",
	                                     ",",
	                                     ",",
	                                     ";",
	                                     "=",
	                                     " ",
	                                     "\"",
	                                     "\\",
	                                     ";a=\",\""};
	size_t length = 0;

	header[0] = '\0';
	for (uint64_t i = seed_below(random, 24); i > 0; i--) {
		const char *piece = pieces[seed_below(random, sizeof pieces / sizeof pieces[0])];
		if (length + strlen(piece) + 1 > room)
			break;
		strcpy(header + length, piece);
		length += strlen(piece);
	}
}

START_TEST(format_from_accept_random_header_obeys_rules)
{
	struct seed random = seed_start("format_from_accept_random_header_obeys_rules");
	char header[600];
	char longer[700];

	for (long i = seed_rounds(200000); i > 0; i--) {
		make_header(&random, header, sizeof header);
		enum ocl_format format = ask(header);
		ck_assert(format == TEXT || format == OM);
		/* asked for first, in full: nothing behind it can outdo that */
		snprintf(longer, sizeof longer, OM_1 ",%s", header);
		ck_assert_msg(ask(longer) == OM, "%s", longer);
		/* without the name it is never chosen */
		if (strstr(header, "application/openmetrics-text") == NULL)
			ck_assert_msg(format == TEXT, "%s", header);
		for (char *at = header; *at != '\0'; at++)
			*at = (char)toupper((unsigned char)*at);
		ck_assert_msg(ask(header) == format, "%s", header);
	}
}
END_TEST

START_TEST(format_content_type_each_names_version_and_charset)
{
	ck_assert_str_eq(ocl_format_content_type(TEXT), "text/plain; version=0.0.4; charset=utf-8");
	ck_assert_str_eq(ocl_format_content_type(OM), "application/openmetrics-text; version=1.0.0; charset=utf-8");
	ck_assert_str_eq(ocl_format_content_type((enum ocl_format)7), "text/plain; version=0.0.4; charset=utf-8");
}
END_TEST

/* The media type and version of a content type, without charset and escaping. */
static enum ocl_format format_of_type(const char *type)
{
	return strncmp(type, "application/openmetrics-text", 28) == 0 ? OM : TEXT;
}

/* Of prometheus/common. To a server without protobuf those types are unknown. Left out, by name, are the cases where
 * OpenMetrics 0.0.1 or 2.0, which are not written here, would be chosen. */
START_TEST(format_from_accept_vectors_agree_with_prometheus)
{
	FILE *file = vectors_open("content_negotiation.jsonl");
	char line[2048];
	int run = 0;
	int left_out = 0;

	if (file == NULL)
		return;
	while (fgets(line, sizeof line, file) != NULL) {
		json_t *object = json_loads(line, 0, NULL);
		ck_assert_ptr_nonnull(object);
		const char *name = json_string_value(json_object_get(object, "name"));
		const char *expected = json_string_value(json_object_get(object, "expected"));
		const char *accept = json_string_value(json_object_get(object, "accept"));
		if (strstr(expected, "version=0.0.1") != NULL || strstr(expected, "version=2.0.0") != NULL) {
			printf("left out: %s\n", name);
			left_out++;
		} else {
			ck_assert_msg(ask(accept) == format_of_type(expected), "%s", name);
			run++;
		}
		json_decref(object);
	}
	fclose(file);
	printf("content_negotiation.jsonl: %d run, %d left out\n", run, left_out);
	ck_assert_int_ge(run, 15);
}
END_TEST

START_TEST(format_from_accept_real_headers_get_what_they_expect)
{
	FILE *file = vectors_open("accept_headers_real.json");
	size_t index;
	json_t *element;

	if (file == NULL)
		return;
	json_t *list = json_loadf(file, 0, NULL);
	fclose(file);
	ck_assert_uint_ge(json_array_size(list), 10);
	json_array_foreach(list, index, element)
	{
		const char *accept = json_string_value(json_object_get(element, "accept"));
		json_t *expect = json_object_get(element, "expect");
		json_t *type = json_object_get(expect, "server_with_om_and_text");
		if (type == NULL)
			type = json_object_get(expect, "any");
		enum ocl_format format = accept != NULL ? ask(accept) : ocl_format_from_accept(NULL);
		ck_assert_msg(format == format_of_type(json_string_value(type)), "%s",
		              json_string_value(json_object_get(element, "source")));
	}
	json_decref(list);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("accept");
	TCase *tests = tcase_create("accept");

	guarded = guarded_open(4096);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, format_from_accept_known_headers_choose);
	tcase_add_test(tests, format_from_accept_random_header_obeys_rules);
	tcase_add_test(tests, format_content_type_each_names_version_and_charset);
	tcase_add_test(tests, format_from_accept_vectors_agree_with_prometheus);
	tcase_add_test(tests, format_from_accept_real_headers_get_what_they_expect);
	suite_add_tcase(suite, tests);
	int status = check_run(suite);
	guarded_close(&guarded);
	return status;
}
