/* One statement as most subjects run theirs. The parameters are cleared, whatever comes of it. Not for other layers. */
#ifndef DB_CALL_H
#define DB_CALL_H

#include "db/conn.h"

/* rows may be NULL when none are wanted. */
enum db_result db_call(struct db *db, const struct db_statement *statement, struct db_params *params, struct db_rows **rows)
	__attribute__((warn_unused_result));
/* DB_NONE when there is no row; nothing has to be freed then. */
enum db_result db_call_found(struct db *db, const struct db_statement *statement, struct db_params *params, struct db_rows **rows)
	__attribute__((warn_unused_result));
/* What answers one number; NULL: it is not wanted. */
enum db_result db_call_number(struct db *db, const struct db_statement *statement, struct db_params *params, int64_t *number)
	__attribute__((warn_unused_result));

/* SQL NULL for 0. */
void db_param_int_or_null(struct db_params *params, int64_t value);
void db_param_time_or_null(struct db_params *params, int64_t wall_ms);

#endif
