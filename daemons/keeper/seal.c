/*
 * The sealer of the system log (M-1). Every second what is committed goes into the chain; one SQL function does that, all or nothing. Every few
 * minutes, and at the end, the newest link is signed. Before it signs, the keeper works the chain out itself from the last checkpoint on, with code of its
 * own: it never puts its name under a log that was touched. The private key is in the database, sealed with the master key, which is not.
 */
#include "seal.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/notify.h"
#include "base/seal.h"
#include "db/keeper_log.h"
#include "db/log_verify.h"

enum { AT_ONCE = 2000, ROUNDS = 100 };

/* What this process signed last: a checkpoint that is gone from the database since is noticed. */
static struct {
	int64_t number;
	unsigned char hash[LOG_HASH];
} remembered;

static enum duty_result result_of(enum keeper_result r)
{
	return r == KEEPER_OK ? DUTY_DONE : r == KEEPER_REFUSED ? DUTY_FAILED : DUTY_AWAY;
}

enum duty_result duty_seal(struct keeper_db *db, const struct keeper_config *config)
{
	int sealed = AT_ONCE;
	enum keeper_result r = KEEPER_OK;

	(void)config;
	for (int round = 0; round < ROUNDS && sealed == AT_ONCE && r == KEEPER_OK; round++) {
		r = keeper_seal(db, AT_ONCE, &sealed);
		notify_watchdog();
	}
	return result_of(r);
}

enum duty_result duty_quiet(struct keeper_db *db, const struct keeper_config *config)
{
	(void)config;
	return result_of(keeper_log_quiet(db));
}

static void context_of(const char *id, char out[64])
{
	snprintf(out, 64, "system_log_key/%s", id);
}

static int make_key(struct keeper_db *db, const struct seal_key *master, unsigned char private_key[LOG_KEY])
{
	struct keeper_log_key key = {0};
	char context[64];

	if (log_key_make(private_key, key.public_key) != 0) {
		log_warnx("OpenSSL makes no key");
		return -1;
	}
	log_key_id(key.public_key, key.id);
	context_of(key.id, context);
	bool done = seal_wrap(master, context, private_key, LOG_KEY, &key.wrapped) == 0 && keeper_log_key_add(db, &key) == KEEPER_OK;
	if (done)
		log_info("a new key for checkpoints of the system log: %s", key.id);
	buf_free(&key.wrapped);
	return done ? 0 : -1;
}

/* The newest key; a fresh one when there is none, or the master key has become another. */
static int load_key(struct keeper_db *db, const struct seal_key *master, const struct keeper_log_key *keys, size_t count, unsigned char private_key[LOG_KEY])
{
	struct buf plain = {0};
	char context[64];

	if (count > 0) {
		context_of(keys[0].id, context);
		if (seal_unwrap(master, context, keys[0].wrapped.data, keys[0].wrapped.len, &plain) == 0 && plain.len == LOG_KEY) {
			memcpy(private_key, plain.data, LOG_KEY);
			OPENSSL_cleanse(plain.data, plain.len);
			buf_free(&plain);
			return 0;
		}
		buf_free(&plain);
		log_warnx("key %s of the system log can not be opened with this master key", keys[0].id);
	}
	return make_key(db, master, private_key);
}

static void alarm_set(struct keeper_db *db, const char *kind, const char *severity, const char *detail, bool raised)
{
	bool changed;

	if (keeper_alarm(db, kind, kind[0] == 'c' ? "" : "checkpoints", severity, detail, raised, &changed) == KEEPER_OK && changed && raised)
		log_warnx("%s", detail);
}

struct walk {
	struct log_verifier *verifier;
	int64_t until, last;
	unsigned char hash[LOG_HASH];	/* of the entry until, as stored */
	char found[200];
};

static void on_found(void *arg, const struct log_finding *finding)
{
	struct walk *walk = arg;

	if (walk->found[0] == '\0')
		snprintf(walk->found, sizeof walk->found, "%s", finding->text);
}

static void on_entry(void *arg, const char *const fields[LOG_FIELDS], const unsigned char hash[LOG_HASH])
{
	struct walk *walk = arg;
	int64_t number;

	if (parse_int(fields[LOG_NUMBER], 1, INT64_MAX, &number) != 0 || number > walk->until)
		return;
	walk->last = number;
	memcpy(walk->hash, hash, LOG_HASH);
	log_verifier_entry(walk->verifier, fields, hash);
}

/* Works the chain out from the last checkpoint to the one to come. walk->found says what is wrong. */
static enum keeper_result walk_chain(struct keeper_db *db, const struct keeper_to_sign *to_sign, struct walk *walk)
{
	const struct log_checkpoint *last = &to_sign->last, *next = &to_sign->checkpoint;
	enum keeper_result r = KEEPER_OK;
	struct log_verdict verdict;
	int count = AT_ONCE;

	walk->until = next->number;
	walk->last = last->number;
	memcpy(walk->hash, last->hash, LOG_HASH);
	walk->verifier = log_verifier_new(next->log, on_found, walk);
	log_verifier_from(walk->verifier, last->number + 1);
	log_verifier_previous(walk->verifier, last->hash);
	while (r == KEEPER_OK && count == AT_ONCE && walk->last < walk->until) {
		r = keeper_log_entries(db, walk->last, AT_ONCE, on_entry, walk, &count);
		notify_watchdog();
	}
	log_verifier_end(walk->verifier, next->number, &verdict);
	log_verifier_free(walk->verifier);
	if (r == KEEPER_OK && walk->found[0] == '\0' && (walk->last != next->number || memcmp(walk->hash, next->hash, LOG_HASH) != 0))
		snprintf(walk->found, sizeof walk->found, "the head of the chain is not its last entry");
	return r;
}

/* The last checkpoint is one that was signed, and not an older one than this process knows of. */
static bool last_is_good(const struct keeper_to_sign *to_sign, const struct keeper_log_key *keys, size_t count, char found[200])
{
	const struct log_checkpoint *last = &to_sign->last;

	if (!to_sign->drops && (last->number < remembered.number ||
				(last->number == remembered.number && remembered.number > 0 && memcmp(last->hash, remembered.hash, LOG_HASH) != 0))) {
		snprintf(found, 200, "the checkpoint of entry %lld is gone or was changed", (long long)remembered.number);
		return false;
	}
	if (last->key[0] == '\0')	/* none yet */
		return true;
	for (size_t i = 0; i < count; i++)
		if (strcmp(keys[i].id, last->key) == 0 && log_checkpoint_is_good(last, keys[i].public_key))
			return true;
	snprintf(found, 200, "the signature of the checkpoint of entry %lld is wrong", (long long)last->number);
	return false;
}

static enum keeper_result sign(struct keeper_db *db, struct keeper_to_sign *to_sign, const unsigned char private_key[LOG_KEY])
{
	struct log_checkpoint *checkpoint = &to_sign->checkpoint;
	struct buf line = {0};

	if (log_checkpoint_sign(checkpoint, private_key) != 0) {
		log_warnx("OpenSSL does not sign");
		return KEEPER_REFUSED;
	}
	enum keeper_result r = keeper_log_signed(db, checkpoint);
	if (r == KEEPER_OK) {
		if (checkpoint->number >= remembered.number) {
			remembered.number = checkpoint->number;
			memcpy(remembered.hash, checkpoint->hash, LOG_HASH);
		}
		/* Whole, so that the journal, and wherever it is sent, is a witness. */
		log_checkpoint_write(checkpoint, &line);
		log_info("checkpoint of the system log: %s", buf_text(&line));
		buf_free(&line);
	}
	return r;
}

static enum keeper_result checkpoint(struct keeper_db *db, const struct seal_key *master, struct keeper_to_sign *to_sign)
{
	unsigned char private_key[LOG_KEY];
	struct keeper_log_key *keys;
	struct walk walk = {0};
	size_t count;
	enum keeper_result r = keeper_log_keys(db, &keys, &count);

	if (r == KEEPER_OK && last_is_good(to_sign, keys, count, walk.found))
		r = walk_chain(db, to_sign, &walk);
	if (r == KEEPER_OK)
		alarm_set(db, "chain_broken", "alarm", walk.found, walk.found[0] != '\0');
	if (r == KEEPER_OK && walk.found[0] == '\0') {
		r = load_key(db, master, keys, count, private_key) == 0 ? sign(db, to_sign, private_key) : KEEPER_REFUSED;
		OPENSSL_cleanse(private_key, sizeof private_key);
	}
	for (size_t i = 0; i < count; i++)
		buf_free(&keys[i].wrapped);
	free(keys);
	return r == KEEPER_OK && walk.found[0] != '\0' ? KEEPER_REFUSED : r;
}

enum duty_result duty_checkpoint(struct keeper_db *db, const struct keeper_config *config)
{
	static bool without;
	struct seal_key master;
	struct keeper_to_sign to_sign;
	bool any;
	enum keeper_result r = keeper_log_to_sign(db, &to_sign, &any);

	if (r != KEEPER_OK || !any)
		return result_of(r);
	if (without && config->common.master_key_file[0] == '\0')
		return DUTY_DONE;
	without = seal_load(config->common.master_key_file, &master) != 0;
	alarm_set(db, "seal_backlog", "warn", "the system log is not signed: the keeper can not read the master key", without);
	if (without)
		return DUTY_FAILED;
	r = checkpoint(db, &master, &to_sign);
	seal_clear(&master);
	/* What it ends may go now. */
	return r == KEEPER_OK && to_sign.drops ? duty_retention(db, config) : result_of(r);
}
