/* The system log as kidoban-audit reads it: straight from the tables, in stored order, by functions of PostgreSQL alone, so that a function of ours that
 * was changed changes nothing. In one transaction; the caller's conninfo asks for one snapshot (repeatable read). */
#ifndef DB_LOG_AUDIT_H
#define DB_LOG_AUDIT_H

#include "db/conn.h"

/* Begins it. log (a UUID as text), head, and how many wait to be sealed. */
enum db_result log_audit_begin(struct db *db, char log[40], int64_t *head, int64_t *unsealed) __attribute__((warn_unused_result));
/* Opens the entries from a number on (0: all); then log_audit_next gives up to 1,000 at a time: the fields of enum log_field and the hash, as text. */
enum db_result log_audit_open(struct db *db, int64_t from) __attribute__((warn_unused_result));
enum db_result log_audit_next(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));
/* The hash (hexadecimal) of what is before an entry, by the entry before it or a checkpoint; DB_NONE: nothing says. */
enum db_result log_audit_previous(struct db *db, int64_t number, char hash[65]) __attribute__((warn_unused_result));
/* log, number, hash, first, at, key, signature; in order */
enum db_result log_audit_checkpoints(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));
/* public key, hexadecimal, newest first */
enum db_result log_audit_keys(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));

#endif
