/* Where kidoban-audit reads from: a file of kidoban-audit export, or the database. Failures are told on standard error. */
#ifndef TOOLS_AUDIT_SOURCE_H
#define TOOLS_AUDIT_SOURCE_H

#include <stdio.h>

#include "db/conn.h"
#include "db/log_verify.h"

#define AUDIT_FILES 64

struct audit {
	const char *conninfo, *file;	/* one of them */
	const char *checkpoint_files[AUDIT_FILES], *key_files[AUDIT_FILES];
	int checkpoint_file_count, key_file_count;
	int64_t from;			/* 0: from the first that is kept */

	struct db *db;
	FILE *in;
	char log[40];			/* name of the log */
	int64_t head;			/* number that the database calls the newest, 0 from a file */
	int64_t unsealed;
	bool own_keys, own_checkpoints;	/* nothing but what the database itself says */
};

/* 0, or -1. */
int audit_open(struct audit *audit) __attribute__((warn_unused_result));
void audit_close(struct audit *audit);
int audit_feed_keys(struct audit *audit, struct log_verifier *verifier) __attribute__((warn_unused_result));
int audit_feed_checkpoints(struct audit *audit, struct log_verifier *verifier) __attribute__((warn_unused_result));
int audit_feed_entries(struct audit *audit, struct log_verifier *verifier) __attribute__((warn_unused_result));
/* A header line, then a line of JSON for each entry. */
int audit_export(struct audit *audit, FILE *out) __attribute__((warn_unused_result));
int audit_print_checkpoints(struct audit *audit, FILE *out) __attribute__((warn_unused_result));
int audit_print_keys(struct audit *audit, FILE *out) __attribute__((warn_unused_result));

#endif
