/* Working the chain of the system log out again, entry by entry as they are stored, and saying where it was touched: changed, deleted, inserted,
 * swapped, cut at either end, or rewritten between two checkpoints. Pure, and of bounded memory however long the log is. */
#ifndef DB_LOG_VERIFY_H
#define DB_LOG_VERIFY_H

#include "db/log_chain.h"

enum log_finding_kind {
	LOG_FOUND_CHANGED,	/* content or hash of entry from */
	LOG_FOUND_DELETED,	/* entries from .. to */
	LOG_FOUND_INSERTED,	/* from .. to, as numbered now */
	LOG_FOUND_SWAPPED,	/* from and to */
	LOG_FOUND_CUT,		/* from .. to, at the end or at the beginning */
	LOG_FOUND_REWRITTEN,	/* somewhere in from .. to, where a checkpoint has another hash */
	LOG_FOUND_BROKEN,	/* from does not follow from what is before it, in a way that is none of these */
	LOG_FOUND_CHECKPOINT,	/* a checkpoint that is itself not right */
};
const char *log_finding_word(enum log_finding_kind kind);

struct log_finding {
	enum log_finding_kind kind;
	int64_t from, to;
	char text[200];		/* one sentence without its full stop */
};
typedef void log_found(void *arg, const struct log_finding *finding);

struct log_verdict {
	int64_t entries, first, last;	/* numbers; 0: none */
	int64_t matched;		/* checkpoints that were found to be true */
	int64_t covered;		/* the last entry under a good checkpoint; what is after it rests on the chain alone */
	int64_t findings;
};

struct log_verifier;

/* log: the name of the log. found is called for each finding, in order of place as far as possible. */
struct log_verifier *log_verifier_new(const char *log, log_found *found, void *arg) __attribute__((returns_nonnull, warn_unused_result));
void log_verifier_free(struct log_verifier *verifier);
/* First every key, then every checkpoint, then (for a part of a log) what was before its first entry, then the entries in stored order, then the end. */
void log_verifier_key(struct log_verifier *verifier, const unsigned char public_key[LOG_KEY]);
void log_verifier_checkpoint(struct log_verifier *verifier, const struct log_checkpoint *checkpoint);
/* The part that is looked at begins there by intent. */
void log_verifier_from(struct log_verifier *verifier, int64_t number);
void log_verifier_previous(struct log_verifier *verifier, const unsigned char hash[LOG_HASH]);
void log_verifier_entry(struct log_verifier *verifier, const char *const fields[LOG_FIELDS], const unsigned char hash[LOG_HASH]);
/* head: the number that the database says is the newest; 0 when unknown. */
void log_verifier_end(struct log_verifier *verifier, int64_t head, struct log_verdict *verdict);

#endif
