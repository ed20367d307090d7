/*
 * Plays scenario files against the driver with virtual time and prints TAP: a line for every `expect`, and one a file for
 * the rules that must hold throughout (world.c). The words are in tests/replay/README.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/codes.h"
#include "world.h"

enum { WORDS_MAX = 16 };

static unsigned tests, failures;

struct line {
	const char *file;
	unsigned number;
	int count;
	char *word[WORDS_MAX];
};

static void
bad_line(const struct line *l, const char *why)
{
	printf("Bail out! %s:%u: %s\n", l->file, l->number, why);
	exit(99);
}

static long long
number(const struct line *l, int at)
{
	char *end;
	long long value;

	if (at >= l->count)
		bad_line(l, "a number is missing");
	value = strtoll(l->word[at], &end, 10);
	if (*end != '\0')
		bad_line(l, "not a number");
	return value;
}

static bool
is(const struct line *l, int at, const char *word)
{
	return at < l->count && strcmp(l->word[at], word) == 0;
}

static void
id_of(uint8_t id[GATE_ID_SIZE], long long n)
{
	memset(id, (int)n, GATE_ID_SIZE);
}

/* "events-reply" is a type; the dash keeps it one word. */
static uint8_t
type_of(const struct line *l, int at)
{
	char name[40];

	snprintf(name, sizeof name, "%s", at < l->count ? l->word[at] : "");
	for (char *p = name; *p != '\0'; p++)
		if (*p == '-')
			*p = ' ';
	for (unsigned type = 1; type < 256; type++)
		if (strcmp(gate_type_name((uint8_t)type), name) == 0)
			return (uint8_t)type;
	bad_line(l, "no such message type");
	return 0;
}

/* --- what a line does -------------------------------------------------------------------------------------- */

static void
do_network(struct world *w, const struct line *l)
{
	for (int i = 1; i + 1 < l->count; i += 2) {
		long long value = number(l, i + 1);

		if (is(l, i, "delay"))
			w->delay_ms = value;
		else if (is(l, i, "jitter"))
			w->jitter_ms = value;
		else if (is(l, i, "loss"))
			w->loss = (unsigned)value;
		else if (is(l, i, "duplicate"))
			w->duplicate = (unsigned)value;
		else if (is(l, i, "seed"))
			w->random = (uint64_t)value;
		else
			bad_line(l, "network delay|jitter|loss|duplicate|seed");
	}
}

static void
do_datagram(struct world *w, const struct line *l)
{
	uint8_t type = type_of(l, 1);

	if (is(l, 0, "drop"))
		w->drop[type] = (unsigned)number(l, 2);
	else if (is(l, 0, "double"))
		w->twice[type] = (unsigned)number(l, 2);
	else if (is(l, 0, "garble"))
		w->garble[type] = (unsigned)number(l, 2);
	else
		w->hold[type] = number(l, 2);
}

static void
do_controller(struct world *w, const struct line *l)
{
	struct model *c = &w->controller;

	if (is(l, 1, "events"))
		c->newest += (uint32_t)number(l, 2);
	else if (is(l, 1, "keeps"))	/* the buffer overflowed: only the last n are left */
		c->oldest = c->newest + 1 - (uint32_t)number(l, 2);
	else if (is(l, 1, "bad-event"))
		c->bad_event = (uint32_t)number(l, 2);
	else if (is(l, 1, "hole"))
		c->hole = (uint32_t)number(l, 2);
	else if (is(l, 1, "newest"))
		c->newest = (uint32_t)number(l, 2);
	else if (is(l, 1, "new-log"))
		model_new_log(c);
	else if (is(l, 1, "hangs"))
		c->hangs = true;
	else if (is(l, 1, "wakes"))
		c->hangs = false;
	else if (is(l, 1, "reboots")) {
		c->boot++;
		c->session = 0;
		c->hangs = false;
	} else if (is(l, 1, "clock"))
		c->clock_error_ms = number(l, 2);
	else if (is(l, 1, "refuses")) {
		c->refuse_type = type_of(l, 2);
		c->refuse_code = (uint16_t)number(l, 3);
		c->refusals = (unsigned)number(l, 4);
	} else if (is(l, 1, "epoch"))
		c->epochs[0] = (uint32_t)number(l, 2);
	else if (is(l, 1, "serial"))
		c->serial = (uint64_t)number(l, 2);
	else if (is(l, 1, "loses-stage"))
		c->staged = false;
	else
		bad_line(l, "no such thing of a controller");
}

static void
do_database(struct world *w, const struct line *l)
{
	if (is(l, 1, "down"))
		w->database_down = true;
	else if (is(l, 1, "up"))
		w->database_down = false;
	else if (is(l, 1, "takes"))
		w->store_ms = number(l, 2);
	else if (is(l, 1, "fails"))
		w->database_fails = (unsigned)number(l, 2);
	else
		bad_line(l, "database down|up|takes MS|fails N");
}

static void
do_want(struct world *w, const struct line *l)
{
	struct gate_input in = { .kind = GATE_IN_WANT };

	for (int i = 1; i < l->count; i++)
		in.u.want |= is(l, i, "status") ? GATE_WANT_STATUS : is(l, i, "events") ? GATE_WANT_EVENTS :
		    is(l, i, "clock") ? GATE_WANT_CLOCK : is(l, i, "connect") ? GATE_WANT_CONNECT : 0u;
	world_step(w, &in);
}

static void
do_command(struct world *w, const struct line *l)
{
	struct gate_input in = { .kind = GATE_IN_COMMAND };

	id_of(in.u.command.id, number(l, 1));
	in.u.command.door = (uint8_t)number(l, 2);
	in.u.command.command = (uint8_t)command_from_code(l->count > 3 ? l->word[3] : "");
	in.u.command.expires_mono_ms = w->now + number(l, 4);
	world_step(w, &in);
}

static void
do_key(struct world *w, const struct line *l)
{
	struct gate_input in = { .kind = is(l, 1, "stage") ? GATE_IN_KEY_STAGE : is(l, 1, "use") ? GATE_IN_KEY_USE :
		    GATE_IN_KEY_RETIRE };

	in.u.key.epoch = (uint32_t)number(l, 2);
	world_step(w, &in);
}

static void
do_transfer(struct world *w, const struct line *l)
{
	const struct gate_input stop = { .kind = GATE_IN_TRANSFER_STOP };

	if (is(l, 1, "stop"))
		world_step(w, &stop);
	else
		world_transfer(w, (uint8_t)number(l, 1), (uint8_t)stream_from_code(l->word[2]),
		    is(l, 3, "full") ? GATE_TRANSFER_FULL : GATE_TRANSFER_DELTA, (uint64_t)number(l, 4),
		    (uint64_t)number(l, 5), (uint32_t)number(l, 6));
}

static void
do_inject(struct world *w, const struct line *l)
{
	struct gate_input in = { .kind = GATE_IN_MESSAGE };
	uint8_t bytes[GATE_MESSAGE_MAX];
	struct gate_message m;
	int size;

	memset(&m, 0, sizeof m);
	m.type = type_of(l, 1);
	m.exchange = (uint32_t)number(l, 2);
	m.u.transfer_handle.handle = 1;
	in.u.message.bytes = bytes;
	size = gate_encode(&m, bytes, sizeof bytes);
	if (size == -1)
		bad_line(l, "this type can not be made up of zeros");
	in.u.message.size = (size_t)size;
	world_step(w, &in);
}

/* --- expectations ------------------------------------------------------------------------------------------ */

static int
counter_of(const struct line *l, int at)
{
	for (int i = 0; i < GATE_COUNTERS; i++)
		if (is(l, at, gate_counter_name((enum gate_counter)i)))
			return i;
	bad_line(l, "no such counter");
	return 0;
}

static long long
outcome_of(const struct world *w, long long n)
{
	uint8_t id[GATE_ID_SIZE];

	id_of(id, n);
	for (size_t i = 0; i < w->outcome_count; i++)
		if (memcmp(w->outcomes[i].id, id, sizeof id) == 0)
			return w->outcomes[i].last != 0 ? w->outcomes[i].last : w->outcomes[i].sent ? OUTCOME_SENT : 0;
	return 0;
}

static long long
acts_of(const struct world *w, long long n)
{
	uint8_t id[GATE_ID_SIZE];
	const struct model_command *c;

	id_of(id, n);
	c = model_find(&w->controller, id);
	return c == NULL ? 0 : c->acts;
}

static long long
total_of(const struct world *w, char what)
{
	long long n = 0;

	for (size_t i = 0; i < w->log_count; i++)
		n += what == 's' ? w->logs[i].stored : what == 'g' ? w->logs[i].gaps : w->logs[i].quarantined;
	return n;
}

/* What can be asked without a further word. */
static bool
simple_value(const struct world *w, const char *what, long long *value)
{
	const struct model *c = &w->controller;
	const struct { const char *what; long long value; } values[] = {
		{ "stored", total_of(w, 's') }, { "gap", total_of(w, 'g') }, { "quarantined", total_of(w, 'q') },
		{ "mark", gate_session_mark(w->session) }, { "acked", c->acked }, { "slots", w->slots },
		{ "slot-held", w->slot_held }, { "storing-most", w->storing_most }, { "notes", w->notes }, { "commits", c->commits },
		{ "chunks-again", c->chunks_again }, { "chunks-new", c->chunks_new }, { "revoked", c->revoked },
		{ "transfers-ok", w->transfers_ok }, { "transfers-failed", w->transfers_failed },
		{ "revokes-ok", w->revokes_ok }, { "revokes-failed", w->revokes_failed },
		{ "keys-staged", w->keys_staged }, { "keys-retired", w->keys_retired }, { "keys-failed", w->keys_failed },
		{ "key-in-use", w->key_in_use }, { "clock-error", c->clock_error_ms }, { "clock-sets", c->clock_sets },
		{ "communication-changes", w->communication_changes }, { "sessions", w->channels },
		{ "doubtful", gate_session_is_doubtful(w->session) },
	};

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		if (strcmp(values[i].what, what) == 0) {
			*value = values[i].value;
			return true;
		}
	return false;
}

/* Reads what is asked at word 1 and moves *at behind it. */
static long long
actual(const struct world *w, const struct line *l, int *at)
{
	long long value = 0;

	*at = 2;
	if (l->count > 1 && simple_value(w, l->word[1], &value))
		return value;
	*at = 3;
	if (is(l, 1, "counter"))
		return w->counters[counter_of(l, 2)];
	if (is(l, 1, "sent"))
		return w->sent[type_of(l, 2)];
	if (is(l, 1, "acts"))
		return acts_of(w, number(l, 2));
	if (is(l, 1, "outcome"))
		return outcome_of(w, number(l, 2));
	if (is(l, 1, "confirmed"))
		return (long long)w->confirmed[stream_from_code(l->word[2])];
	bad_line(l, "no such thing to expect");
	return 0;
}

static void
result(bool ok, const struct line *l, const char *what)
{
	printf("%sok %u - %s:%u %s\n", ok ? "" : "not ", ++tests, l->file, l->number, what);
	failures += !ok;
}

static bool
expect_word(const struct world *w, const struct line *l)
{
	if (is(l, 1, "state"))
		return strncmp(gate_session_state_name(gate_session_state(w->session)), l->word[2], strlen(l->word[2])) == 0;
	if (is(l, 1, "communication"))
		return w->communication == communication_from_code(l->word[2]);
	return outcome_of(w, number(l, 2)) == outcome_from_code(l->word[3]);
}

static void
do_expect(struct world *w, const struct line *l, const char *text)
{
	long long have, want;
	bool ok;
	int at;

	if (l->count == 3 + is(l, 1, "outcome") && (is(l, 1, "state") || is(l, 1, "communication") || is(l, 1, "outcome"))) {
		ok = expect_word(w, l);
		if (!ok)
			printf("# state %s, communication %s, last reason \"%s\"\n",
			    gate_session_state_name(gate_session_state(w->session)),
			    w->communication == 0 ? "not told" : communication_code(w->communication), w->ended_reason);
		result(ok, l, text);
		return;
	}
	have = actual(w, l, &at);
	want = number(l, at + 1);
	ok = is(l, at, "=") ? have == want : is(l, at, ">=") ? have >= want : is(l, at, "<=") && have <= want;
	if (!ok)
		printf("# it is %lld; last reason \"%s\"\n", have, w->ended_reason);
	result(ok, l, text);
}

/* --- files ------------------------------------------------------------------------------------------------- */

static void
split(struct line *l, char *text)
{
	char *rest = NULL;

	l->count = 0;
	for (char *p = strtok_r(text, " \t\r\n", &rest); p != NULL; p = strtok_r(NULL, " \t\r\n", &rest)) {
		if (*p == '#')
			break;
		if (l->count == WORDS_MAX)
			bad_line(l, "too many words");
		l->word[l->count++] = p;
	}
}

static void
do_line(struct world *w, struct line *l, const char *text)
{
	if (is(l, 0, "network"))
		do_network(w, l);
	else if (is(l, 0, "drop") || is(l, 0, "double") || is(l, 0, "garble") || is(l, 0, "hold"))
		do_datagram(w, l);
	else if (is(l, 0, "controller"))
		do_controller(w, l);
	else if (is(l, 0, "database"))
		do_database(w, l);
	else if (is(l, 0, "want"))
		do_want(w, l);
	else if (is(l, 0, "command"))
		do_command(w, l);
	else if (is(l, 0, "key"))
		do_key(w, l);
	else if (is(l, 0, "transfer"))
		do_transfer(w, l);
	else if (is(l, 0, "revoke"))
		world_revoke(w, is(l, 1, "add") ? GATE_REVOKE_ADD : GATE_REVOKE_REPLACE, (uint64_t)number(l, 2),
		    (uint64_t)number(l, 3), (uint32_t)number(l, 4));
	else if (is(l, 0, "inject"))
		do_inject(w, l);
	else if (is(l, 0, "take-over"))
		world_take_over(w, (uint32_t)number(l, 1), l->count > 2 ? (uint32_t)number(l, 2) : GATE_EPOCH_NONE);
	else if (is(l, 0, "run"))
		world_run(w, number(l, 1));
	else if (is(l, 0, "expect"))
		do_expect(w, l, text);
	else
		bad_line(l, "no such word");
}

static void
play(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct line l = { .file = slash == NULL ? path : slash + 1 };
	struct world *w = world_new();
	char text[200], copy[200];
	FILE *f = fopen(path, "r");

	if (f == NULL || w == NULL)
		bad_line(&l, "can not be opened");
	while (fgets(text, sizeof text, f) != NULL) {
		l.number++;
		text[strcspn(text, "\r\n")] = '\0';
		memcpy(copy, text, sizeof copy);
		split(&l, copy);
		if (l.count > 0)
			do_line(w, &l, text);
	}
	fclose(f);
	if (w->broken[0] != '\0')
		printf("# %s\n", w->broken);
	result(w->broken[0] == '\0', &l, "nothing broke a rule");
	world_free(w);
}

int
main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2) {
		fprintf(stderr, "use: replay scenario.txt ...\n");
		return 99;
	}
	for (int i = 1; i < argc; i++)
		play(argv[i]);
	printf("1..%u\n", tests);
	return failures == 0 ? 0 : 1;
}
