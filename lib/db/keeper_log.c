#include "db/keeper_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/keeper_internal.h"

enum keeper_result keeper_seal(struct keeper_db *db, int most, int *sealed)
{
	char text[16];
	const char *values[] = { text };
	PGresult *r;

	snprintf(text, sizeof text, "%d", most);
	enum keeper_result result = keeper_ask(db, "SELECT api.keeper_seal($1::int4)", 1, values, &r);
	if (result != KEEPER_OK)
		return result;
	*sealed = atoi(PQgetvalue(r, 0, 0));
	PQclear(r);
	return KEEPER_OK;
}

enum keeper_result keeper_log_quiet(struct keeper_db *db)
{
	return keeper_ask(db, "SELECT api.keeper_log_quiet()", 0, NULL, NULL);
}

enum keeper_result keeper_log_say(struct keeper_db *db, const char *action, const char *object, const char *outcome, const char *details)
{
	const char *values[] = { action, object, outcome, details };

	return keeper_ask(db, "SELECT api.keeper_log_say($1, $2, $3, $4)", 4, values, NULL);
}

static int64_t number_at(const PGresult *r, int row, int column)
{
	return strtoll(PQgetvalue(r, row, column), NULL, 10);
}

/* Hexadecimal of exactly that many bytes; what is not is all zeros, which no hash or signature is. */
static void bytes_at(const PGresult *r, int row, int column, unsigned char *out, size_t len)
{
	if (parse_hex(PQgetvalue(r, row, column), out, len) != 0)
		memset(out, 0, len);
}

enum keeper_result keeper_log_to_sign(struct keeper_db *db, struct keeper_to_sign *out, bool *any)
{
	PGresult *r;
	enum keeper_result result = keeper_ask(db,
	    "SELECT log, number, encode(hash, 'hex'), first, at, from_number, encode(from_hash, 'hex'), from_first, from_key, from_at,"
	    " encode(from_signature, 'hex'), drops FROM api.keeper_log_to_sign()", 0, NULL, &r);

	if (result != KEEPER_OK)
		return result;
	*out = (struct keeper_to_sign){0};
	*any = PQntuples(r) == 1;
	if (*any) {
		snprintf(out->checkpoint.log, sizeof out->checkpoint.log, "%s", PQgetvalue(r, 0, 0));
		snprintf(out->checkpoint.at, sizeof out->checkpoint.at, "%s", PQgetvalue(r, 0, 4));
		out->checkpoint.number = number_at(r, 0, 1);
		bytes_at(r, 0, 2, out->checkpoint.hash, LOG_HASH);
		out->checkpoint.first = number_at(r, 0, 3);
		memcpy(out->last.log, out->checkpoint.log, sizeof out->last.log);
		out->last.number = number_at(r, 0, 5);
		bytes_at(r, 0, 6, out->last.hash, LOG_HASH);
		out->last.first = number_at(r, 0, 7);
		snprintf(out->last.key, sizeof out->last.key, "%s", PQgetvalue(r, 0, 8));
		snprintf(out->last.at, sizeof out->last.at, "%s", PQgetvalue(r, 0, 9));
		bytes_at(r, 0, 10, out->last.signature, LOG_SIGNATURE);
		out->drops = PQgetvalue(r, 0, 11)[0] == 't';
	}
	PQclear(r);
	return KEEPER_OK;
}

enum keeper_result keeper_log_signed(struct keeper_db *db, const struct log_checkpoint *checkpoint)
{
	char number[24], first[24], hash[2 + 2 * LOG_HASH + 1] = "\\x", signature[2 + 2 * LOG_SIGNATURE + 1] = "\\x";
	const char *values[] = { number, checkpoint->at, hash, first, checkpoint->key, signature };

	snprintf(number, sizeof number, "%lld", (long long)checkpoint->number);
	snprintf(first, sizeof first, "%lld", (long long)checkpoint->first);
	format_hex(checkpoint->hash, LOG_HASH, hash + 2);
	format_hex(checkpoint->signature, LOG_SIGNATURE, signature + 2);
	return keeper_ask(db, "SELECT api.keeper_log_signed($1::int8, $2, $3::bytea, $4::int8, $5, $6::bytea)", 6, values, NULL);
}

enum keeper_result keeper_log_entries(struct keeper_db *db, int64_t after, int most, keeper_log_entry *each, void *arg, int *count)
{
	char from[24], limit[16];
	const char *values[] = { from, limit }, *fields[LOG_FIELDS];
	unsigned char hash[LOG_HASH];
	PGresult *r;

	snprintf(from, sizeof from, "%lld", (long long)after);
	snprintf(limit, sizeof limit, "%d", most);
	enum keeper_result result = keeper_ask(db, "SELECT * FROM api.keeper_log_entries($1::int8, $2::int4)", 2, values, &r);
	if (result != KEEPER_OK)
		return result;
	*count = PQntuples(r);
	for (int i = 0; i < *count; i++) {
		for (int f = 0; f < LOG_FIELDS; f++)
			fields[f] = PQgetvalue(r, i, f);
		bytes_at(r, i, LOG_FIELDS, hash, LOG_HASH);
		each(arg, fields, hash);
	}
	PQclear(r);
	return KEEPER_OK;
}

enum keeper_result keeper_log_keys(struct keeper_db *db, struct keeper_log_key **out, size_t *count)
{
	PGresult *r;
	enum keeper_result result = keeper_ask(db,
	    "SELECT key, encode(public_key, 'hex'), encode(wrapped, 'hex') FROM api.keeper_log_keys()", 0, NULL, &r);

	*out = NULL;
	*count = 0;
	if (result != KEEPER_OK)
		return result;
	*count = (size_t)PQntuples(r);
	*out = xcalloc(*count + 1, sizeof **out);
	for (size_t i = 0; i < *count; i++) {
		struct keeper_log_key *key = &(*out)[i];
		const char *wrapped = PQgetvalue(r, (int)i, 2);
		size_t len = strlen(wrapped) / 2;

		snprintf(key->id, sizeof key->id, "%s", PQgetvalue(r, (int)i, 0));
		bytes_at(r, (int)i, 1, key->public_key, LOG_KEY);
		if (parse_hex(wrapped, buf_reserve(&key->wrapped, len + 1), len) == 0)
			key->wrapped.len = len;
	}
	PQclear(r);
	return KEEPER_OK;
}

enum keeper_result keeper_log_key_add(struct keeper_db *db, const struct keeper_log_key *key)
{
	char public_key[2 + 2 * LOG_KEY + 1] = "\\x";
	struct buf wrapped = {0};
	const char *values[] = { key->id, public_key, NULL };

	format_hex(key->public_key, LOG_KEY, public_key + 2);
	buf_adds(&wrapped, "\\x");
	buf_add_hex(&wrapped, key->wrapped.data, key->wrapped.len);
	values[2] = buf_text(&wrapped);
	enum keeper_result result = keeper_ask(db, "SELECT api.keeper_log_key_add($1, $2::bytea, $3::bytea)", 3, values, NULL);
	buf_free(&wrapped);
	return result;
}

enum keeper_result keeper_alarm(struct keeper_db *db, const char *kind, const char *subject, const char *severity, const char *detail, bool raised, bool *changed)
{
	const char *values[] = { kind, subject, severity, detail, raised ? "t" : "f" };
	PGresult *r;
	enum keeper_result result = keeper_ask(db, "SELECT api.keeper_alarm($1, $2, $3, $4, $5::bool)", 5, values, &r);

	*changed = false;
	if (result != KEEPER_OK)
		return result;
	*changed = PQgetvalue(r, 0, 0)[0] == 't';
	PQclear(r);
	return KEEPER_OK;
}

/* Rows of a name, a number and an age; what is null is -1. */
static enum keeper_result each_number(struct keeper_db *db, const char *sql, keeper_named_number *each, void *arg)
{
	PGresult *r;
	enum keeper_result result = keeper_ask(db, sql, 0, NULL, &r);

	if (result != KEEPER_OK)
		return result;
	for (int i = 0; i < PQntuples(r); i++)
		each(arg, PQgetvalue(r, i, 0), number_at(r, i, 1), PQgetisnull(r, i, 2) ? -1 : number_at(r, i, 2));
	PQclear(r);
	return KEEPER_OK;
}

enum keeper_result keeper_daemons(struct keeper_db *db, keeper_named_number *each, void *arg)
{
	return each_number(db, "SELECT name, 0, age_s FROM api.keeper_daemons()", each, arg);
}

enum keeper_result keeper_backlogs(struct keeper_db *db, keeper_named_number *each, void *arg)
{
	return each_number(db, "SELECT kind, waiting, age_s FROM api.keeper_backlogs()", each, arg);
}

enum keeper_result keeper_clock(struct keeper_db *db, int64_t *now_ms)
{
	PGresult *r;
	enum keeper_result result = keeper_ask(db, "SELECT api.keeper_now()", 0, NULL, &r);

	if (result != KEEPER_OK)
		return result;
	*now_ms = number_at(r, 0, 0);
	PQclear(r);
	return KEEPER_OK;
}
