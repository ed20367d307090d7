/* The short lists that screens filter by. */
#include "db/organisation.h"

#include <stddef.h>

static const struct db_statement management_groups = {
	"management_groups",
	"SELECT m.id, m.name, (SELECT count(*) FROM gate g WHERE g.management_group_id = m.id), m.revision"
	" FROM management_group_current m ORDER BY m.name, m.id"};
static const struct db_statement gate_groups = {
	"gate_groups",
	"SELECT y.id, y.name, (SELECT count(*) FROM gate_group_member x JOIN gate g ON g.id = x.gate_id WHERE x.gate_group_id = y.id)"
	" FROM gate_group y ORDER BY y.name, y.id"};
static const struct db_statement buildings = {
	"buildings", "SELECT building, count(*) FROM gate GROUP BY building ORDER BY building"};
static const struct db_statement departments = {
	"departments",
	"WITH RECURSIVE d AS MATERIALIZED (SELECT id, parent_id, name, code FROM department), tree AS ("
	" SELECT id, NULL::int4 AS parent, name, code, ARRAY[code] AS path FROM d"
	" WHERE parent_id IS NULL OR NOT EXISTS (SELECT FROM d p WHERE p.id = d.parent_id)"
	" UNION ALL SELECT d.id, d.parent_id, d.name, d.code, t.path || d.code FROM d JOIN tree t ON d.parent_id = t.id)"
	" SELECT id, parent, name, code FROM tree ORDER BY path"};

enum db_result management_groups_list(struct db *db, struct db_rows **rows)
{
	return db_run(db, &management_groups, NULL, rows);
}

enum db_result gate_groups_list(struct db *db, struct db_rows **rows)
{
	return db_run(db, &gate_groups, NULL, rows);
}

enum db_result buildings_list(struct db *db, struct db_rows **rows)
{
	return db_run(db, &buildings, NULL, rows);
}

enum db_result departments_list(struct db *db, struct db_rows **rows)
{
	return db_run(db, &departments, NULL, rows);
}
