/* Which row is it? */
#include <string.h>

#include "base/str.h"
#include "web/route.h"

static const char *const method_names[] = {"", "GET", "POST", "PATCH", "PUT", "DELETE"};

enum web_method web_method_from(const char *text)
{
	if (strcmp(text, "HEAD") == 0)
		return WEB_GET;
	for (size_t i = 1; i < lengthof(method_names); i++)
		if (strcmp(text, method_names[i]) == 0)
			return (enum web_method)i;
	return 0;
}

const char *web_method_name(enum web_method method)
{
	return method_names[method];
}

int web_decode(char *text, bool plus)
{
	char *out = text;

	for (; *text != '\0'; text++) {
		unsigned char byte;
		if (*text == '%') {
			char hex[3] = {text[1], text[1] == '\0' ? '\0' : text[2], '\0'};
			if (parse_hex(hex, &byte, 1) != 0 || byte == 0)
				return -1;
			*out++ = (char)byte;
			text += 2;
		} else {
			*out++ = plus && *text == '+' ? ' ' : *text;
		}
	}
	*out = '\0';
	return 0;
}

/* Cuts "/a/b" into its segments; -1 when there are too many, one is empty, or one is malformed. */
static int cut(char *path, char *parts[WEB_MAX_SEGMENTS])
{
	int count = 0;

	while (*path == '/') {
		*path++ = '\0';
		if (count == WEB_MAX_SEGMENTS)
			return -1;
		parts[count++] = path;
		path += strcspn(path, "/");
	}
	for (int i = 0; i < count; i++)
		if (parts[i][0] == '\0' || web_decode(parts[i], false) != 0)
			return -1;
	return count;
}

/* -1: no match; else how many segments are fixed, which says how good the match is. */
static int match(const char *pattern, char *const parts[], int count)
{
	int fixed = 0;

	for (int i = 0; i < count; i++) {
		if (*pattern++ != '/')
			return -1;
		size_t len = strcspn(pattern, "/");
		if (pattern[0] != '{') {
			if (strlen(parts[i]) != len || memcmp(parts[i], pattern, len) != 0)
				return -1;
			fixed++;
		}
		pattern += len;
	}
	return *pattern == '\0' ? fixed : -1;
}

static void take_segments(const char *pattern, char *const parts[], int count, char *segments[])
{
	int taken = 0;

	for (int i = 0; i < count; i++) {
		pattern++;
		if (pattern[0] == '{')
			segments[taken++] = parts[i];
		pattern += strcspn(pattern, "/");
	}
}

enum web_match web_route_find(const struct web_routes *routes, enum web_method method, char *path, const struct web_route **route,
			      char *segments[WEB_MAX_SEGMENTS], unsigned *methods)
{
	char *parts[WEB_MAX_SEGMENTS];
	int best = -1;
	int count = cut(path, parts);

	*route = NULL;
	*methods = 0;
	if (count <= 0)
		return WEB_NO_PATH;
	for (size_t i = 0; i < routes->count; i++) {
		const struct web_route *row = &routes->rows[i];
		int fixed = match(row->pattern, parts, count);
		if (fixed < 0 || fixed < best)
			continue;
		if (fixed > best) {
			best = fixed;
			*methods = 0;
			*route = NULL;
		}
		*methods |= 1u << row->method;
		if (row->method == method)
			*route = row;
	}
	if (best < 0)
		return WEB_NO_PATH;
	if (*route == NULL)
		return WEB_NO_METHOD;
	take_segments((*route)->pattern, parts, count, segments);
	return WEB_MATCH;
}
