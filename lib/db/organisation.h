/* Management groups, gate groups, buildings and departments in the operator's scope. */
#ifndef DB_ORGANISATION_H
#define DB_ORGANISATION_H

#include "db/conn.h"

/* Columns: id, name, gates, revision */
enum db_result management_groups_list(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));
/* Columns: id, name, gates in scope */
enum db_result gate_groups_list(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));
/* Columns: name, gates */
enum db_result buildings_list(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));
/* Columns: id, parent (null at the top of what is in scope), name, code; parents before their children. */
enum db_result departments_list(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));

#endif
