/* Where a chain was touched. See the header. A few entries are looked ahead, since what was done to one shows in the next. */
#include "db/log_verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AHEAD 4		/* entries held: the one that is judged and those behind it */
#define SHIFTS 64	/* how many entries that were deleted with numbers moved up are still counted */
#define MAX_FINDINGS 1000

struct item {
	int64_t number;
	char *fields[LOG_FIELDS];
	unsigned char hash[LOG_HASH];
};

struct log_verifier {
	char log[40];
	log_found *found;
	void *arg;
	unsigned char (*keys)[LOG_KEY];
	size_t key_count;
	struct log_checkpoint *checkpoints;	/* good ones, by number */
	size_t checkpoint_count, checkpoint_at;
	int64_t first_needed;			/* of the newest that says */
	struct item ahead[AHEAD];
	int held;
	bool began, known;			/* known: hash is what was before */
	unsigned char hash[LOG_HASH];
	int64_t next;				/* the number that is to come */
	int64_t shift;				/* what to add to numbers that were moved */
	int64_t agreed;				/* the last entry under a checkpoint that matched */
	struct log_verdict verdict;
};

const char *log_finding_word(enum log_finding_kind kind)
{
	static const char *const words[] = {"changed", "deleted", "inserted", "swapped", "cut", "rewritten", "broken", "checkpoint"};

	return words[kind];
}

struct log_verifier *log_verifier_new(const char *log, log_found *found, void *arg)
{
	struct log_verifier *v = xcalloc(1, sizeof(*v));

	snprintf(v->log, sizeof(v->log), "%s", log);
	v->found = found;
	v->arg = arg;
	v->first_needed = 1;
	return v;
}

static void item_free(struct item *item)
{
	for (int i = 0; i < LOG_FIELDS; i++)
		free(item->fields[i]);
	*item = (struct item){0};
}

void log_verifier_free(struct log_verifier *v)
{
	if (v == NULL)
		return;
	for (int i = 0; i < v->held; i++)
		item_free(&v->ahead[i]);
	free(v->keys);
	free(v->checkpoints);
	free(v);
}

static void tell(struct log_verifier *v, enum log_finding_kind kind, int64_t from, int64_t to, const char *format, ...) __attribute__((format(printf, 5, 6)));

static void tell(struct log_verifier *v, enum log_finding_kind kind, int64_t from, int64_t to, const char *format, ...)
{
	struct log_finding finding = {.kind = kind, .from = from, .to = to};
	va_list args;

	va_start(args, format);
	vsnprintf(finding.text, sizeof(finding.text), format, args);
	va_end(args);
	if (++v->verdict.findings <= MAX_FINDINGS)
		v->found(v->arg, &finding);
}

void log_verifier_key(struct log_verifier *v, const unsigned char public_key[LOG_KEY])
{
	v->keys = xreallocarray(v->keys, v->key_count + 1, sizeof(*v->keys));
	memcpy(v->keys[v->key_count++], public_key, LOG_KEY);
}

static const unsigned char *find_key(const struct log_verifier *v, const char *wanted)
{
	char id[LOG_KEY_ID];

	for (size_t i = 0; i < v->key_count; i++) {
		log_key_id(v->keys[i], id);
		if (strcmp(id, wanted) == 0)
			return v->keys[i];
	}
	return NULL;
}

void log_verifier_checkpoint(struct log_verifier *v, const struct log_checkpoint *checkpoint)
{
	const unsigned char *key = find_key(v, checkpoint->key);
	int64_t number = checkpoint->number;

	if (strcmp(checkpoint->log, v->log) != 0) {
		tell(v, LOG_FOUND_CHECKPOINT, number, number, "checkpoint %lld is of another log, %s", (long long)number, checkpoint->log);
		return;
	}
	if (key == NULL || !log_checkpoint_is_good(checkpoint, key)) {
		tell(v, LOG_FOUND_CHECKPOINT, number, number, "checkpoint %lld of %s: %s", (long long)number, checkpoint->at,
		     key ? "its signature is wrong" : "its key is not among those given");
		return;
	}
	v->checkpoints = xreallocarray(v->checkpoints, v->checkpoint_count + 1, sizeof(*v->checkpoints));
	v->checkpoints[v->checkpoint_count++] = *checkpoint;
	if (checkpoint->first > v->first_needed)
		v->first_needed = checkpoint->first;
}

void log_verifier_from(struct log_verifier *v, int64_t number)
{
	if (number > v->first_needed)
		v->first_needed = number;
}

void log_verifier_previous(struct log_verifier *v, const unsigned char hash[LOG_HASH])
{
	memcpy(v->hash, hash, LOG_HASH);
	v->known = true;
}

static int by_number(const void *a, const void *b)
{
	const struct log_checkpoint *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* What item hashes to after `previous`, as if it had that number. */
static bool follows(const unsigned char previous[LOG_HASH], const struct item *item, int64_t number, const char *sealed_at, const unsigned char wanted[LOG_HASH],
		    unsigned char made[LOG_HASH])
{
	const char *fields[LOG_FIELDS];
	char digits[24];

	memcpy(fields, item->fields, sizeof(fields));
	snprintf(digits, sizeof(digits), "%lld", (long long)number);
	fields[LOG_NUMBER] = digits;
	if (sealed_at != NULL)
		fields[LOG_SEALED_AT] = sealed_at;
	log_link(previous, fields, made);
	return memcmp(made, wanted, LOG_HASH) == 0;
}

static bool links(const unsigned char previous[LOG_HASH], const struct item *item, int64_t number)
{
	unsigned char made[LOG_HASH];

	return follows(previous, item, number, NULL, item->hash, made);
}

static void drop(struct log_verifier *v)
{
	item_free(&v->ahead[0]);
	v->held--;
	memmove(&v->ahead[0], &v->ahead[1], (size_t)v->held * sizeof(v->ahead[0]));
}

/* Compares with the checkpoints of this place; hash is what the chain says there. */
static void compare(struct log_verifier *v, int64_t number, const unsigned char hash[LOG_HASH])
{
	for (; v->checkpoint_at < v->checkpoint_count && v->checkpoints[v->checkpoint_at].number <= number; v->checkpoint_at++) {
		const struct log_checkpoint *checkpoint = &v->checkpoints[v->checkpoint_at];
		if (checkpoint->number < number)	/* of what is not there any more, by right or not */
			continue;
		if (memcmp(checkpoint->hash, hash, LOG_HASH) == 0) {
			v->verdict.matched++;
			v->agreed = v->verdict.covered = number;
			continue;
		}
		tell(v, LOG_FOUND_REWRITTEN, v->agreed + 1, number, "entries %lld to %lld were rewritten: the checkpoint of %s has another hash for %lld",
		     (long long)v->agreed + 1, (long long)number, checkpoint->at, (long long)number);
		v->agreed = number;
	}
}

static void accept(struct log_verifier *v, const unsigned char hash[LOG_HASH])
{
	int64_t number = v->ahead[0].number + v->shift;
	unsigned char kept[LOG_HASH];

	memcpy(kept, hash, LOG_HASH);
	memcpy(v->hash, kept, LOG_HASH);
	v->known = true;
	v->next = number + 1;
	v->verdict.entries++;
	v->verdict.last = number;
	drop(v);
	compare(v, number, kept);
}

/* The checkpoint that ends what is before `number` stands for it. */
static bool known_before(const struct log_verifier *v, int64_t number, unsigned char hash[LOG_HASH])
{
	if (number == 1) {
		log_genesis(v->log, hash);
		return true;
	}
	for (size_t i = 0; i < v->checkpoint_count; i++)
		if (v->checkpoints[i].number == number - 1) {
			memcpy(hash, v->checkpoints[i].hash, LOG_HASH);
			return true;
		}
	return false;
}

static void begin(struct log_verifier *v, int64_t number)
{
	unsigned char before[LOG_HASH];

	v->began = true;
	v->verdict.first = number;
	v->next = number;
	v->agreed = number - 1;
	if (v->checkpoint_count > 0)	/* none: there is no array either */
		qsort(v->checkpoints, v->checkpoint_count, sizeof(*v->checkpoints), by_number);
	if (number > v->first_needed)
		tell(v, LOG_FOUND_CUT, v->first_needed, number - 1, "entries %lld to %lld are cut off at the beginning", (long long)v->first_needed,
		     (long long)number - 1);
	if (known_before(v, number, before)) {
		memcpy(v->hash, before, LOG_HASH);
		v->known = true;
	}
}

/* Two neighbours changed places: with their hashes (only the numbers stayed), or without. */
static bool swapped(struct log_verifier *v)
{
	const struct item *a = &v->ahead[0], *b = &v->ahead[1];
	unsigned char first[LOG_HASH], second[LOG_HASH];

	if (v->held < 2 || b->number != a->number + 1)
		return false;
	int64_t number = a->number + v->shift;
	bool with = follows(v->hash, b, number, NULL, b->hash, first) && follows(first, a, number + 1, NULL, a->hash, second);
	if (!with && !(follows(v->hash, b, number, a->fields[LOG_SEALED_AT], a->hash, first) &&
		       follows(first, a, number + 1, b->fields[LOG_SEALED_AT], b->hash, second)))
		return false;
	tell(v, LOG_FOUND_SWAPPED, number, number + 1, "entries %lld and %lld are swapped", (long long)number, (long long)number + 1);
	accept(v, first);
	accept(v, second);
	return true;
}

/* Numbers from here on were moved, because something before was taken out or put in. */
static bool shifted(struct log_verifier *v)
{
	const struct item *a = &v->ahead[0], *b = &v->ahead[1];
	int64_t number = a->number + v->shift;

	if (v->held < 2 || b->number != a->number + 1)
		return false;
	if (links(v->hash, b, number)) {
		tell(v, LOG_FOUND_INSERTED, number, number, "entry %lld was inserted, and the numbers after it moved", (long long)number);
		drop(v);
		v->shift--;
		return true;
	}
	for (int64_t k = -SHIFTS; k <= SHIFTS; k++) {
		if (k == 0 || number + k < 1 || !links(a->hash, b, number + 1 + k))
			continue;
		if (k > 0)
			tell(v, LOG_FOUND_DELETED, number, number + k - 1, "entries %lld to %lld were deleted, and the numbers after them moved", (long long)number,
			     (long long)(number + k - 1));
		else
			tell(v, LOG_FOUND_INSERTED, number + k, number - 1, "entries %lld to %lld were inserted, and the numbers after them moved",
			     (long long)(number + k), (long long)number - 1);
		v->shift += k;
		accept(v, a->hash);
		return true;
	}
	return false;
}

static bool checkpoint_has(const struct log_verifier *v, int64_t number, const unsigned char hash[LOG_HASH])
{
	for (size_t i = v->checkpoint_at; i < v->checkpoint_count; i++)
		if (v->checkpoints[i].number == number && memcmp(v->checkpoints[i].hash, hash, LOG_HASH) == 0)
			return true;
	return false;
}

/* ahead[0] has the number that is to come, and does not follow. made: what it would hash to. */
static void explain(struct log_verifier *v, const unsigned char made[LOG_HASH])
{
	const struct item *a = &v->ahead[0], *b = &v->ahead[1];
	int64_t number = a->number + v->shift;
	bool more = v->held > 1;

	if (swapped(v))
		return;
	if ((more && links(a->hash, b, number + 1)) || checkpoint_has(v, number, a->hash)) {
		tell(v, LOG_FOUND_CHANGED, number, number, "entry %lld was changed", (long long)number);
		accept(v, a->hash);
		return;
	}
	if ((more && links(made, b, number + 1)) || checkpoint_has(v, number, made)) {
		tell(v, LOG_FOUND_CHANGED, number, number, "the hash of entry %lld was changed", (long long)number);
		accept(v, made);
		return;
	}
	if (shifted(v))
		return;
	tell(v, LOG_FOUND_BROKEN, number, number, more ? "entry %lld does not follow from the one before" : "entry %lld was changed, or put there", (long long)number);
	accept(v, a->hash);
}

static void judge_gap(struct log_verifier *v)
{
	struct item *a = &v->ahead[0];
	int64_t number = a->number + v->shift;
	unsigned char before[LOG_HASH];

	if (v->held > 1 && v->ahead[1].number + v->shift == v->next && number == v->next + 1) {
		tell(v, LOG_FOUND_SWAPPED, v->next, number, "entries %lld and %lld stand in the wrong order", (long long)v->next, (long long)number);
		struct item kept = *a;
		*a = v->ahead[1];
		v->ahead[1] = kept;
		return;
	}
	tell(v, LOG_FOUND_DELETED, v->next, number - 1, v->next == number - 1 ? "entry %lld was deleted" : "entries %lld to %lld were deleted", (long long)v->next,
	     (long long)number - 1);
	v->next = number;
	v->known = known_before(v, number, before);
	if (v->known)
		memcpy(v->hash, before, LOG_HASH);
}

static void judge(struct log_verifier *v)
{
	struct item *a = &v->ahead[0];
	unsigned char made[LOG_HASH];

	if (!v->began)
		begin(v, a->number);
	int64_t number = a->number + v->shift;
	if (number < v->next) {
		tell(v, LOG_FOUND_INSERTED, number, number, "an entry with the number %lld is there once more", (long long)number);
		drop(v);
	} else if (number > v->next) {
		judge_gap(v);
	} else if (!v->known) {	/* nothing says what was before: its hash is believed until a checkpoint comes */
		accept(v, a->hash);
	} else if (follows(v->hash, a, number, NULL, a->hash, made)) {
		accept(v, made);
	} else if (v->held > 1 && v->ahead[1].number == a->number && links(v->hash, &v->ahead[1], number)) {
		tell(v, LOG_FOUND_INSERTED, number, number, "an entry with the number %lld was inserted", (long long)number);
		drop(v);
	} else {
		explain(v, made);
	}
}

void log_verifier_entry(struct log_verifier *v, const char *const fields[LOG_FIELDS], const unsigned char hash[LOG_HASH])
{
	struct item *item = &v->ahead[v->held++];

	if (parse_int(fields[LOG_NUMBER], INT64_MIN / 2, INT64_MAX / 2, &item->number) != 0)
		item->number = 0;
	for (int i = 0; i < LOG_FIELDS; i++)
		item->fields[i] = xstrdup(fields[i]);
	memcpy(item->hash, hash, LOG_HASH);
	while (v->held == AHEAD)
		judge(v);
}

void log_verifier_end(struct log_verifier *v, int64_t head, struct log_verdict *verdict)
{
	int64_t wanted = 0;
	const char *at = "";

	while (v->held > 0)
		judge(v);
	for (size_t i = 0; i < v->checkpoint_count; i++)
		if (v->checkpoints[i].number > wanted) {
			wanted = v->checkpoints[i].number;
			at = v->checkpoints[i].at;
		}
	int64_t missing = v->verdict.last + 1 > v->first_needed ? v->verdict.last + 1 : v->first_needed;
	if (missing <= wanted)
		tell(v, LOG_FOUND_CUT, missing, wanted, "entries %lld to %lld are cut off at the end: the checkpoint of %s has them", (long long)missing,
		     (long long)wanted, at);
	else if (head > v->verdict.last && head >= v->first_needed)
		tell(v, LOG_FOUND_CUT, missing, head, "entries %lld to %lld are cut off at the end: the head of the chain has them", (long long)missing, (long long)head);
	*verdict = v->verdict;
}
