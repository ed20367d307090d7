/*
 * The simulator as a server sees it: OpenSSL on one side, GnuTLS on the other, SIGKILL between.
 */
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "gate/codes.h"
#include "gate/digest.h"
#include "gate/permit.h"
#include "sim_client.h"
#include "tap.h"

enum { REPLY_ERROR = GATE_ERROR };

static const uint8_t key_one[GATE_KEY_SIZE] = {1, 1, 1}, digest_key[GATE_KEY_SIZE] = {7, 7};

static int hello(struct sim_client *client)
{
	struct gate_message m = {.type = GATE_HELLO};

	m.u.hello.version_low = m.u.hello.version_high = 1;
	memcpy(m.u.hello.digest_key, digest_key, GATE_KEY_SIZE);
	return sim_ask(client, &m);
}

/* Through steps 1 to 6 of enrolment; the client is connected under epoch 1 then. */
static void enrol(struct sim_child *child, struct sim_client *client)
{
	struct gate_message stage = {.type = GATE_KEY_STAGE}, retire = {.type = GATE_KEY_RETIRE};
	uint8_t key[GATE_KEY_SIZE];

	sim_enrol_key(child, key);
	CU_ASSERT_FATAL(sim_connect(client, child, 0, key) == 0);
	CU_ASSERT(hello(client) == (GATE_HELLO | GATE_REPLY));
	stage.u.key_stage.epoch = 1;
	memcpy(stage.u.key_stage.key, key_one, GATE_KEY_SIZE);
	CU_ASSERT(sim_ask(client, &stage) == (GATE_KEY_STAGE | GATE_REPLY));
	CU_ASSERT(client->reply.u.key_reply.epochs[0] == 0 && client->reply.u.key_reply.epochs[1] == 1);
	sim_close(client, true);
	CU_ASSERT_FATAL(sim_connect(client, child, 1, key_one) == 0);
	CU_ASSERT(hello(client) == (GATE_HELLO | GATE_REPLY));
	CU_ASSERT(sim_ask(client, &retire) == (GATE_KEY_RETIRE | GATE_REPLY));
	CU_ASSERT(client->reply.u.key_reply.epochs[0] == GATE_EPOCH_NONE && client->reply.u.key_reply.epochs[1] == 1);
}

static void start(struct sim_child *child, struct sim_client *client, const char *door)
{
	sim_child_make(child, door, 1000);
	sim_child_start(child);
	enrol(child, client);
}

static void test_enrolment(void)
{
	struct sim_child child;
	struct sim_client client;
	struct gate_message status = {.type = GATE_STATUS}, m = {.type = GATE_KEY_STAGE};
	uint8_t key[GATE_KEY_SIZE], wrong[GATE_KEY_SIZE] = {9};

	sim_child_make(&child, "", 1000);
	sim_child_start(&child);
	sim_enrol_key(&child, key);
	CU_ASSERT(sim_connect(&client, &child, 0, wrong) == -1);
	CU_ASSERT(sim_connect(&client, &child, 5, key) == -1);
	CU_ASSERT_FATAL(sim_connect(&client, &child, 0, key) == 0);
	CU_ASSERT(sim_ask(&client, &status) == REPLY_ERROR && client.reply.u.error.code == GATE_ERROR_NOT_GREETED);
	CU_ASSERT(hello(&client) == (GATE_HELLO | GATE_REPLY));
	CU_ASSERT(client.reply.u.hello_reply.serial == child.serial && client.reply.u.hello_reply.doors == 2);
	status.exchange = 0;
	CU_ASSERT(sim_ask(&client, &status) == REPLY_ERROR && client.reply.u.error.code == GATE_ERROR_NOT_ENROLLED);
	sim_close(&client, true);
	enrol(&child, &client);
	m.u.key_stage.epoch = 1;
	memcpy(m.u.key_stage.key, wrong, GATE_KEY_SIZE);
	CU_ASSERT(sim_ask(&client, &m) == REPLY_ERROR && client.reply.u.error.code == GATE_ERROR_KEY_RULE);
	sim_close(&client, true);
	/* The password is worth nothing any more, and the key outlives a crash. */
	CU_ASSERT(sim_connect(&client, &child, 0, key) == -1);
	sim_child_kill(&child);
	sim_child_start(&child);
	CU_ASSERT_FATAL(sim_connect(&client, &child, 1, key_one) == 0);
	CU_ASSERT(hello(&client) == (GATE_HELLO | GATE_REPLY) && client.reply.u.hello_reply.boot == 2);
	sim_close(&client, true);
	sim_child_remove(&child);
}

/* Strangers raise an alarm; one that only breaks off does not. */
static void test_strangers(void)
{
	struct sim_child child;
	struct sim_client client;
	uint8_t key[GATE_KEY_SIZE], wrong[GATE_KEY_SIZE] = {9};
	char answer[4096];

	sim_child_make(&child, "", 1000);
	sim_child_start(&child);
	sim_enrol_key(&child, key);
	CU_ASSERT(sim_connect(&client, &child, GATE_EPOCH_NONE, key) == -1);
	CU_ASSERT_FATAL(sim_connect(&client, &child, 0, key) == 0);
	sim_close(&client, false);
	CU_ASSERT(sim_child_do(&child, "status", answer, sizeof(answer)) == 0 && !strstr(answer, "auth_failed"));
	sim_resend_us = 100000;
	CU_ASSERT(sim_connect(&client, &child, 0, wrong) == -1);
	sim_resend_us = 0;
	CU_ASSERT(sim_child_do(&child, "status", answer, sizeof(answer)) == 0 && strstr(answer, "auth_failed"));
	sim_child_kill(&child);
	sim_child_start(&child);
	CU_ASSERT(sim_child_do(&child, "status", answer, sizeof(answer)) == 0 && !strstr(answer, "auth_failed"));
	CU_ASSERT(sim_connect(&client, &child, 77, key) == -1);
	CU_ASSERT(sim_child_do(&child, "status", answer, sizeof(answer)) == 0 && strstr(answer, "auth_failed"));
	sim_child_remove(&child);
}

static void permit(uint8_t *out, uint32_t credential, const char *card, uint8_t level)
{
	struct gate_permit p = {.credential = credential, .valid_to = GATE_MINUTE_UNBOUNDED_TO, .levels = {level, level}};

	memcpy(p.card, card, strlen(card) + 1);
	CU_ASSERT(gate_permit_encode(&p, out) == 0);
}

/* Records as they are transferred; how many bytes. */
static size_t pack(uint8_t *out, const uint8_t *records, size_t count)
{
	static const uint8_t nothing[GATE_PERMIT_SIZE];
	size_t size = 0;

	for (size_t i = 0; i < count; i++)
		size += gate_permit_pack(i ? records + (i - 1) * GATE_PERMIT_SIZE : nothing, records + i * GATE_PERMIT_SIZE, out + size);
	return size;
}

static int begin(struct sim_client *client, uint8_t id, uint8_t mode, uint64_t from, uint64_t to, const uint8_t *payload, size_t size)
{
	struct gate_message m = {.type = GATE_TRANSFER_BEGIN};
	struct gate_transfer_begin *b = &m.u.transfer_begin;

	b->transfer[0] = id;
	b->stream = STREAM_PERMITS;
	b->mode = mode;
	b->from = from;
	b->to = to;
	b->bytes = (uint32_t)size;
	b->chunks = (uint32_t)((size + GATE_CHUNK_SIZE - 1) / GATE_CHUNK_SIZE);
	SHA256(payload, size, b->sha256);
	return sim_ask(client, &m);
}

static int chunk(struct sim_client *client, uint32_t handle, uint32_t index, const uint8_t *payload, size_t size)
{
	struct gate_message m = {.type = GATE_TRANSFER_CHUNK};
	size_t left = size - index * (size_t)GATE_CHUNK_SIZE;

	m.u.transfer_chunk.handle = handle;
	m.u.transfer_chunk.index = index;
	m.u.transfer_chunk.size = (uint16_t)(left < GATE_CHUNK_SIZE ? left : GATE_CHUNK_SIZE);
	m.u.transfer_chunk.data = payload + index * (size_t)GATE_CHUNK_SIZE;
	return sim_ask(client, &m);
}

static int commit(struct sim_client *client, uint32_t handle)
{
	struct gate_message m = {.type = GATE_TRANSFER_COMMIT};

	m.u.transfer_handle.handle = handle;
	return sim_ask(client, &m);
}

static void whole_digest(const uint8_t *records, size_t size, uint8_t out[GATE_SUM_SIZE])
{
	struct gate_digest_key *key = gate_digest_key_new(digest_key);
	struct gate_digest digest;

	gate_digest_clear(&digest);
	for (size_t at = 0; at < size; at += GATE_PERMIT_SIZE)
		gate_digest_add(&digest, key, STREAM_PERMITS, gate_digest_bucket_credential(gate_permit_credential(records + at)),
				records + at, GATE_PERMIT_SIZE);
	gate_digest_whole(&digest, out);
	gate_digest_key_free(key);
}

/* 210 permits in 4 chunks, out of order and doubled, SIGKILL half-way, then a delta on top. */
static void test_transfer(void)
{
	enum { COUNT = 210 };
	static uint8_t records[COUNT * GATE_PERMIT_SIZE], payload[COUNT * GATE_PERMIT_PACKED_MAX];
	uint8_t two[2 * GATE_PERMIT_SIZE], delta[2 * GATE_PERMIT_PACKED_MAX];
	struct sim_child child;
	struct sim_client client;
	uint8_t expected[GATE_SUM_SIZE];
	char card[17], answer[4096];
	uint32_t handle;
	size_t size, delta_size;

	/* Card numbers of which all bytes differ. */
	for (uint32_t i = 0; i < COUNT; i++) {
		snprintf(card, sizeof(card), "%08x%08x", i * 2654435761u, i * 2246822519u);
		permit(records + i * GATE_PERMIT_SIZE, i + 1, card, 1);
	}
	size = pack(payload, records, COUNT);
	start(&child, &client, "");
	CU_ASSERT_FATAL(begin(&client, 1, GATE_TRANSFER_FULL, 0, 10, payload, size) == (GATE_TRANSFER_BEGIN | GATE_REPLY));
	CU_ASSERT(client.reply.u.transfer_begin_reply.state == GATE_TRANSFER_FRESH);
	handle = client.reply.u.transfer_begin_reply.handle;
	CU_ASSERT(chunk(&client, handle, 2, payload, size) == (GATE_TRANSFER_CHUNK | GATE_REPLY));
	CU_ASSERT(client.reply.u.transfer_chunk_reply.contiguous == 0 && client.reply.u.transfer_chunk_reply.bitmap == 2);
	CU_ASSERT(chunk(&client, handle, 0, payload, size) == (GATE_TRANSFER_CHUNK | GATE_REPLY));
	CU_ASSERT(chunk(&client, handle, 0, payload, size) == (GATE_TRANSFER_CHUNK | GATE_REPLY));
	CU_ASSERT(client.reply.u.transfer_chunk_reply.contiguous == 1 && client.reply.u.transfer_chunk_reply.bitmap == 1);
	CU_ASSERT(commit(&client, handle) == (GATE_TRANSFER_COMMIT | GATE_REPLY));
	CU_ASSERT(client.reply.u.transfer_commit_reply.outcome == GATE_TRANSFER_INCOMPLETE);
	sim_child_kill(&child);
	sim_close(&client, false);
	sim_child_start(&child);
	CU_ASSERT_FATAL(sim_connect(&client, &child, 1, key_one) == 0);
	CU_ASSERT(hello(&client) == (GATE_HELLO | GATE_REPLY) && client.reply.u.hello_reply.revisions[0] == 0);
	CU_ASSERT(chunk(&client, handle, 1, payload, size) == REPLY_ERROR);
	CU_ASSERT(begin(&client, 1, GATE_TRANSFER_FULL, 0, 10, payload, size) == (GATE_TRANSFER_BEGIN | GATE_REPLY));
	CU_ASSERT(client.reply.u.transfer_begin_reply.state == GATE_TRANSFER_RESUMED);
	CU_ASSERT(client.reply.u.transfer_begin_reply.contiguous == 1);
	handle = client.reply.u.transfer_begin_reply.handle;
	CU_ASSERT(chunk(&client, handle, 1, payload, size) == (GATE_TRANSFER_CHUNK | GATE_REPLY));
	CU_ASSERT(client.reply.u.transfer_chunk_reply.contiguous == 3);
	CU_ASSERT(chunk(&client, handle, 3, payload, size) == (GATE_TRANSFER_CHUNK | GATE_REPLY));
	CU_ASSERT(commit(&client, handle) == (GATE_TRANSFER_COMMIT | GATE_REPLY));
	CU_ASSERT(client.reply.u.transfer_commit_reply.outcome == GATE_TRANSFER_SWITCHED);
	CU_ASSERT(client.reply.u.transfer_commit_reply.revision == 10 && client.reply.u.transfer_commit_reply.records == COUNT);
	whole_digest(records, sizeof(records), expected);
	CU_ASSERT(memcmp(client.reply.u.transfer_commit_reply.digest, expected, sizeof(expected)) == 0);
	/* The answer got lost: both ways to ask again. */
	CU_ASSERT(commit(&client, handle) == (GATE_TRANSFER_COMMIT | GATE_REPLY));
	CU_ASSERT(client.reply.u.transfer_commit_reply.outcome == GATE_TRANSFER_SWITCHED);
	CU_ASSERT(begin(&client, 1, GATE_TRANSFER_FULL, 0, 10, payload, size) == (GATE_TRANSFER_BEGIN | GATE_REPLY));
	CU_ASSERT(client.reply.u.transfer_begin_reply.state == GATE_TRANSFER_ALREADY);

	/* Credential 1 goes, 101 comes. */
	permit(two, 1, "", 0);
	permit(two + GATE_PERMIT_SIZE, COUNT + 1, "NEW", 1);
	delta_size = pack(delta, two, 2);
	CU_ASSERT(begin(&client, 2, GATE_TRANSFER_DELTA, 9, 11, delta, delta_size) == REPLY_ERROR);
	CU_ASSERT(client.reply.u.error.code == GATE_ERROR_BASE);
	CU_ASSERT(begin(&client, 2, GATE_TRANSFER_DELTA, 10, 11, delta, delta_size) == (GATE_TRANSFER_BEGIN | GATE_REPLY));
	handle = client.reply.u.transfer_begin_reply.handle;
	CU_ASSERT(chunk(&client, handle, 0, delta, delta_size) == (GATE_TRANSFER_CHUNK | GATE_REPLY));
	CU_ASSERT(commit(&client, handle) == (GATE_TRANSFER_COMMIT | GATE_REPLY));
	CU_ASSERT(client.reply.u.transfer_commit_reply.revision == 11 && client.reply.u.transfer_commit_reply.records == COUNT);
	memcpy(records, two + GATE_PERMIT_SIZE, GATE_PERMIT_SIZE);
	whole_digest(records, sizeof(records), expected);
	CU_ASSERT(memcmp(client.reply.u.transfer_commit_reply.digest, expected, sizeof(expected)) == 0);
	CU_ASSERT(sim_child_do(&child, "pass 1 0000000000000000", answer, sizeof(answer)) == 0 && strstr(answer, "unknown_card"));
	CU_ASSERT(sim_child_do(&child, "pass 1 NEW", answer, sizeof(answer)) == 0 && strstr(answer, "\"passed\":true"));
	/* Not what begin described. */
	CU_ASSERT(begin(&client, 3, GATE_TRANSFER_FULL, 0, 12, delta, delta_size) == (GATE_TRANSFER_BEGIN | GATE_REPLY));
	handle = client.reply.u.transfer_begin_reply.handle;
	delta[5] ^= 1;
	CU_ASSERT(chunk(&client, handle, 0, delta, delta_size) == (GATE_TRANSFER_CHUNK | GATE_REPLY));
	CU_ASSERT(commit(&client, handle) == (GATE_TRANSFER_COMMIT | GATE_REPLY));
	CU_ASSERT(client.reply.u.transfer_commit_reply.outcome == GATE_TRANSFER_BAD_HASH);
	CU_ASSERT(client.reply.u.transfer_commit_reply.revision == 11);
	sim_close(&client, true);
	sim_child_remove(&child);
}

static void test_revocations(void)
{
	uint8_t record[GATE_PERMIT_SIZE], payload[GATE_PERMIT_PACKED_MAX];
	struct sim_child child;
	struct sim_client client;
	struct gate_message m = {.type = GATE_REVOKE};
	char answer[4096];
	uint32_t handle;
	size_t size;

	permit(record, 5, "Lost1", 1);
	size = pack(payload, record, 1);
	start(&child, &client, "reread_guard_time=\"0\"");
	CU_ASSERT(begin(&client, 1, GATE_TRANSFER_FULL, 0, 10, payload, size) == (GATE_TRANSFER_BEGIN | GATE_REPLY));
	handle = client.reply.u.transfer_begin_reply.handle;
	CU_ASSERT(chunk(&client, handle, 0, payload, size) == (GATE_TRANSFER_CHUNK | GATE_REPLY));
	CU_ASSERT(commit(&client, handle) == (GATE_TRANSFER_COMMIT | GATE_REPLY));
	m.u.revoke.mode = GATE_REVOKE_ADD;
	m.u.revoke.last = 1;
	m.u.revoke.from = 3;
	m.u.revoke.to = 12;
	m.u.revoke.count = 1;
	m.u.revoke.entries[0] = (struct gate_revocation){.credential = 5, .reason = REVOCATION_REASON_LOST, .revision = 12};
	CU_ASSERT(sim_ask(&client, &m) == REPLY_ERROR && client.reply.u.error.code == GATE_ERROR_BASE);
	m.u.revoke.from = 0;
	m.exchange = 0;
	CU_ASSERT(sim_ask(&client, &m) == (GATE_REVOKE | GATE_REPLY));
	CU_ASSERT(client.reply.u.revoke_reply.revision == 12 && client.reply.u.revoke_reply.entries == 1);
	/* The same again, its answer was lost. */
	CU_ASSERT(sim_ask(&client, &m) == (GATE_REVOKE | GATE_REPLY) && client.reply.u.revoke_reply.entries == 1);
	CU_ASSERT(sim_child_do(&child, "pass 1 Lost1", answer, sizeof(answer)) == 0 && strstr(answer, "lost_card_refused"));
	sim_child_kill(&child);
	sim_close(&client, false);
	sim_child_start(&child);
	CU_ASSERT(sim_child_do(&child, "pass 1 Lost1", answer, sizeof(answer)) == 0 && strstr(answer, "lost_card_refused"));
	/* Permits of revision 12 say it themselves. */
	CU_ASSERT_FATAL(sim_connect(&client, &child, 1, key_one) == 0);
	CU_ASSERT(hello(&client) == (GATE_HELLO | GATE_REPLY) && client.reply.u.hello_reply.revisions[1] == 12);
	CU_ASSERT(begin(&client, 2, GATE_TRANSFER_DELTA, 10, 12, payload, 0) == (GATE_TRANSFER_BEGIN | GATE_REPLY));
	CU_ASSERT(commit(&client, client.reply.u.transfer_begin_reply.handle) == (GATE_TRANSFER_COMMIT | GATE_REPLY));
	CU_ASSERT(client.reply.u.transfer_commit_reply.outcome == GATE_TRANSFER_SWITCHED);
	CU_ASSERT(sim_child_do(&child, "status", answer, sizeof(answer)) == 0 && strstr(answer, "\"entries\":0"));
	sim_close(&client, true);
	sim_child_remove(&child);
}

static int command(struct sim_client *client, uint8_t id, uint8_t what, uint16_t value, uint32_t ttl_ms)
{
	struct gate_message m = {.type = GATE_COMMAND};

	m.u.command.id[0] = id;
	m.u.command.door = 1;
	m.u.command.command = what;
	m.u.command.value = value;
	m.u.command.ttl_ms = ttl_ms;
	return sim_ask(client, &m) == (GATE_COMMAND | GATE_REPLY) ? client->reply.u.command_reply.outcome : -1;
}

static int fetch(struct sim_client *client, const uint8_t *log, uint32_t acked, uint32_t after)
{
	struct gate_message m = {.type = GATE_EVENTS};

	memcpy(m.u.events.log, log, GATE_LOG_SIZE);
	m.u.events.acked = acked;
	m.u.events.after = after;
	m.u.events.max = 100;
	return sim_ask(client, &m);
}

static void test_commands(void)
{
	struct sim_child child;
	struct sim_client client;
	uint8_t log[GATE_LOG_SIZE];
	char answer[4096];

	start(&child, &client, "unlock_time=\"200\"");
	hello(&client);
	memcpy(log, client.reply.u.hello_reply.log, sizeof(log));
	CU_ASSERT(command(&client, 1, COMMAND_UNLOCK, 0, 60000) == OUTCOME_DONE);
	CU_ASSERT(client.reply.u.command_reply.door.lock_state == LOCK_STATE_UNLOCKED && !client.reply.u.command_reply.repeated);
	CU_ASSERT(command(&client, 2, COMMAND_LOCK, 0, 60000) == OUTCOME_DONE);
	/* The first again: answered, not acted on, also after a crash. */
	CU_ASSERT(command(&client, 1, COMMAND_UNLOCK, 0, 60000) == OUTCOME_DONE && client.reply.u.command_reply.repeated);
	sim_child_kill(&child);
	sim_close(&client, false);
	sim_child_start(&child);
	CU_ASSERT_FATAL(sim_connect(&client, &child, 1, key_one) == 0);
	hello(&client);
	CU_ASSERT(memcmp(log, client.reply.u.hello_reply.log, sizeof(log)) == 0);
	CU_ASSERT(command(&client, 1, COMMAND_UNLOCK, 0, 60000) == OUTCOME_DONE && client.reply.u.command_reply.repeated);
	CU_ASSERT(sim_child_do(&child, "status", answer, sizeof(answer)) == 0 && strstr(answer, "\"lock_state\":\"locked\""));
	usleep(30000);
	CU_ASSERT(command(&client, 3, COMMAND_UNLOCK, 0, 1) == OUTCOME_EXPIRED);
	CU_ASSERT(command(&client, 4, COMMAND_SET_VERIFICATION_MODE, VERIFICATION_MODE_VEIN, 60000) == OUTCOME_REFUSED);
	CU_ASSERT(strcmp(client.reply.u.command_reply.reason, "the reader reads no veins") == 0);
	sim_child_do(&child, "fire", answer, sizeof(answer));
	CU_ASSERT(command(&client, 5, COMMAND_LOCK, 0, 60000) == OUTCOME_REFUSED);
	/* Two operations only, each with its command. */
	CU_ASSERT(fetch(&client, log, 0, 0) == (GATE_EVENTS | GATE_REPLY));
	CU_ASSERT(client.reply.u.events_reply.count == 3);
	CU_ASSERT(client.reply.u.events_reply.events[0].kind == EVENT_UNLOCK && client.reply.u.events_reply.events[0].command[0] == 1);
	CU_ASSERT(client.reply.u.events_reply.events[1].kind == EVENT_LOCK && client.reply.u.events_reply.events[1].command[0] == 2);
	CU_ASSERT(client.reply.u.events_reply.events[2].kind == EVENT_FIRE);
	sim_close(&client, true);
	sim_child_remove(&child);
}

static void test_events(void)
{
	struct sim_child child;
	struct sim_client client;
	struct gate_message status = {.type = GATE_STATUS};
	uint8_t log[GATE_LOG_SIZE], other[GATE_LOG_SIZE] = {1};
	uint32_t seq = 0, again;
	char answer[4096];

	start(&child, &client, "");
	hello(&client);
	memcpy(log, client.reply.u.hello_reply.log, sizeof(log));
	CU_ASSERT(sim_child_do(&child, "burst 500", answer, sizeof(answer)) == 0);
	while (fetch(&client, log, seq, seq) == (GATE_EVENTS | GATE_REPLY) && client.reply.u.events_reply.count) {
		const struct gate_events_reply *reply = &client.reply.u.events_reply;

		for (unsigned i = 0; i < reply->count; i++)
			CU_ASSERT(reply->events[i].seq == ++seq);
		if (seq < 200)
			continue;
		/* Kept through a crash, whether acknowledged or not. */
		sim_child_kill(&child);
		sim_close(&client, false);
		sim_child_start(&child);
		CU_ASSERT_FATAL(sim_connect(&client, &child, 1, key_one) == 0);
		hello(&client);
		CU_ASSERT(client.reply.u.hello_reply.newest == 500 && memcmp(client.reply.u.hello_reply.log, log, sizeof(log)) == 0);
		break;
	}
	again = seq;
	CU_ASSERT(again >= 200);
	CU_ASSERT(fetch(&client, other, 400, 400) == (GATE_EVENTS | GATE_REPLY) && client.reply.u.events_reply.events[0].seq == 1);
	CU_ASSERT(fetch(&client, log, 501, 501) == REPLY_ERROR);
	/* The store holds 1,000: what was not read is lost, and the controller says so. */
	CU_ASSERT(sim_child_do(&child, "burst 2000", answer, sizeof(answer)) == 0);
	CU_ASSERT(sim_ask(&client, &status) == (GATE_STATUS | GATE_REPLY));
	CU_ASSERT(client.reply.u.status_reply.flags & GATE_FLAG_EVENTS_LOST);
	CU_ASSERT(client.reply.u.status_reply.newest == 2501 && client.reply.u.status_reply.oldest == 1502);
	CU_ASSERT(fetch(&client, log, 0, seq) == (GATE_EVENTS | GATE_REPLY) && client.reply.u.events_reply.events[0].seq == 1502);
	CU_ASSERT(fetch(&client, log, 2500, 2500) == (GATE_EVENTS | GATE_REPLY) && client.reply.u.events_reply.events[0].kind == EVENT_EVENT_OVERFLOW);
	sim_close(&client, true);
	sim_child_remove(&child);
}

/* The session in use works until the new one has finished; then the new one does. */
static void test_sessions(void)
{
	struct sim_child child;
	struct sim_client old, new;
	struct gate_message status = {.type = GATE_STATUS};
	char answer[4096];

	start(&child, &old, "");
	sim_child_do(&child, "hang 1", answer, sizeof(answer));
	CU_ASSERT(sim_child_do(&child, "unhang", answer, sizeof(answer)) == 0);
	CU_ASSERT(sim_ask(&old, &status) == (GATE_STATUS | GATE_REPLY));
	CU_ASSERT(sim_connect(&new, &child, 9, key_one) == -1);
	status.exchange = 0;
	CU_ASSERT(sim_ask(&old, &status) == (GATE_STATUS | GATE_REPLY));
	CU_ASSERT_FATAL(sim_connect(&new, &child, 1, key_one) == 0);
	CU_ASSERT(hello(&new) == (GATE_HELLO | GATE_REPLY));
	status.exchange = 0;
	CU_ASSERT(sim_ask(&old, &status) == -1);
	sim_close(&old, false);
	/* A bad network on top. */
	sim_child_do(&child, "loss 20", answer, sizeof(answer));
	sim_child_do(&child, "duplicate 20", answer, sizeof(answer));
	for (int answered = 0, tries = 0; answered < 10; tries++) {
		uint8_t out[GATE_MESSAGE_MAX];
		int size;

		CU_ASSERT_FATAL(tries < 200);
		status.exchange = new.exchange++;
		size = gate_encode(&status, out, sizeof(out));
		SSL_write(new.ssl, out, size);
		usleep(20000);
		while ((size = SSL_read(new.ssl, new.bytes, sizeof(new.bytes))) > 0) {
			CU_ASSERT(gate_decode(new.bytes, (size_t)size, &new.reply) == GATE_OK);
			answered++;
		}
	}
	sim_close(&new, false);
	sim_child_remove(&child);
}

/* Two days remembered in order of time, with people coming before they go; then live people. */
static void test_backfill(void)
{
	enum { COUNT = 60 };
	static uint8_t records[COUNT * GATE_PERMIT_SIZE], payload[COUNT * GATE_PERMIT_PACKED_MAX];
	struct sim_child child;
	struct sim_client client;
	uint8_t log[GATE_LOG_SIZE];
	uint64_t now = (uint64_t)clock_wall_ms(), last = now - UINT64_C(49) * 3600000;
	unsigned kinds[500] = {0}, live = 0, past = 0;
	uint32_t seq = 0, base, handle;
	char card[17], answer[256];
	size_t size;

	for (uint32_t i = 0; i < COUNT; i++) {
		snprintf(card, sizeof(card), "%07u", i);
		permit(records + i * GATE_PERMIT_SIZE, i + 1, card, 1);
	}
	size = pack(payload, records, COUNT);
	sim_child_make(&child, "", 100000);
	child.rate = 20;
	child.backfill_hours = 48;
	sim_child_start(&child);
	enrol(&child, &client);
	hello(&client);
	memcpy(log, client.reply.u.hello_reply.log, sizeof(log));
	CU_ASSERT(begin(&client, 1, GATE_TRANSFER_FULL, 0, 10, payload, size) == (GATE_TRANSFER_BEGIN | GATE_REPLY));
	handle = client.reply.u.transfer_begin_reply.handle;
	for (uint32_t i = 0; i * GATE_CHUNK_SIZE < size; i++)
		CU_ASSERT(chunk(&client, handle, i, payload, size) == (GATE_TRANSFER_CHUNK | GATE_REPLY));
	CU_ASSERT(commit(&client, handle) == (GATE_TRANSFER_COMMIT | GATE_REPLY));
	CU_ASSERT(client.reply.u.transfer_commit_reply.outcome == GATE_TRANSFER_SWITCHED);
	CU_ASSERT(sim_child_do(&child, "rate 6000", answer, sizeof(answer)) == 0);
	hello(&client);
	base = client.reply.u.hello_reply.newest;
	for (int tries = 0; tries < 30 && client.reply.u.hello_reply.newest < base + 4; tries++) {
		sleep(1);
		hello(&client);
	}
	while (fetch(&client, log, seq, seq) == (GATE_EVENTS | GATE_REPLY) && client.reply.u.events_reply.count) {
		for (unsigned i = 0; i < client.reply.u.events_reply.count; i++) {
			const struct gate_event *event = &client.reply.u.events_reply.events[i];

			CU_ASSERT(event->seq == ++seq && event->kind < 500);
			CU_ASSERT(event->time_ms >= last || event->time_ms > now);
			last = event->time_ms;
			kinds[event->kind % 500]++;
			live += event->time_ms > now;
			past += event->time_ms < now - 3600000;
		}
	}
	CU_ASSERT(past > 100 && live >= 4);
	CU_ASSERT(kinds[EVENT_ENTRY] > 20 && kinds[EVENT_EXIT] > 20 && kinds[EVENT_FIRST_IN] > 0);
	CU_ASSERT(kinds[EVENT_ENTRY] + kinds[EVENT_EXIT] > 20 * (kinds[EVENT_UNKNOWN_CARD] + 1) / 2);
	/* Once only, also after a crash. */
	sim_child_kill(&child);
	sim_close(&client, false);
	child.rate = 0;
	sim_child_start(&child);
	CU_ASSERT_FATAL(sim_connect(&client, &child, 1, key_one) == 0);
	hello(&client);
	past = client.reply.u.hello_reply.newest;
	CU_ASSERT(begin(&client, 2, GATE_TRANSFER_FULL, 0, 11, payload, 0) == (GATE_TRANSFER_BEGIN | GATE_REPLY));
	CU_ASSERT(commit(&client, client.reply.u.transfer_begin_reply.handle) == (GATE_TRANSFER_COMMIT | GATE_REPLY));
	hello(&client);
	CU_ASSERT(client.reply.u.hello_reply.newest == past);
	sim_close(&client, true);
	sim_child_remove(&child);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"enrols with the password and never again", test_enrolment},
		{"raises auth_failed for strangers only", test_strangers},
		{"takes permits, resumes after SIGKILL, applies a delta", test_transfer},
		{"refuses what is revoked until the permits say so", test_revocations},
		{"acts once on a command, whatever is repeated", test_commands},
		{"keeps events until they are overwritten, and says so", test_events},
		{"remembers the past hours once, in order", test_backfill},
		{"changes to a new session only when that has finished", test_sessions},
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {{"simulator session", NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

	return tap_main(suites);
}
