/* The change history in words. What the database gives as JSON is small: a row's fields, or a count for each table. */
#include "cgi-bin/explanations/words.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "gate/codes.h"

static bool is_english(const char *lang)
{
	return lang[0] == 'e';
}

static const char *comma(const char *lang)
{
	return is_english(lang) ? "; " : "、";
}

/* The label, or the code itself when it is of a newer version. */
static const char *word(const char *label, const char *code)
{
	return label ? label : code;
}

static const char *table_word(const char *table, const char *lang)
{
	return word(change_table_label(change_table_from_code(table), lang), table);
}

void put_origin(struct csv *csv, const char *origin, const char *lang)
{
	csv_cell(csv, word(change_origin_label(change_origin_from_code(origin), lang), origin));
}

void put_kind(struct csv *csv, const char *kind, const char *lang)
{
	char code[80];

	snprintf(code, sizeof(code), "%s", kind);
	if (strchr(code, '.') != NULL)
		*strchr(code, '.') = '_';
	csv_cell(csv, word(change_kind_label(change_kind_from_code(code), lang), kind));
}

void put_table(struct csv *csv, const char *table, const char *lang)
{
	csv_cell(csv, table_word(table, lang));
}

void put_action(struct csv *csv, const char *action, const char *lang)
{
	csv_cell(csv, word(change_action_label(change_action_from_code(action), lang), action));
}

static void put_buf(struct csv *csv, struct buf *text)
{
	csv_cell(csv, buf_text(text));
	buf_free(text);
}

void put_comment(struct csv *csv, const struct change_set *set, const char *lang)
{
	struct buf text = {0};

	if (strcmp(set->kind, "undo") == 0)
		buf_addf(&text, is_english(lang) ? "Undid revision %s" : "リビジョン %s の取り消し", set->comment);
	else
		buf_adds(&text, set->comment);
	put_buf(csv, &text);
}

void put_counts(struct csv *csv, const char *counts, const char *lang)
{
	static const char *const actions[] = {"added", "changed", "removed"};
	struct json_object *all = json_tokener_parse(counts), *n;
	struct buf text = {0};

	json_object_object_foreach(all, table, of) {
		buf_addf(&text, "%s%s:", text.len > 0 ? comma(lang) : "", table_word(table, lang));
		for (size_t i = 0; i < lengthof(actions); i++)
			if (json_object_object_get_ex(of, actions[i], &n) && json_object_get_int64(n) > 0)
				buf_addf(&text, " %s %lld", change_action_label(change_action_from_code(actions[i]), lang), (long long)json_object_get_int64(n));
	}
	json_object_put(all);
	put_buf(csv, &text);
}

/* --- fields -------------------------------------------------------------------------------------------------------------------- */

/* A field may have a word of its own in a table: a cardholder's name is no gate's. */
static const char *field_word(const char *table, const char *field, const char *lang)
{
	char own[80];

	snprintf(own, sizeof(own), "%s_%s", table, field);
	const char *label = change_field_label(change_field_from_code(own), lang);
	return word(label ? label : change_field_label(change_field_from_code(field), lang), field);
}

/* Validity is said in days where they are whole, the last one included, as in lists of cardholders. */
static void add_validity(struct buf *text, time_t t, bool last)
{
	struct tm tm;
	char day[40];

	localtime_r(&t, &tm);
	bool whole = tm.tm_hour == 0 && tm.tm_min == 0;
	if (whole && last) {
		tm.tm_mday--;
		tm.tm_hour = 12;
		tm.tm_isdst = -1;
		mktime(&tm);
	}
	strftime(day, sizeof(day), whole ? "%Y/%m/%d" : "%Y/%m/%d %H:%M", &tm);
	buf_adds(text, day);
}

static void add_text(struct buf *text, const char *field, const char *value, const char *lang)
{
	struct tm tm;
	char local[40];
	int64_t ms;

	if (strcmp(field, "entry_reader") == 0 || strcmp(field, "exit_reader") == 0) {
		buf_adds(text, word(reader_kind_label(reader_kind_from_code(value), lang), value));
	} else if (strncmp(field, "valid_", 6) == 0 && clock_parse(value, &ms) == 0) {
		add_validity(text, (time_t)(ms / 1000), strcmp(field, "valid_to") == 0);
	} else if (strcmp(field, "lost_at") == 0 && clock_parse(value, &ms) == 0) {
		time_t t = (time_t)(ms / 1000);
		localtime_r(&t, &tm);
		strftime(local, sizeof(local), "%Y/%m/%d %H:%M:%S", &tm);
		buf_adds(text, local);
	} else {
		buf_adds(text, value);
	}
}

static bool is_blank(struct json_object *value)
{
	return value == NULL || (json_object_is_type(value, json_type_string) && json_object_get_string_len(value) == 0);
}

static void add_value(struct buf *text, const char *field, struct json_object *value, const char *lang)
{
	struct json_object *name;

	if (is_blank(value)) {
		buf_adds(text, is_english(lang) ? "(blank)" : "(空欄)");
	} else if (strcmp(field, "has_pin") == 0) {
		bool set = json_object_get_boolean(value);
		buf_adds(text, is_english(lang) ? (set ? "Set" : "Not set") : set ? "設定済み" : "未設定");
	} else if (json_object_is_type(value, json_type_boolean)) {
		bool yes = json_object_get_boolean(value);
		buf_adds(text, is_english(lang) ? (yes ? "Yes" : "No") : yes ? "はい" : "いいえ");
	} else if (json_object_is_type(value, json_type_string)) {
		add_text(text, field, json_object_get_string(value), lang);
	} else if (json_object_object_get_ex(value, "name", &name)) {	/* what it points to; nameless when out of scope */
		struct json_object *id = json_object_object_get(value, "id");
		if (is_blank(name))
			buf_addf(text, "#%s", json_object_get_string(id));
		else
			buf_adds(text, json_object_get_string(name));
	} else {
		buf_adds(text, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	}
}

static void add_field(struct buf *text, const char *table, const char *field, struct json_object *value, const char *lang)
{
	buf_addf(text, "%s%s: ", text->len > 0 ? comma(lang) : "", field_word(table, field, lang));
	add_value(text, field, value, lang);
}

/* A PIN is never told, only whether there is one. */
static const char *shown(const char *changed)
{
	return strcmp(changed, "pin") == 0 ? "has_pin" : changed;
}

/* What a row held, of the fields that changed; of all of them when changed is NULL, but not what is blank or no. */
static void put_held(struct csv *csv, const char *table, const char *json, struct json_object *changed, const char *lang)
{
	struct json_object *row = json[0] != '\0' ? json_tokener_parse(json) : NULL;
	struct buf text = {0};

	if (row != NULL && changed != NULL) {
		for (size_t i = 0; i < json_object_array_length(changed); i++) {
			const char *field = shown(json_object_get_string(json_object_array_get_idx(changed, i)));
			add_field(&text, table, field, json_object_object_get(row, field), lang);
		}
	} else if (row != NULL) {
		json_object_object_foreach(row, field, value)
			if (!is_blank(value) && !(json_object_is_type(value, json_type_boolean) && !json_object_get_boolean(value)))
				add_field(&text, table, field, value, lang);
	}
	json_object_put(row);
	put_buf(csv, &text);
}

void put_fields(struct csv *csv, const struct change_row *row, const char *lang)
{
	struct json_object *changed = row->changed[0] != '\0' ? json_tokener_parse(row->changed) : NULL;
	struct buf names = {0};

	for (size_t i = 0; changed != NULL && i < json_object_array_length(changed); i++)
		buf_addf(&names, "%s%s", i > 0 ? comma(lang) : "",
			 field_word(row->table, shown(json_object_get_string(json_object_array_get_idx(changed, i))), lang));
	put_buf(csv, &names);
	put_held(csv, row->table, row->before, changed, lang);
	put_held(csv, row->table, row->after, changed, lang);
	json_object_put(changed);
}
