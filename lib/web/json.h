/* Writes JSON straight into a buffer; commas by itself. A list of a thousand rows costs no tree of objects.
 *
 * In an object give the member's name as key; in an array (and at the top) give NULL.
 */
#ifndef WEB_JSON_H
#define WEB_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct json {
	struct buf text;
	bool comma;	/* the next value needs one before it */
};

void put_object(struct json *json, const char *key);
void put_end_object(struct json *json);
void put_array(struct json *json, const char *key);
void put_end_array(struct json *json);
/* NULL becomes null. */
void put_string(struct json *json, const char *key, const char *text);
void put_int(struct json *json, const char *key, int64_t value);
void put_bool(struct json *json, const char *key, bool value);
void put_null(struct json *json, const char *key);
/* RFC 3339 in UTC with milliseconds. */
void put_time(struct json *json, const char *key, int64_t wall_ms);
/* Text that is JSON already. */
void put_raw(struct json *json, const char *key, const char *text);
/* {"id":…,"name":…}, or null when id is 0. */
void put_ref(struct json *json, const char *key, int64_t id, const char *name);

#endif
