/* One row of the file: a person, one of their cards, their permits. Words that many rows share are made once. */
#include "db/export_cells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/str.h"

#define EPOCH_S 946684800	/* PostgreSQL counts from 2000 */
#define NO_TIME INT64_MAX

/* A department's code and path, or a target as a permit names it. */
struct word {
	int id, place;
	char *text, *path;
	size_t len;
};

struct words {
	struct word *all;
	int count;
};

struct export_words {
	struct words departments, targets;
};

/* One permit of a person. */
struct grant {
	const struct word *target;
	int row, level;
	int64_t from, to;
};

struct export_rows {
	const struct export_words *words;
	const struct cardholder_export *page;
	int *slots, mask;		/* rows of people by id, -1: empty */
	int *card;			/* of each person: the row of the card, -1: none */
	int *permit, *next_permit;	/* of each person the first row, of each permit the next; -1: none */
	struct grant *grants;
	int grants_room;
	char issue[24];
	struct buf text;
};

/* Few times, many who have them. */
struct time_text {
	int64_t t;
	char text[24];
};

/* --- words --------------------------------------------------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	const struct word *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static const struct word *find(const struct words *words, int64_t id)
{
	int64_t last = words->count - 1;
	struct word key = {.id = (int)id};

	/* Most ids follow one another: it is where it would be then, counted from one end or from the other. */
	if (last >= 0) {
		int64_t begin = id - words->all[0].id, end = last - (words->all[last].id - id);
		if (begin >= 0 && begin <= last && words->all[begin].id == id)
			return &words->all[begin];
		if (end >= 0 && end <= last && words->all[end].id == id)
			return &words->all[end];
	}
	return words->count == 0 ? NULL : bsearch(&key, words->all, (size_t)words->count, sizeof(key), by_id);
}

/* One that export_words_know has looked at. */
static const struct word *known(const struct words *words, int64_t id)
{
	const struct word *word = find(words, id);

	if (word == NULL)
		panic("a word of the page is not known");
	return word;
}

struct export_words *export_words_new(const struct db_rows *departments, const struct db_rows *targets)
{
	struct export_words *words = xcalloc(1, sizeof(*words));

	words->departments = (struct words){xcalloc((size_t)db_rows_count(departments) + 1, sizeof(struct word)), db_rows_count(departments)};
	words->targets = (struct words){xcalloc((size_t)db_rows_count(targets) + 1, sizeof(struct word)), db_rows_count(targets)};
	for (int i = 0; i < words->departments.count; i++)
		words->departments.all[i] = (struct word){.id = (int)db_int(departments, i, 0), .text = xstrdup(db_text(departments, i, 1)),
							  .path = xstrdup(db_text(departments, i, 2))};
	for (int i = 0; i < words->targets.count; i++)
		words->targets.all[i] = (struct word){.id = (int)db_int(targets, i, 0), .place = (int)db_int(targets, i, 2),
						      .text = xstrdup(db_text(targets, i, 1)), .len = strlen(db_text(targets, i, 1))};
	return words;
}

static void free_words(struct words *words)
{
	for (int i = 0; i < words->count; i++) {
		free(words->all[i].text);
		free(words->all[i].path);
	}
	free(words->all);
}

void export_words_free(struct export_words *words)
{
	if (words == NULL)
		return;
	free_words(&words->departments);
	free_words(&words->targets);
	free(words);
}

static int64_t target_of(const struct db_rows *permits, int i)
{
	return db_null(permits, i, PERMIT_GATE) ? -db_binary(permits, i, PERMIT_GROUP) : db_binary(permits, i, PERMIT_GATE);
}

bool export_words_know(const struct export_words *words, const struct cardholder_export *page)
{
	for (int i = 0; i < db_rows_count(page->people); i++)
		if (find(&words->departments, db_binary(page->people, i, PERSON_DEPARTMENT)) == NULL)
			return false;
	for (int i = 0; i < db_rows_count(page->permits); i++)
		if (find(&words->targets, target_of(page->permits, i)) == NULL)
			return false;
	return true;
}

/* --- times --------------------------------------------------------------------------------------------------------------------- */

/* Local time as an import reads it: a day alone where it is a whole one. last: an end, which is shown as the last day that counts. */
static void write_time(int64_t t, bool last, char out[24])
{
	time_t seconds = (time_t)((t - ((t % 1000000) + 1000000) % 1000000) / 1000000 + EPOCH_S);
	struct tm tm;

	localtime_r(&seconds, &tm);
	bool whole = tm.tm_hour == 0 && tm.tm_min == 0 && tm.tm_sec == 0;
	if (whole && last) {
		tm.tm_mday--;
		time_t before = timegm(&tm);
		gmtime_r(&before, &tm);
	}
	strftime(out, 24, whole ? "%Y/%m/%d" : "%Y/%m/%d %H:%M", &tm);
}

/* "" for none. */
static const char *time_text(const struct db_rows *rows, int row, int column, bool last)
{
	static struct time_text seen[2][512];	/* an end never takes the place of a beginning, whose text may still be in use */

	if (db_null(rows, row, column))
		return "";
	int64_t t = db_binary(rows, row, column);
	struct time_text *text = &seen[last][((uint32_t)((uint64_t)t / 60000000) * 2654435761u >> 16) % lengthof(seen[0])];	/* days: not the low bits */
	if (text->text[0] == '\0' || text->t != t) {
		text->t = t;
		write_time(t, last, text->text);
	}
	return text->text;
}

/* --- a page -------------------------------------------------------------------------------------------------------------------- */

static int *none(int count)
{
	int *all = xcalloc((size_t)count + 1, sizeof(int));

	memset(all, -1, ((size_t)count + 1) * sizeof(int));
	return all;
}

static int person_of(const struct export_rows *rows, int64_t id)
{
	for (int slot = (int)((uint64_t)id * 2654435761u >> 7) & rows->mask; rows->slots[slot] >= 0; slot = (slot + 1) & rows->mask)
		if (db_binary(rows->page->people, rows->slots[slot], PERSON_ID) == id)
			return rows->slots[slot];
	return -1;
}

static void index_people(struct export_rows *rows, int count)
{
	int size = 16;

	while (size < 2 * count)
		size *= 2;
	rows->mask = size - 1;
	rows->slots = none(size);
	for (int i = 0; i < count; i++) {
		int slot = (int)((uint64_t)db_binary(rows->page->people, i, PERSON_ID) * 2654435761u >> 7) & rows->mask;
		while (rows->slots[slot] >= 0)
			slot = (slot + 1) & rows->mask;
		rows->slots[slot] = i;
	}
}

struct export_rows *export_rows_new(const struct export_words *words, const struct cardholder_export *page)
{
	struct export_rows *rows = xcalloc(1, sizeof(*rows));
	int people = db_rows_count(page->people);

	rows->words = words;
	rows->page = page;
	index_people(rows, people);
	rows->card = none(people);
	rows->permit = none(people);
	rows->next_permit = none(db_rows_count(page->permits));
	for (int i = 0; i < db_rows_count(page->cards); i++) {	/* of several the oldest */
		int person = person_of(rows, db_binary(page->cards, i, CARD_HOLDER));
		if (person >= 0 && (rows->card[person] < 0 || db_binary(page->cards, i, CARD_ID) < db_binary(page->cards, rows->card[person], CARD_ID)))
			rows->card[person] = i;
	}
	for (int i = 0; i < db_rows_count(page->permits); i++) {
		int person = person_of(rows, db_binary(page->permits, i, PERMIT_HOLDER));
		if (person >= 0) {
			rows->next_permit[i] = rows->permit[person];
			rows->permit[person] = i;
		}
	}
	return rows;
}

void export_rows_free(struct export_rows *rows)
{
	if (rows == NULL)
		return;
	free(rows->slots);
	free(rows->card);
	free(rows->permit);
	free(rows->next_permit);
	free(rows->grants);
	buf_free(&rows->text);
	free(rows);
}

static int compare(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_word(const void *a, const void *b)
{
	const struct grant *x = a, *y = b;
	int order = compare(x->target->place, y->target->place);

	if (order == 0)
		order = compare(x->from, y->from);
	return order != 0 ? order : compare(x->to, y->to);
}

static int64_t time_of(const struct db_rows *rows, int row, int column)
{
	return db_null(rows, row, column) ? NO_TIME : db_binary(rows, row, column);
}

static int collect(struct export_rows *rows, int person)
{
	const struct db_rows *permits = rows->page->permits;
	int count = 0;

	for (int i = rows->permit[person]; i >= 0; i = rows->next_permit[i]) {
		if (count == rows->grants_room) {
			rows->grants_room = rows->grants_room == 0 ? 16 : rows->grants_room * 2;
			rows->grants = xreallocarray(rows->grants, (size_t)rows->grants_room, sizeof(*rows->grants));
		}
		rows->grants[count++] = (struct grant){known(&rows->words->targets, target_of(permits, i)), i, (int)db_binary(permits, i, PERMIT_LEVEL),
						       time_of(permits, i, PERMIT_FROM), time_of(permits, i, PERMIT_TO)};
	}
	if (count > 1)
		qsort(rows->grants, (size_t)count, sizeof(*rows->grants), by_word);
	return count;
}

static const char *permits_text(struct export_rows *rows, int person)
{
	const struct db_rows *permits = rows->page->permits;
	int count = collect(rows, person);

	buf_clear(&rows->text);
	for (int i = 0; i < count; i++) {
		const struct grant *grant = &rows->grants[i];
		if (i > 0)
			buf_addc(&rows->text, ';');
		buf_add(&rows->text, grant->target->text, grant->target->len);
		buf_addc(&rows->text, '@');
		buf_addc(&rows->text, (char)('0' + grant->level));
		if (grant->from == NO_TIME && grant->to == NO_TIME)
			continue;
		buf_addc(&rows->text, ' ');
		buf_adds(&rows->text, time_text(permits, grant->row, PERMIT_FROM, false));
		buf_addc(&rows->text, '~');
		buf_adds(&rows->text, time_text(permits, grant->row, PERMIT_TO, true));
	}
	return buf_text(&rows->text);
}

static void write_issue(struct export_rows *rows, int64_t count)
{
	if (count >= 0 && count < 10)	/* nearly always */
		memcpy(rows->issue, (char[]){(char)('0' + count), '\0'}, 2);
	else
		snprintf(rows->issue, sizeof(rows->issue), "%lld", (long long)count);
}

void export_cells(struct export_rows *rows, int person, const char *cells[EXPORT_CELLS])
{
	const struct db_rows *people = rows->page->people, *cards = rows->page->cards;
	const struct word *department = known(&rows->words->departments, db_binary(people, person, PERSON_DEPARTMENT));
	const char *permits = permits_text(rows, person);	/* first: their times take places of the cache */
	int card = rows->card[person], flags = (int)db_binary(people, person, PERSON_FLAGS);

	*cells++ = db_text(people, person, PERSON_NUMBER);
	*cells++ = db_text(people, person, PERSON_NAME);
	*cells++ = db_text(people, person, PERSON_KANA);
	*cells++ = department->text;
	*cells++ = department->path;
	*cells++ = card >= 0 ? db_text(cards, card, CARD_NUMBER) : "";
	*cells++ = card >= 0 ? rows->issue : "";
	if (card >= 0)
		write_issue(rows, db_binary(cards, card, CARD_ISSUE));
	*cells++ = time_text(people, person, PERSON_FROM, false);
	*cells++ = time_text(people, person, PERSON_TO, true);
	for (int flag = 1 << 3; flag > 0; flag >>= 1)
		*cells++ = flags & flag ? "1" : "0";
	*cells++ = db_text(people, person, PERSON_NOTE);
	*cells = permits;
}
