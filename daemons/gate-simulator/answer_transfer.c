/* The controller's side of transfers, revocations, digests and reading back. */
#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backfill.h"
#include "base/log.h"
#include "base/str.h"
#include "gate/codes.h"
#include "wire.h"

enum { REVOCATION_RECORD = 13, REVOCATIONS_MAX = 20000, HANDLE_SHIFT = 3 };

static int revocations_digest(const struct controller *controller, struct gate_digest *digest)
{
	const struct memory *memory = &controller->memory;
	struct gate_digest_key *key = gate_digest_key_new(memory->digest_key);
	int answer = key ? 0 : -1;

	for (size_t i = 0; i < memory->revocation_count && answer == 0; i++) {
		const struct gate_revocation *entry = &memory->revocations[i];
		uint8_t record[REVOCATION_RECORD];

		wire_put32(record, entry->credential);
		record[4] = entry->reason;
		wire_put64(record + 5, entry->revision);
		answer = gate_digest_add(digest, key, STREAM_REVOCATIONS, gate_digest_bucket_credential(entry->credential), record,
					 sizeof(record));
	}
	gate_digest_key_free(key);
	return answer;
}

int answer_stream(struct controller *controller, uint8_t stream, uint64_t *revision, struct gate_digest *digest)
{
	const struct gate_digest *made;

	gate_digest_clear(digest);
	if (stream == STREAM_PERMITS) {
		*revision = controller->permits.revision;
		*digest = controller->permits.digest;
		return 0;
	}
	if (stream == STREAM_REVOCATIONS) {
		*revision = controller->memory.revoked_to;
		return controller->memory.revocation_count ? revocations_digest(controller, digest) : 0;
	}
	*revision = controller->transfers.streams[stream - 1].revision;
	if (controller->transfers.streams[stream - 1].length == 0)
		return 0;
	made = transfer_digest(&controller->transfers, stream, controller->memory.digest_key);
	if (!made)
		return -1;
	*digest = *made;
	return 0;
}

uint16_t answer_digest(struct answer *answer)
{
	const struct gate_digest_request *asked = &answer->request->u.digest;
	struct gate_digest_reply *reply = &answer->reply.u.digest_reply;
	struct gate_digest digest;

	if (answer_stream(answer->controller, asked->stream, &reply->revision, &digest) < 0)
		return GATE_ERROR_BUSY;
	reply->stream = asked->stream;
	reply->records = digest.records;
	reply->first = asked->first;
	reply->count = asked->count;
	gate_digest_whole(&digest, reply->whole);
	memcpy(reply->sums, digest.sums[asked->first], (size_t)asked->count * GATE_SUM_SIZE);
	return 0;
}

static uint64_t held(const struct controller *controller, uint8_t stream)
{
	return stream == STREAM_PERMITS ? controller->permits.revision : controller->transfers.streams[stream - 1].revision;
}

/* The stream that a handle of this session names, or 0. A handle of something that was staged before names nothing. */
static uint8_t stream_of(const struct controller *controller, uint32_t handle)
{
	uint32_t stream = handle & ((1u << HANDLE_SHIFT) - 1);
	const struct transfer_staged *staged;

	if (handle >> HANDLE_SHIFT == 0 || handle >> HANDLE_SHIFT > controller->transfers.handles || stream < 1)
		return 0;
	staged = &controller->transfers.staged[stream - 1];
	return staged->fd >= 0 && staged->handle != handle ? 0 : (uint8_t)stream;
}

/* Begin said twice gets the same handle: whichever answer arrives is right. */
static uint32_t handle_for(struct controller *controller, uint8_t stream)
{
	struct transfer_staged *staged = &controller->transfers.staged[stream - 1];

	if (staged->fd < 0)
		return ++controller->transfers.handles << HANDLE_SHIFT | stream;
	if (staged->handle == 0)
		staged->handle = ++controller->transfers.handles << HANDLE_SHIFT | stream;
	return staged->handle;
}

uint16_t answer_transfer_begin(struct answer *answer)
{
	struct controller *controller = answer->controller;
	const struct gate_transfer_begin *begin = &answer->request->u.transfer_begin;
	struct gate_transfer_begin_reply *reply = &answer->reply.u.transfer_begin_reply;
	const struct memory_transfer *last = &controller->memory.transfers[begin->stream - 1];
	bool resumed;

	if (begin->stream == STREAM_REVOCATIONS)
		return GATE_ERROR_NO_SUCH_STREAM;
	if (begin->mode == GATE_TRANSFER_DELTA && begin->stream != STREAM_PERMITS)
		return GATE_ERROR_UNSUPPORTED;
	if (last->answer.outcome == GATE_TRANSFER_SWITCHED && memcmp(last->id, begin->transfer, GATE_ID_SIZE) == 0) {
		reply->state = GATE_TRANSFER_ALREADY;
		reply->contiguous = begin->chunks;
	} else {
		if (begin->mode == GATE_TRANSFER_DELTA && begin->from != held(controller, begin->stream))
			return GATE_ERROR_BASE;
		if (transfer_begin(&controller->transfers, begin, &resumed) < 0)
			return GATE_ERROR_NO_SPACE;
		reply->state = resumed ? GATE_TRANSFER_RESUMED : GATE_TRANSFER_FRESH;
		reply->contiguous = controller->transfers.staged[begin->stream - 1].contiguous;
	}
	reply->handle = handle_for(controller, begin->stream);
	return 0;
}

uint16_t answer_transfer_chunk(struct answer *answer)
{
	struct transfers *transfers = &answer->controller->transfers;
	const struct gate_transfer_chunk *chunk = &answer->request->u.transfer_chunk;
	uint8_t stream = stream_of(answer->controller, chunk->handle);

	if (!stream || transfers->staged[stream - 1].fd < 0)
		return GATE_ERROR_NO_SUCH_TRANSFER;
	switch (transfer_chunk(transfers, stream, chunk)) {
	case 0:
		break;
	case -2:
		return GATE_ERROR_MALFORMED;
	default:
		log_warn("chunk");
		return GATE_ERROR_STORAGE;
	}
	answer->reply.u.transfer_chunk_reply.handle = chunk->handle;
	transfer_progress(transfers, stream, &answer->reply.u.transfer_chunk_reply);
	return 0;
}

/* The records that a payload packs, one after another; the caller frees them. NULL: it makes no sense. */
static uint8_t *unpack(const uint8_t *payload, size_t size, size_t *length)
{
	struct buf records = {0};
	uint8_t record[GATE_PERMIT_SIZE] = {0};
	size_t taken;

	for (size_t at = 0; at < size; at += taken) {
		taken = gate_permit_unpack(payload + at, size - at, record);
		if (taken == 0) {
			buf_free(&records);
			return NULL;
		}
		buf_add(&records, record, sizeof(record));
	}
	*length = records.len;
	return (uint8_t *)buf_take(&records);
}

static enum gate_transfer_outcome switch_permits(struct controller *controller, const uint8_t *payload, const char **reason)
{
	const struct gate_transfer_begin *begin = &controller->transfers.staged[STREAM_PERMITS - 1].begin;
	struct permits_change change = {
		.mode = begin->mode,
		.buckets = begin->buckets,
		.to = begin->to,
		.digest_key = controller->memory.digest_key,
	};
	uint8_t *records = unpack(payload, begin->bytes, &change.length);
	enum gate_transfer_outcome outcome;

	if (!records) {
		*reason = "not whole records";
		return GATE_TRANSFER_BAD_RECORD;
	}
	change.payload = records;
	outcome = permits_apply(&controller->permits, controller->dir, &change, reason);
	free(records);
	return outcome;
}

static enum gate_transfer_outcome switch_to(struct controller *controller, uint8_t stream, const char **reason)
{
	const struct gate_transfer_begin *begin = &controller->transfers.staged[stream - 1].begin;
	enum gate_transfer_outcome outcome;
	uint8_t *payload;

	if (begin->mode == GATE_TRANSFER_DELTA && begin->from != held(controller, stream)) {
		*reason = "another revision is held by now";
		return GATE_TRANSFER_BAD_BASE;
	}
	payload = transfer_payload(&controller->transfers, stream, &outcome, reason);
	if (!payload)
		return outcome;
	if (stream != STREAM_PERMITS)
		return transfer_switch(&controller->transfers, stream, payload, reason);
	outcome = switch_permits(controller, payload, reason);
	free(payload);
	return outcome;
}

uint16_t answer_transfer_commit(struct answer *answer)
{
	struct controller *controller = answer->controller;
	uint32_t handle = answer->request->u.transfer_handle.handle;
	uint8_t stream = stream_of(controller, handle);
	struct gate_transfer_commit_reply *reply = &answer->reply.u.transfer_commit_reply;
	const struct transfer_staged *staged;
	struct gate_digest digest;
	const char *reason = "";

	if (!stream)
		return GATE_ERROR_NO_SUCH_TRANSFER;
	staged = &controller->transfers.staged[stream - 1];
	if (staged->fd < 0) {
		/* Nothing staged: it was committed, or a bad one was dropped. */
		if (controller->memory.transfers[stream - 1].answer.outcome != GATE_TRANSFER_SWITCHED)
			return GATE_ERROR_NO_SUCH_TRANSFER;
		*reply = controller->memory.transfers[stream - 1].answer;
		reply->handle = handle;
		return 0;
	}
	*reply = (struct gate_transfer_commit_reply){.handle = handle, .outcome = (uint8_t)switch_to(controller, stream, &reason)};
	snprintf(reply->reason, sizeof(reply->reason), "%s", reason);
	if (answer_stream(controller, stream, &reply->revision, &digest) < 0)
		return GATE_ERROR_STORAGE;
	reply->records = digest.records;
	gate_digest_whole(&digest, reply->digest);
	if (reply->outcome == GATE_TRANSFER_SWITCHED) {
		memory_transfer(&controller->memory, stream, staged->begin.transfer, reply);
		if (stream == STREAM_PERMITS)
			memory_permits_held(&controller->memory, reply->revision);
		if (controller_commit(controller, true) < 0)
			return GATE_ERROR_STORAGE;
		if (stream == STREAM_PERMITS)
			backfill(controller);
	}
	if (reply->outcome != GATE_TRANSFER_INCOMPLETE && reply->outcome != GATE_TRANSFER_STORAGE)
		transfer_drop(&controller->transfers, stream);
	return 0;
}

uint16_t answer_transfer_abort(struct answer *answer)
{
	uint32_t handle = answer->request->u.transfer_handle.handle;
	uint8_t stream = stream_of(answer->controller, handle);

	if (stream)
		transfer_drop(&answer->controller->transfers, stream);
	answer->reply.u.transfer_handle.handle = handle;
	return 0;
}

static void collect(struct controller *controller, const struct gate_revoke *revoke)
{
	controller->revoke = xreallocarray(controller->revoke, controller->revoke_count + revoke->count + 1u, sizeof(*controller->revoke));
	memcpy(controller->revoke + controller->revoke_count, revoke->entries, revoke->count * sizeof(*controller->revoke));
	controller->revoke_count += revoke->count;
}

/* Takes one part in order. */
static uint16_t take_part(struct controller *controller, const struct gate_revoke *revoke)
{
	struct memory *memory = &controller->memory;
	bool replace = revoke->mode == GATE_REVOKE_REPLACE;

	if (memory->revocation_count + revoke->count > REVOCATIONS_MAX || controller->revoke_count + revoke->count > REVOCATIONS_MAX)
		return GATE_ERROR_NO_SPACE;
	if (replace)
		collect(controller, revoke);
	/* Entries count at once; what no part named goes with the last one. */
	if (replace && revoke->last)
		memory_revoke(memory, true, revoke->to, controller->revoke, controller->revoke_count);
	else
		memory_revoke(memory, false, revoke->last ? revoke->to : memory->revoked_to, revoke->entries, revoke->count);
	memory_permits_held(memory, controller->permits.revision);
	if (controller_commit(controller, true) < 0)
		return GATE_ERROR_STORAGE;
	if (revoke->last) {
		free_null(&controller->revoke);
		controller->revoke_count = 0;
	}
	return 0;
}

uint16_t answer_revoke(struct answer *answer)
{
	struct controller *controller = answer->controller;
	const struct gate_revoke *revoke = &answer->request->u.revoke;
	struct gate_revoke_reply *reply = &answer->reply.u.revoke_reply;
	bool repeated = revoke->part < controller->revoke_next && revoke->mode == controller->revoke_mode;
	uint16_t error;

	/* The last part again, after its answer was lost: `to` is held already. */
	if (revoke->last && repeated && controller->memory.revoked_to == revoke->to)
		goto reply;
	if (revoke->part == 0) {
		free_null(&controller->revoke);
		controller->revoke_count = 0;
		controller->revoke_next = 0;
		controller->revoke_mode = revoke->mode;
		repeated = false;
	}
	if (!repeated) {
		if (revoke->part != controller->revoke_next || revoke->mode != controller->revoke_mode)
			return GATE_ERROR_NO_SUCH_TRANSFER;
		if (revoke->mode == GATE_REVOKE_ADD && revoke->from != controller->memory.revoked_to)
			return GATE_ERROR_BASE;
		error = take_part(controller, revoke);
		if (error)
			return error;
		controller->revoke_next++;
	}
reply:
	reply->revision = controller->memory.revoked_to;
	reply->entries = (uint32_t)controller->memory.revocation_count;
	reply->next_part = controller->revoke_next;
	return 0;
}

uint16_t answer_read_back(struct answer *answer)
{
	const struct gate_read_back *asked = &answer->request->u.read_back;
	struct gate_read_back_reply *reply = &answer->reply.u.read_back_reply;
	const struct transfer_stream *stream = &answer->controller->transfers.streams[asked->stream - 1];
	size_t left;

	if (asked->stream < STREAM_TIMETABLES || asked->stream > STREAM_IC_CARD)
		return GATE_ERROR_UNSUPPORTED;
	left = asked->offset < stream->length ? stream->length - asked->offset : 0;
	reply->stream = asked->stream;
	reply->revision = stream->revision;
	reply->total = (uint32_t)stream->length;
	reply->offset = asked->offset;
	reply->size = (uint16_t)(left < GATE_CHUNK_SIZE ? left : GATE_CHUNK_SIZE);
	reply->data = reply->size ? stream->payload + asked->offset : NULL;
	return 0;
}
