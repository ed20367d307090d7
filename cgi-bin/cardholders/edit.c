/* One cardholder registered, changed, deleted, lost, given another card. A PIN comes in here and leaves sealed: it is in no reply, no
 * statement and no log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/seal.h"
#include "cgi-bin/cardholders/handlers.h"
#include "web/server.h"

#define PERSON_FIELDS(needed) \
	{"employee_number", .type = WEB_TEXT, .lo = 1, .hi = 32, .required = needed}, \
	{"name", .type = WEB_TEXT, .lo = 1, .hi = 64, .required = needed}, \
	{"kana", .type = WEB_TEXT, .lo = 0, .hi = 64}, \
	{"department", .type = WEB_INT, .lo = 1, .hi = INT32_MAX, .required = needed}, \
	{"valid_from", .type = WEB_TIME, .lo = WEB_WHOLE_MINUTE, .nullable = true}, \
	{"valid_to", .type = WEB_TIME, .lo = WEB_WHOLE_MINUTE, .nullable = true}, \
	{"enabled", .type = WEB_BOOL}, \
	{"pin", .type = WEB_TEXT, .lo = 4, .hi = 8, .nullable = true}, \
	{"extended_unlock", .type = WEB_BOOL}, \
	{"apb_exempt", .type = WEB_BOOL}, \
	{"note", .type = WEB_TEXT, .lo = 0, .hi = 1000}, \
	{"card_number", .type = WEB_TEXT, .lo = 1, .hi = 16, .nullable = true}, \
	{"issue_count", .type = WEB_INT, .lo = 0, .hi = 999}, \
	{0}

const struct web_field cardholder_fields[] = {PERSON_FIELDS(true)};
const struct web_field cardholder_change_fields[] = {PERSON_FIELDS(false)};
const struct web_field lost_fields[] = {
	{"lost", .type = WEB_BOOL, .required = true},
	{"card", .type = WEB_INT, .lo = 1, .hi = INT32_MAX},
	{"comment", .type = WEB_TEXT, .lo = 0, .hi = 500},
	{0},
};
const struct web_field reissue_fields[] = {
	{"card_number", .type = WEB_TEXT, .lo = 1, .hi = 16, .required = true},
	{0},
};

int check_card_number(struct web_request *request, const char *name)
{
	const struct web_value *value = web_member(request, name);
	char pointer[40];

	if (value->count == 0 || value->texts[0][strspn(value->texts[0], "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] == '\0')
		return 0;
	snprintf(pointer, sizeof(pointer), "/%s", name);
	return web_field_problem(request, pointer, "malformed", "Letters and digits only.");
}

static int check_person(struct web_request *request)
{
	const struct web_value *from = web_member(request, "valid_from"), *to = web_member(request, "valid_to");
	const struct web_value *pin = web_member(request, "pin");
	int result = check_card_number(request, "card_number");

	if (pin->count > 0 && pin->texts[0][strspn(pin->texts[0], "0123456789")] != '\0')
		result = web_field_problem(request, "/pin", "malformed", "4 to 8 digits.");
	if (from->count > 0 && to->count > 0 && from->numbers[0] >= to->numbers[0])
		result = web_field_problem(request, "/valid_to", "out_of_range", "Later than valid_from.");
	return result;
}

/* The PIN of this request, sealed for that cardholder: *sealed stays empty without one. 0, or -1 with the problem set. */
static int seal_pin(struct web_request *request, int64_t id, struct buf *sealed)
{
	const struct web_value *pin = web_member(request, "pin");
	const char *path = request->server->config.common.master_key_file;
	struct seal_key key;
	char context[40];

	if (pin->count == 0)
		return 0;
	if (seal_load(path, &key) != 0) {
		log_warnx("a PIN can not be sealed: set master_key_file");
		return web_problem(request, WEB_PROBLEM_INTERNAL, NULL);
	}
	snprintf(context, sizeof(context), "cardholder_pin/%lld", (long long)id);
	int result = seal_wrap(&key, context, pin->texts[0], strlen(pin->texts[0]), sealed);
	seal_clear(&key);
	return result == 0 ? 0 : web_problem(request, WEB_PROBLEM_INTERNAL, NULL);
}

void create_cardholder(struct web_request *request)
{
	struct buf pin = {0};
	int64_t id;

	if (check_person(request) != 0)
		return;
	if (cardholder_new_id(request->db, &id) != DB_OK) {
		web_database_problem(request);
		return;
	}
	char *fields = web_given_members(request, cardholder_fields, "pin");
	if (seal_pin(request, id, &pin) == 0) {
		if (cardholder_create(request->db, id, fields, &pin) != DB_OK) {
			web_database_problem(request);
		} else {
			request->status = 201;
			web_header(request, "Location", "/api/v1/cardholders/%lld", (long long)id);
			reply_cardholder(request, id);
		}
	}
	buf_free(&pin);
	free(fields);
}

void patch_cardholder(struct web_request *request)
{
	int64_t id = web_int(request, "id", 0);
	const struct web_value *given = web_member(request, "pin");
	struct buf pin = {0};

	if (check_person(request) != 0)
		return;
	char *change = web_given_members(request, cardholder_change_fields, "pin");
	bool set_pin = given->count > 0 || given->none;
	if (strcmp(change, "{}") == 0 && !set_pin) {
		web_field_problem(request, "", "missing", "Give at least one field to change.");
	} else if (seal_pin(request, id, &pin) == 0) {
		enum db_result result = cardholder_update(request->db, id, request->if_match, change, set_pin ? &pin : NULL);
		if (result == DB_OK)
			reply_cardholder(request, id);
		else
			cardholder_problem(request, result, id);
	}
	buf_free(&pin);
	free(change);
}

void reply_revision(struct web_request *request, int64_t revision)
{
	put_object(&request->json, NULL);
	put_int(&request->json, "revision", revision);
	put_end_object(&request->json);
}

void delete_cardholder(struct web_request *request)
{
	int64_t id = web_int(request, "id", 0), revision;
	enum db_result result = cardholder_delete(request->db, id, request->if_match, &revision);

	if (result == DB_OK)
		reply_revision(request, revision);
	else
		cardholder_problem(request, result, id);
}

/* No If-Match: a lost card must not wait until somebody has looked at what else was changed. */
void lose_cards(struct web_request *request)
{
	const struct web_value *card = web_member(request, "card"), *comment = web_member(request, "comment");
	int64_t id = web_int(request, "id", 0);
	enum db_result result = cardholder_lost(request->db, id, web_member(request, "lost")->numbers[0] != 0,
						card->count ? card->numbers[0] : 0, comment->count ? comment->texts[0] : "");

	if (result == DB_OK)
		reply_cardholder(request, id);
	else
		cardholder_problem(request, result, id);
}

void reissue_card(struct web_request *request)
{
	int64_t id = web_int(request, "id", 0);

	if (check_card_number(request, "card_number") != 0)
		return;
	enum db_result result = cardholder_reissue(request->db, id, request->if_match, web_member(request, "card_number")->texts[0]);
	if (result == DB_OK)
		reply_cardholder(request, id);
	else
		cardholder_problem(request, result, id);
}
