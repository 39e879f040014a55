/* SPDX-License-Identifier: MIT */
/* Reads doubles as 16 hexadecimal digits, one a line, and prints their text in both forms. For oracle_number.py. */
#include "metrics/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	char line[64];

	while (fgets(line, sizeof line, stdin) != NULL) {
		unsigned long long bits = strtoull(line, NULL, 16);
		char text[OCL__NUMBER_MAX];
		char as_float[OCL__NUMBER_MAX];
		double value;
		memcpy(&value, &bits, sizeof value);
		size_t length = ocl__number_text(text, value);
		size_t float_length = ocl__number_float(as_float, value);
		printf("%.*s %.*s\n", (int)length, text, (int)float_length, as_float);
	}
	return 0;
}
