/* SPDX-License-Identifier: BSD-2-Clause */
#include "guestclock/duration.h"

#include <string.h>

static const struct {
	const char *name;
	gint64 ns;
} units[] = {
	{ "h", G_GINT64_CONSTANT(3600000000000) },
	{ "min", G_GINT64_CONSTANT(60000000000) },
	{ "s", 1000000000 },
	{ "ms", 1000000 },
	{ "us", 1000 },
	{ "ns", 1 },
};

static gboolean fail(GError **error, GNumberParserError code, const char *message)
{
	g_set_error_literal(error, G_NUMBER_PARSER_ERROR, code, message);
	return FALSE;
}

static gint64 unit_ns(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
		if (strcmp(units[i].name, name) == 0)
			return units[i].ns;
	return 0;
}

/* The digits at *p, advanced past them. FALSE: the number does not fit. */
static gboolean read_integer(const char **p, gint64 *value)
{
	*value = 0;
	for (; g_ascii_isdigit(**p); (*p)++)
		if (__builtin_mul_overflow(*value, 10, value) ||
			__builtin_add_overflow(*value, **p - '0', value))
			return FALSE;
	return TRUE;
}

/*
 * The digits behind the decimal point as a part of scale. From the last digit to the first, each
 * step adds one digit's worth and divides by ten; the result is whole exactly if every step is.
 */
static gboolean read_fraction(const char **p, gint64 scale, gint64 *value)
{
	const char *first = *p;
	const char *digit;

	while (g_ascii_isdigit(**p))
		(*p)++;
	*value = 0;
	for (digit = *p; digit-- > first;) {
		*value += (*digit - '0') * scale;
		if (*value % 10)
			return FALSE;
		*value /= 10;
	}
	return TRUE;
}

static gboolean set_unit_error(GError **error, const char *unit)
{
	if (strcmp(unit, "") == 0)
		return fail(error, G_NUMBER_PARSER_ERROR_INVALID,
			"the unit is missing (ns, us, ms, s, min or h)");
	if (strcmp(unit, "m") == 0)
		return fail(error, G_NUMBER_PARSER_ERROR_INVALID,
			"\"m\" could be minutes or milliseconds: write min or ms");
	return fail(error, G_NUMBER_PARSER_ERROR_INVALID,
		"unknown unit (known are ns, us, ms, s, min and h)");
}

gboolean gclk_duration_parse(const char *text, gint64 *ns, GError **error)
{
	static const char form[] = "not a number with a unit, as in \"100ms\" or \"1.5 s\"";
	static const char large[] = "more than 292 years";
	g_autofree char *copy = g_strstrip(g_strdup(text));
	const char *p = copy;
	const char *fraction = NULL;
	gint64 whole, part = 0, unit;

	if (!g_ascii_isdigit(*p))
		return fail(error, G_NUMBER_PARSER_ERROR_INVALID, form);
	if (!read_integer(&p, &whole))
		return fail(error, G_NUMBER_PARSER_ERROR_OUT_OF_BOUNDS, large);
	if (*p == '.') {
		fraction = ++p;
		while (g_ascii_isdigit(*p))
			p++;
		if (p == fraction)
			return fail(error, G_NUMBER_PARSER_ERROR_INVALID, form);
	}
	while (*p == ' ' || *p == '\t')
		p++;
	if (*p && !g_ascii_isalpha(*p))
		return fail(error, G_NUMBER_PARSER_ERROR_INVALID, form);
	unit = unit_ns(p);
	if (!unit)
		return set_unit_error(error, p);
	if (fraction && !read_fraction(&fraction, unit, &part))
		return fail(error, G_NUMBER_PARSER_ERROR_OUT_OF_BOUNDS, "finer than a nanosecond");
	if (__builtin_mul_overflow(whole, unit, &whole) ||
		__builtin_add_overflow(whole, part, &whole))
		return fail(error, G_NUMBER_PARSER_ERROR_OUT_OF_BOUNDS, large);
	*ns = whole;
	return TRUE;
}

const char *gclk_duration_format(gint64 ns, char buffer[GCLK_DURATION_TEXT_MAX])
{
	gsize i = 0;
	gint64 rest;
	int width = 0;

	while (units[i].ns > 1 && units[i].ns > ns)
		i++;
	/* a third of an hour has no finite decimals: take the next unit then */
	while (units[i].ns > 1000000000 && ns % (units[i].ns / 10))
		i++;
	rest = ns % units[i].ns;
	if (rest) {
		gint64 scale = units[i].ns / 10; /* of the last digit that is written */

		for (width = 1; rest % scale; width++)
			scale /= 10;
		rest /= scale;
	}
	if (width)
		g_snprintf(buffer, GCLK_DURATION_TEXT_MAX,
			"%" G_GINT64_FORMAT ".%0*" G_GINT64_FORMAT "%s", ns / units[i].ns, width,
			rest, units[i].name);
	else
		g_snprintf(buffer, GCLK_DURATION_TEXT_MAX, "%" G_GINT64_FORMAT "%s",
			ns / units[i].ns, units[i].name);
	return buffer;
}
