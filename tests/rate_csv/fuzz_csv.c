/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a CSV file: no crash, no leak, no hang, and what csv.c reads is what plain_csv.h says, record by record: the
 * fields to the byte, the lines, what is bad and where reading goes on behind it.
 *
 * The first byte chooses the separator and whether a block of the file is to end within the text: then the second says where.
 */
#include "csv.h"
#include "plain_csv.h"

static void check_record(const struct csv *csv, const struct plain *plain)
{
	REQUIRE(csv->field_count == plain->field_count);
	REQUIRE(csv->record_line == plain->record_line);
	for (size_t i = 0; i < csv->field_count; i++) {
		size_t length = 0;
		const char *field = csv_field(csv, i, &length);
		REQUIRE(length == plain->starts[i + 1] - plain->starts[i] - 1);
		REQUIRE(memcmp(field, plain->text + plain->starts[i], length + 1) == 0);
	}
}

static void check_bad(const struct csv *csv, const struct plain *plain)
{
	REQUIRE(csv->error_line == plain->error_line);
	REQUIRE(csv->error[0] != '\0' && memchr(csv->error, '\0', sizeof csv->error) != NULL);
}

/* `first` bytes are in the block as if they were the last of it; the file holds the rest. */
static void check_file(FILE *file, struct plain *plain, int separator, size_t first)
{
	static struct csv csv;
	enum csv_result got;

	csv_open(&csv, file, "input", separator);
	csv.at = CSV_BLOCK - first;
	csv.end = CSV_BLOCK;
	csv.bytes = first;
	memcpy(csv.block + csv.at, plain->bytes, first);
	do {
		int want = plain_read(plain);
		got = csv_read(&csv);
		REQUIRE((got == CSV_RECORD) == (want == PLAIN_RECORD) && (got == CSV_BAD) == (want == PLAIN_BAD));
		if (got == CSV_RECORD)
			check_record(&csv, plain);
		else if (got == CSV_BAD)
			check_bad(&csv, plain);
		REQUIRE(got == CSV_END || csv.record_lines == plain->record_lines);
		REQUIRE(csv.line == plain->line && csv.separator == plain->separator);
	} while (got != CSV_END);
	REQUIRE(csv.bytes == plain->size && csv_read(&csv) == CSV_END);
	csv_close(&csv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char separators[] = {0, ',', ';', '\t'};
	struct input input = {data, size, NULL};
	struct plain plain;
	int choice = next_byte(&input);
	int separator = separators[choice & 3];
	size_t first = 0;

	if (size > CSV_BLOCK)
		return 0;
	if ((choice & 4) != 0) {
		first = 1 + next_byte(&input);
		separator = separator == 0 ? ',' : separator; /* it is looked for in one block */
	}
	size = input.left +
	       (first > 0); /* an empty line before the block's last bytes: they are not the file's first */
	uint8_t *bytes = (uint8_t *)room_of(size);
	bytes[0] = '\n';
	if (input.left > 0)
		memcpy(bytes + size - input.left, input.at, input.left);
	first = first < size ? first : size;
	FILE *file = first < size ? fmemopen(bytes + first, size - first, "r") : fopen("/dev/null", "r");
	REQUIRE(file != NULL);
	plain_open(&plain, bytes, size, separator);
	check_file(file, &plain, separator, first);
	plain_close(&plain);
	fclose(file);
	free(bytes);
	return 0;
}
