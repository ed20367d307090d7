/* What the keeper says to the database: one statement at a time, waiting for each. Failures are logged here. */
#ifndef DB_KEEPER_H
#define DB_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keeper_db;

enum keeper_result { KEEPER_OK, KEEPER_REFUSED, KEEPER_AWAY };

struct keeper_db *keeper_open(const char *conninfo);
void keeper_close(struct keeper_db *);
/* Connects when it is not connected. */
bool keeper_is_connected(struct keeper_db *);

/* Partitions of today and the days to come exist then; how many were made. */
enum keeper_result keeper_partitions_ensure(struct keeper_db *, int days_ahead, int *made);

enum keeper_step { KEEPER_DETACH, KEEPER_FINALIZE, KEEPER_DROP };
struct keeper_partition {
	char parent[160], partition[160];	/* as SQL names, quoted where needed */
	enum keeper_step step;
};
/* What retention wants next; the caller frees *out. */
enum keeper_result keeper_partitions_due(struct keeper_db *, struct keeper_partition **out, size_t *count);
/* A plain statement, outside any transaction: DETACH CONCURRENTLY can be nothing else. */
enum keeper_result keeper_partition_step(struct keeper_db *, const struct keeper_partition *);

/* Does what the timetable says is due now; `told` hears of each. */
enum keeper_result keeper_timetable(struct keeper_db *, void (*told)(const char *name, const char *kind, int queued));
enum keeper_result keeper_expire_commands(struct keeper_db *, int *expired);
enum keeper_result keeper_expire_sessions(struct keeper_db *);
enum keeper_result keeper_tidy(struct keeper_db *);
/* status: "ok", "degraded", "failed" */
enum keeper_result keeper_health(struct keeper_db *, const char *name, const char *status, const char *detail);

#endif
