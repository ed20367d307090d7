/* A row of the file to a line of COPY into the staging table. The header says which column is which, by name; what a row alone
 * can tell to be wrong is found here, the rest in SQL (sql/api/import_cardholders.sql). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "import.h"

enum column_rule { RULE_KEY, RULE_TEXT, RULE_CARD, RULE_NUMBER, RULE_FLAG, RULE_FROM, RULE_TO, RULE_PIN, RULE_PERMITS };

/* In the order of the staging table's columns. clear: what a blank cell becomes when blank cells clear; NULL: that is refused. */
struct column {
	const char *name, *ja, *en;
	enum column_rule rule;
	size_t most;
	const char *clear;
};

static const struct column cardholder_columns[] = {
	{"employee_number", "社員番号", "Employee number", RULE_KEY, 32, NULL},
	{"name", "氏名", "Name", RULE_TEXT, 64, NULL},
	{"kana", "カナ", "Kana", RULE_TEXT, 64, ""},
	{"department_code", "所属コード", "Department code", RULE_TEXT, 32, NULL},
	{"department", "所属", "Department", RULE_TEXT, 400, NULL},
	{"card_number", "カード番号", "Card number", RULE_CARD, 16, ""},
	{"issue_count", "発行回数", "Issue count", RULE_NUMBER, 32767, "\\N"},
	{"valid_from", "有効期間開始", "Valid from", RULE_FROM, 0, "-infinity"},
	{"valid_to", "有効期間終了", "Valid to", RULE_TO, 0, "-infinity"},
	{"enabled", "有効", "Enabled", RULE_FLAG, 0, "f"},
	{"lost", "紛失", "Lost", RULE_FLAG, 0, "f"},
	{"extended_unlock", "延長解錠", "Extended unlock", RULE_FLAG, 0, "f"},
	{"apb_exempt", "アンチパスバック免除", "Anti-passback exempt", RULE_FLAG, 0, "f"},
	{"pin", "暗証番号", "PIN", RULE_PIN, 0, ""},
	{"note", "備考", "Note", RULE_TEXT, 1000, ""},
	{"permits", "出入許可", "Permits", RULE_PERMITS, 0, ""},
};
static const struct column department_columns[] = {
	{"code", "所属コード", "Department code", RULE_KEY, 32, NULL},
	{"name", "所属名", "Name", RULE_TEXT, 64, NULL},
	{"parent_code", "上位所属コード", "Parent code", RULE_TEXT, 32, ""},
};

static const struct column *columns_of(const struct import_rows *rows, int *count)
{
	*count = rows->departments ? (int)lengthof(department_columns) : (int)lengthof(cardholder_columns);
	return rows->departments ? department_columns : cardholder_columns;
}

static int header_problem(struct import_rows *rows, const char *code, const char *what)
{
	rows->header_fault = code;
	size_t len = strlen(what);
	while (len >= sizeof(rows->header_detail) || (len > 0 && !utf8_valid(what, len)))
		len--;
	memcpy(rows->header_detail, what, len);
	rows->header_detail[len] = '\0';
	return -1;
}

/* Every name must be known: a column that is misspelt would else be taken for one that keeps. */
static int take_header(struct import_rows *rows, char *const *fields, size_t count)
{
	int known;
	const struct column *columns = columns_of(rows, &known);
	unsigned seen = 0;

	if (count > lengthof(rows->columns))
		return header_problem(rows, "unknown_column", fields[lengthof(rows->columns)]);
	for (size_t i = 0; i < count; i++) {
		int found = -1;
		for (int c = 0; c < known; c++)
			if (strcmp(fields[i], columns[c].name) == 0 || strcmp(fields[i], columns[c].ja) == 0 || strcasecmp(fields[i], columns[c].en) == 0)
				found = c;
		if (found < 0)
			return header_problem(rows, "unknown_column", fields[i]);
		if (seen & (1u << found))
			return header_problem(rows, "repeated_column", fields[i]);
		seen |= 1u << found;
		rows->columns[i] = found;
	}
	if (!(seen & 1u))
		return header_problem(rows, "missing_column", columns[0].ja);
	rows->column_count = count;
	rows->seen = seen;
	return 0;
}

/* Our files put a ' before what a spreadsheet would take for a formula. */
static const char *without_guard(const char *text)
{
	size_t quotes = strspn(text, "'");

	return quotes > 0 && text[quotes] != '\0' && strchr("=+-@\t\r", text[quotes]) != NULL ? text + 1 : text;
}

static const char *put_pin(struct import_rows *rows, const char *text, struct buf *out)
{
	struct buf sealed = {0};
	char context[60];
	const char *wrong = cell_pin(text);

	if (wrong != NULL)
		return wrong;
	snprintf(context, sizeof(context), "import_pin/%lld", (long long)rows->import);
	if (rows->key == NULL || seal_wrap(rows->key, context, text, strlen(text), &sealed) != 0)
		return "no_key";
	buf_add_hex(out, sealed.data, sealed.len);
	buf_free(&sealed);
	rows->pins++;
	return NULL;
}

static const char *put_value(struct import_rows *rows, const struct column *column, const char *text, struct buf *out)
{
	if (*text == '\0' && column->rule == RULE_KEY)
		return "required";
	if (*text == '\0') {
		if (rows->clear && column->clear == NULL)
			return "required";
		buf_adds(out, rows->clear ? column->clear : "\\N");
		return NULL;
	}
	switch (column->rule) {
	case RULE_KEY:
	case RULE_TEXT:
		return cell_text(text, column->most, out);
	case RULE_CARD:
		return cell_card(text, out);
	case RULE_NUMBER:
		return cell_number(text, (int64_t)column->most, out);
	case RULE_FLAG:
		return cell_flag(text, out);
	case RULE_FROM:
	case RULE_TO:
		return cell_time(text, column->rule == RULE_TO, out);
	case RULE_PIN:
		return put_pin(rows, text, out);
	case RULE_PERMITS:
		return cell_permits(text, out);
	}
	panic("a column without a rule");
}

static const char *put_cell(struct import_rows *rows, const struct column *column, const char *text, struct buf *out)
{
	return put_value(rows, column, without_guard(text), out);
}

enum { COLUMN_KEY = 0, COLUMN_CODE = 3, COLUMN_DEPARTMENT = 4, COLUMN_CARD = 5, COLUMN_PIN = 13, COLUMN_PERMITS = 15 };

static bool has_column(const struct import_rows *rows, int column)
{
	return rows->seen >> column & 1;
}

static void clear_cells(struct import_rows *rows)
{
	_Static_assert(lengthof(cardholder_columns) <= lengthof(rows->cells), "a cell for each column");
	for (size_t i = 0; i < lengthof(rows->cells); i++)
		buf_clear(&rows->cells[i]);
}

void import_rows_free(struct import_rows *rows)
{
	for (size_t i = 0; i < lengthof(rows->cells); i++)
		buf_free(&rows->cells[i]);
	buf_free(&rows->lines);
	buf_free(&rows->said);
	import_known_free(rows->known);
	rows->known = NULL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Permits mean the same in any order. */
static void say_permits(struct buf *cell, struct buf *said)
{
	const char *words[1000];
	size_t count = 0;

	for (char *at = cell->data; at != NULL; count++) {
		words[count] = at;
		at = count + 1 < lengthof(words) ? strchr(at, '\x1e') : NULL;	/* of very many the rest counts as one */
		if (at != NULL)
			*at++ = '\0';
	}
	qsort(words, count, sizeof(words[0]), by_text);
	for (size_t i = 0; i < count; i++)
		buf_add(said, words[i], strlen(words[i]) + 1);
	for (size_t i = 0; i + 1 < cell->len; i++)	/* as it was */
		if (cell->data[i] == '\0')
			cell->data[i] = '\x1e';
}

/* All cells of a row as they would be staged. */
static void say(const struct import_rows *rows, struct buf *cells, struct buf *said)
{
	for (size_t i = 0; i < rows->column_count; i++) {
		struct buf *cell = &cells[rows->columns[i]];
		buf_add(said, &cell->len, sizeof(cell->len));
		if (rows->columns[i] == COLUMN_PERMITS && cell->len > 2)
			say_permits(cell, said);
		else
			buf_add(said, buf_text(cell), cell->len);
	}
}

void import_know(struct import_rows *rows, const char *const *exported)
{
	struct buf *cells = rows->cells;
	bool fits = true;

	clear_cells(rows);
	for (size_t i = 0; i < rows->column_count; i++) {
		int c = rows->columns[i];
		const char *text = c < COLUMN_PIN ? exported[c] : c == COLUMN_PIN ? "" : exported[c - 1];
		fits = put_value(rows, &cardholder_columns[c], text, &cells[c]) == NULL && fits;
	}
	buf_clear(&rows->said);
	say(rows, cells, &rows->said);
	if (fits)
		import_known_add(rows->known, exported[COLUMN_KEY], exported[COLUMN_CARD], &rows->said);
}

static bool says_no_pin(const struct import_rows *rows, const struct buf *cells)
{
	return !has_column(rows, COLUMN_PIN) || strcmp(buf_text(&cells[COLUMN_PIN]), "\\N") == 0;
}

/* A name alone may be that of several departments. */
static bool says_which_department(const struct import_rows *rows)
{
	return has_column(rows, COLUMN_CODE) || !has_column(rows, COLUMN_DEPARTMENT);
}

/* Of a row that said nothing new until another came with its key or card: as much as shows that there are two. */
static void put_met(struct import_rows *rows, const struct import_met *met)
{
	if (met->n == 0)
		return;
	buf_addf(&rows->lines, "%d\t\\N\t\\N", met->n);
	for (int c = 0; c < (int)lengthof(cardholder_columns); c++) {
		buf_addc(&rows->lines, '\t');
		if (c == COLUMN_KEY)
			cell_escape(&rows->lines, met->key, strlen(met->key));
		else
			buf_adds(&rows->lines, c == COLUMN_CARD && met->card[0] != '\0' ? met->card : "\\N");
	}
	buf_addc(&rows->lines, '\n');
}

/* True: this row needs no judging. */
static bool says_nothing_new(struct import_rows *rows, int64_t n, char *const *fields, size_t count, struct buf *cells, const char *code)
{
	struct import_met met[2];
	const char *key = "", *card = code == NULL ? buf_text(&cells[COLUMN_CARD]) : "";

	if (rows->known == NULL)
		return false;
	for (size_t i = 0; i < count && i < rows->column_count; i++)
		if (rows->columns[i] == COLUMN_KEY && cells[COLUMN_KEY].len > 0)
			key = without_guard(fields[i]);
	buf_clear(&rows->said);
	bool comparable = code == NULL && says_no_pin(rows, cells) && says_which_department(rows);
	if (comparable)
		say(rows, cells, &rows->said);
	if (import_known_same(rows->known, (int)n, key, card, comparable ? &rows->said : NULL, met))
		return true;
	put_met(rows, &met[0]);
	put_met(rows, &met[1]);
	return false;
}

/* n, code, field, then the columns; of a refused row the key alone, when there is one. */
static void put_line(struct import_rows *rows, int64_t n, char *const *fields, size_t count)
{
	int known;
	const struct column *columns = columns_of(rows, &known);
	struct buf *cells = rows->cells;
	const char *code = NULL, *field = NULL;

	clear_cells(rows);
	if (count != rows->column_count)
		code = count < rows->column_count ? "too_few_cells" : "too_many_cells";
	for (size_t i = 0; i < count && i < rows->column_count; i++) {
		int c = rows->columns[i];
		const char *wrong = rows->delete && c > 0 ? NULL : put_cell(rows, &columns[c], fields[i], &cells[c]);
		if (rows->delete && c > 0)
			buf_adds(&cells[c], "\\N");
		if (wrong != NULL && code == NULL) {
			code = wrong;
			field = columns[c].name;
		}
		if (wrong != NULL)
			buf_clear(&cells[c]);
	}
	if (says_nothing_new(rows, n, fields, count, cells, code))
		return;
	buf_addf(&rows->lines, "%lld\t%s\t%s", (long long)n, code ? code : "\\N", field ? field : "\\N");
	for (int c = 0; c < known; c++) {
		bool empty = !has_column(rows, c) || (code != NULL && (c > 0 || cells[c].len == 0));
		buf_addc(&rows->lines, '\t');
		buf_add(&rows->lines, empty ? "\\N" : buf_text(&cells[c]), empty ? 2 : cells[c].len);
	}
	buf_addc(&rows->lines, '\n');
}

int import_take_row(void *arg, int64_t n, char *const *fields, size_t count)
{
	struct import_rows *rows = arg;

	if (n == 1)
		return take_header(rows, fields, count) != 0 ? -1 : rows->headed(rows->arg);
	rows->count++;
	put_line(rows, n, fields, count);
	return rows->lines.len > 65536 ? rows->flush(rows->arg) : 0;
}
