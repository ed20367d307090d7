/* What the keeper says to the database about the system log: sealing, checkpoints, keys; and about the system's own alarms. */
#ifndef DB_KEEPER_LOG_H
#define DB_KEEPER_LOG_H

#include "db/keeper.h"
#include "db/log_chain.h"

/* Moves up to `most` entries into the chain; *sealed says how many. */
enum keeper_result keeper_seal(struct keeper_db *, int most, int *sealed);
/* Tells how many refusals were left out. */
enum keeper_result keeper_log_quiet(struct keeper_db *);
enum keeper_result keeper_log_say(struct keeper_db *, const char *action, const char *object, const char *outcome, const char *details);

/* What is to be signed next, without key and signature, and the checkpoint before it (number 0: none). */
struct keeper_to_sign {
	struct log_checkpoint checkpoint, last;
	bool drops;		/* it ends a partition that is due to go */
};
/* *any false: nothing new. */
enum keeper_result keeper_log_to_sign(struct keeper_db *, struct keeper_to_sign *out, bool *any);
enum keeper_result keeper_log_signed(struct keeper_db *, const struct log_checkpoint *);

typedef void keeper_log_entry(void *arg, const char *const fields[LOG_FIELDS], const unsigned char hash[LOG_HASH]);
/* Up to `most` entries after a number, in order; *count says how many there were. */
enum keeper_result keeper_log_entries(struct keeper_db *, int64_t after, int most, keeper_log_entry *each, void *arg, int *count);

struct keeper_log_key {
	char id[LOG_KEY_ID];
	unsigned char public_key[LOG_KEY];
	struct buf wrapped;	/* the private half under the master key */
};
/* Newest first; the caller frees each wrapped, and *out. */
enum keeper_result keeper_log_keys(struct keeper_db *, struct keeper_log_key **out, size_t *count);
enum keeper_result keeper_log_key_add(struct keeper_db *, const struct keeper_log_key *);

/* Raises or clears; *changed when it was not so before. */
enum keeper_result keeper_alarm(struct keeper_db *, const char *kind, const char *subject, const char *severity, const char *detail, bool raised, bool *changed);
typedef void keeper_named_number(void *arg, const char *name, int64_t number, int64_t age_s);
/* Programs with the age of their last sign of life in seconds, -1 when there is none. */
enum keeper_result keeper_daemons(struct keeper_db *, keeper_named_number *each, void *arg);
/* Kinds of work that waits, how much, and the age of the oldest. */
enum keeper_result keeper_backlogs(struct keeper_db *, keeper_named_number *each, void *arg);
/* The database's clock, in milliseconds since 1970. */
enum keeper_result keeper_clock(struct keeper_db *, int64_t *now_ms);

#endif
