/* Reading the log, its checkpoints and keys, from files or from the database. See the header. */
#include "audit_source.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/log_audit.h"

#define TIMEOUT_MS 86400000	/* a year's log takes minutes */

static int complain(const struct audit *audit, const char *what)
{
	log_warnx("%s: %s", what, audit->db ? db_error(audit->db)->message : "");
	return -1;
}

static const char *text_of(struct json_object *json, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(json, name, &value) && json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static int64_t number_of(struct json_object *json, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(json, name, &value) && json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : -1;
}

/* The object of a line; NULL when it has none. What is before it, the time and name of a journal's line, is skipped. */
static struct json_object *line_object(const char *line)
{
	const char *start = strchr(line, '{');
	struct json_object *json = start ? json_tokener_parse(start) : NULL;

	if (json == NULL || json_object_is_type(json, json_type_object))
		return json;
	json_object_put(json);
	return NULL;
}

static int read_header(struct audit *audit)
{
	char *line = NULL;
	size_t room = 0;
	struct json_object *json = getline(&line, &room, audit->in) > 0 ? line_object(line) : NULL;

	snprintf(audit->log, sizeof(audit->log), "%s", json ? text_of(json, "log") : "");
	free(line);
	json_object_put(json);
	if (audit->log[0] != '\0')
		return 0;
	log_warnx("%s does not begin as kidoban-audit export writes it", audit->file);
	return -1;
}

int audit_open(struct audit *audit)
{
	if (audit->file != NULL) {
		audit->in = fopen(audit->file, "re");
		if (audit->in == NULL) {
			log_warn("%s", audit->file);
			return -1;
		}
		return read_header(audit);
	}
	char *conninfo = xasprintf("%s options='-c default_transaction_isolation=repeatable\\\\ read'", audit->conninfo);
	audit->db = db_new(conninfo, TIMEOUT_MS);
	free(conninfo);
	if (log_audit_begin(audit->db, audit->log, &audit->head, &audit->unsealed) != DB_OK)
		return complain(audit, "the database");
	return 0;
}

void audit_close(struct audit *audit)
{
	if (audit->in != NULL)
		fclose(audit->in);
	if (audit->db != NULL)
		db_rollback(audit->db);
	db_free(audit->db);
}

static int feed_key_file(const char *path, struct log_verifier *verifier)
{
	unsigned char key[LOG_KEY];
	char text[65536];
	FILE *in = fopen(path, "re");
	const char *at = text;
	int count = 0;

	if (in == NULL) {
		log_warn("%s", path);
		return -1;
	}
	text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
	fclose(in);
	while (log_key_from_pem(&at, key) == 0) {
		log_verifier_key(verifier, key);
		count++;
	}
	if (count == 0)
		log_warnx("%s has no Ed25519 public key", path);
	return count > 0 ? 0 : -1;
}

int audit_feed_keys(struct audit *audit, struct log_verifier *verifier)
{
	unsigned char key[LOG_KEY];
	struct db_rows *rows;

	for (int i = 0; i < audit->key_file_count; i++)
		if (feed_key_file(audit->key_files[i], verifier) != 0)
			return -1;
	if (audit->key_file_count > 0 || audit->db == NULL)
		return 0;
	audit->own_keys = true;
	if (log_audit_keys(audit->db, &rows) != DB_OK)
		return complain(audit, "keys");
	for (int i = 0; i < db_rows_count(rows); i++)
		if (parse_hex(db_text(rows, i, 0), key, sizeof(key)) == 0)
			log_verifier_key(verifier, key);
	db_rows_free(rows);
	return 0;
}

/* 0, or -1 when it is none. */
static int read_checkpoint(struct json_object *json, struct log_checkpoint *checkpoint)
{
	*checkpoint = (struct log_checkpoint){.number = number_of(json, "number"), .first = number_of(json, "first")};
	snprintf(checkpoint->log, sizeof(checkpoint->log), "%s", text_of(json, "log"));
	snprintf(checkpoint->at, sizeof(checkpoint->at), "%s", text_of(json, "at"));
	snprintf(checkpoint->key, sizeof(checkpoint->key), "%s", text_of(json, "key"));
	bool whole = checkpoint->number >= 0 && checkpoint->first >= 1 && parse_hex(text_of(json, "hash"), checkpoint->hash, LOG_HASH) == 0 &&
		     parse_hex(text_of(json, "signature"), checkpoint->signature, LOG_SIGNATURE) == 0;
	return whole ? 0 : -1;
}

static int feed_checkpoint_file(const char *path, struct log_verifier *verifier)
{
	struct log_checkpoint checkpoint;
	char *line = NULL;
	size_t room = 0;
	int count = 0, number = 0;
	FILE *in = fopen(path, "re");

	if (in == NULL) {
		log_warn("%s", path);
		return -1;
	}
	while (getline(&line, &room, in) > 0) {
		struct json_object *json = line_object(line);
		number++;
		if (json != NULL && read_checkpoint(json, &checkpoint) == 0) {
			log_verifier_checkpoint(verifier, &checkpoint);
			count++;
		} else if (line[strspn(line, " \r\n")] != '\0') {
			log_warnx("%s, line %d: not a checkpoint; skipped", path, number);
		}
		json_object_put(json);
	}
	free(line);
	fclose(in);
	if (count == 0)
		log_warnx("%s has no checkpoint", path);
	return count > 0 ? 0 : -1;
}

static void checkpoint_of(const struct db_rows *rows, int row, struct log_checkpoint *checkpoint)
{
	*checkpoint = (struct log_checkpoint){.number = db_int(rows, row, 1), .first = db_int(rows, row, 3)};
	snprintf(checkpoint->log, sizeof(checkpoint->log), "%s", db_text(rows, row, 0));
	snprintf(checkpoint->at, sizeof(checkpoint->at), "%s", db_text(rows, row, 4));
	snprintf(checkpoint->key, sizeof(checkpoint->key), "%s", db_text(rows, row, 5));
	/* What is not of the right length stays zeros, which no signature fits. */
	if (parse_hex(db_text(rows, row, 2), checkpoint->hash, LOG_HASH) != 0 || parse_hex(db_text(rows, row, 6), checkpoint->signature, LOG_SIGNATURE) != 0)
		memset(checkpoint->signature, 0, LOG_SIGNATURE);
}

int audit_feed_checkpoints(struct audit *audit, struct log_verifier *verifier)
{
	struct log_checkpoint checkpoint;
	struct db_rows *rows;

	for (int i = 0; i < audit->checkpoint_file_count; i++)
		if (feed_checkpoint_file(audit->checkpoint_files[i], verifier) != 0)
			return -1;
	if (audit->db == NULL)
		return 0;
	audit->own_checkpoints = audit->checkpoint_file_count == 0;
	if (log_audit_checkpoints(audit->db, &rows) != DB_OK)
		return complain(audit, "checkpoints");
	for (int i = 0; i < db_rows_count(rows); i++) {
		checkpoint_of(rows, i, &checkpoint);
		log_verifier_checkpoint(verifier, &checkpoint);
	}
	db_rows_free(rows);
	return 0;
}

static int feed_file(struct audit *audit, struct log_verifier *verifier)
{
	const char *fields[LOG_FIELDS];
	unsigned char hash[LOG_HASH];
	char *line = NULL;
	size_t room = 0;
	int number = 1, result = 0;

	while (result == 0 && getline(&line, &room, audit->in) > 0) {
		struct json_object *json = line_object(line);
		number++;
		for (int i = 0; json != NULL && i < LOG_FIELDS; i++)
			fields[i] = text_of(json, log_field_names[i]);
		/* A hash that is none can not be right: zeros say so. */
		if (json != NULL && parse_hex(text_of(json, "hash"), hash, LOG_HASH) != 0)
			memset(hash, 0, LOG_HASH);
		if (json != NULL) {
			log_verifier_entry(verifier, fields, hash);
		} else {
			log_warnx("%s, line %d is not JSON", audit->file, number);
			result = -1;
		}
		json_object_put(json);
	}
	free(line);
	return result;
}

static int feed_database(struct audit *audit, struct log_verifier *verifier)
{
	const char *fields[LOG_FIELDS];
	unsigned char hash[LOG_HASH];
	struct db_rows *rows;
	int count;

	if (log_audit_open(audit->db, audit->from) != DB_OK)
		return complain(audit, "entries");
	do {
		if (log_audit_next(audit->db, &rows) != DB_OK)
			return complain(audit, "entries");
		count = db_rows_count(rows);
		for (int row = 0; row < count; row++) {
			for (int i = 0; i < LOG_FIELDS; i++)
				fields[i] = db_text(rows, row, i);
			if (parse_hex(db_text(rows, row, LOG_FIELDS), hash, LOG_HASH) != 0)
				memset(hash, 0, LOG_HASH);
			log_verifier_entry(verifier, fields, hash);
		}
		db_rows_free(rows);
	} while (count > 0);
	return 0;
}

int audit_feed_entries(struct audit *audit, struct log_verifier *verifier)
{
	unsigned char hash[LOG_HASH];
	char text[65];

	if (audit->in != NULL)
		return feed_file(audit, verifier);
	if (audit->from > 1 && log_audit_previous(audit->db, audit->from, text) == DB_OK && parse_hex(text, hash, LOG_HASH) == 0)
		log_verifier_previous(verifier, hash);
	return feed_database(audit, verifier);
}

static void add_string(struct buf *line, const char *name, const char *text)
{
	buf_addf(line, "%s\"%s\":", line->data[line->len - 1] == '{' ? "" : ",", name);
	buf_json_string(line, text);
}

static int put_line(struct buf *line, FILE *out)
{
	buf_addc(line, '\n');
	bool done = fwrite(line->data, 1, line->len, out) == line->len;
	buf_clear(line);
	if (!done)
		log_warn("writing");
	return done ? 0 : -1;
}

static int export_rows(const struct db_rows *rows, FILE *out)
{
	struct buf line = {0};
	int result = 0;

	for (int row = 0; row < db_rows_count(rows) && result == 0; row++) {
		buf_addc(&line, '{');
		for (int i = 0; i < LOG_FIELDS; i++)
			add_string(&line, log_field_names[i], db_text(rows, row, i));
		add_string(&line, "hash", db_text(rows, row, LOG_FIELDS));
		buf_addc(&line, '}');
		result = put_line(&line, out);
	}
	buf_free(&line);
	return result;
}

int audit_export(struct audit *audit, FILE *out)
{
	struct buf line = {0};
	struct db_rows *rows;
	int count, result;

	buf_adds(&line, "{\"format\":\"kidoban system log 1\"");
	add_string(&line, "log", audit->log);
	buf_addc(&line, '}');
	result = put_line(&line, out);
	buf_free(&line);
	if (result != 0 || log_audit_open(audit->db, audit->from) != DB_OK)
		return result != 0 ? -1 : complain(audit, "entries");
	do {
		if (log_audit_next(audit->db, &rows) != DB_OK)
			return complain(audit, "entries");
		count = db_rows_count(rows);
		result = export_rows(rows, out);
		db_rows_free(rows);
	} while (count > 0 && result == 0);
	return result != 0 || fflush(out) != 0 ? -1 : 0;
}

int audit_print_checkpoints(struct audit *audit, FILE *out)
{
	struct log_checkpoint checkpoint;
	struct buf line = {0};
	struct db_rows *rows;
	int result = 0;

	if (log_audit_checkpoints(audit->db, &rows) != DB_OK)
		return complain(audit, "checkpoints");
	for (int i = 0; i < db_rows_count(rows) && result == 0; i++) {
		checkpoint_of(rows, i, &checkpoint);
		log_checkpoint_write(&checkpoint, &line);
		result = put_line(&line, out);
	}
	db_rows_free(rows);
	buf_free(&line);
	return result;
}

int audit_print_keys(struct audit *audit, FILE *out)
{
	unsigned char key[LOG_KEY];
	struct buf pem = {0};
	struct db_rows *rows;

	if (log_audit_keys(audit->db, &rows) != DB_OK)
		return complain(audit, "keys");
	for (int i = 0; i < db_rows_count(rows); i++)
		if (parse_hex(db_text(rows, i, 0), key, sizeof(key)) == 0)
			log_key_pem(key, &pem);
	db_rows_free(rows);
	int result = fputs(buf_text(&pem), out) < 0 || fflush(out) != 0 ? -1 : 0;
	buf_free(&pem);
	return result;
}
