/* Organisation. The functions in sql/api/organisation.sql write. */
#include "db/organisation.h"

#include "base/str.h"
#include "db/call.h"

#define MANAGEMENT_GROUPS \
	"SELECT m.id, m.name, m.note, (SELECT count(*) FROM gate g WHERE g.management_group_id = m.id), m.revision FROM management_group_current m"

static const struct {
	struct db_statement list, find, update, delete;
	int revision;	/* its column */
} kinds[] = {
	[DEPARTMENT] = {
		{"departments",
		 "WITH RECURSIVE d AS MATERIALIZED (SELECT id, parent_id, name, code, revision FROM department_current), tree AS ("
		 " SELECT id, NULL::int4 AS parent, name, code, revision, ARRAY[code] AS path FROM d"
		 " WHERE parent_id IS NULL OR NOT EXISTS (SELECT FROM d p WHERE p.id = d.parent_id)"
		 " UNION ALL SELECT d.id, d.parent_id, d.name, d.code, d.revision, t.path || d.code FROM d JOIN tree t ON d.parent_id = t.id)"
		 " SELECT id, parent, name, code, revision FROM tree ORDER BY path"},
		{"department", "SELECT id, parent_id, name, code, revision FROM department_current WHERE id = $1"},
		{"department_update", "SELECT api.department_update($1, $2, $3)"},
		{"department_delete", "SELECT api.department_delete($1, $2)"},
		4},
	[MANAGEMENT_GROUP] = {
		{"management_groups", MANAGEMENT_GROUPS " ORDER BY m.name, m.id"},
		{"management_group", MANAGEMENT_GROUPS " WHERE m.id = $1"},
		{"management_group_update", "SELECT api.management_group_update($1, $2, $3)"},
		{"management_group_delete", "SELECT api.management_group_delete($1, $2)"},
		4},
	[GATE_GROUP] = {
		{"gate_groups", "SELECT id, name, gate_count, gates, editable, revision FROM api.gate_groups(NULL)"},
		{"gate_group", "SELECT id, name, gate_count, gates, editable, revision FROM api.gate_groups($1)"},
		{"gate_group_update", "SELECT api.gate_group_update($1, $2, $3)"},
		{"gate_group_delete", "SELECT api.gate_group_delete($1, $2)"},
		5},
};
static const struct db_statement department_create_statement = {"department_create", "SELECT api.department_create($1, $2, $3)"};
static const struct db_statement management_group_create_statement = {
	"management_group_create", "SELECT api.management_group_create($1, $2)"};
static const struct db_statement gate_group_create_statement = {"gate_group_create", "SELECT api.gate_group_create($1, coalesce($2::int4[], '{}'))"};
static const struct db_statement gate_group_set_statement = {
	"gate_group_set", "SELECT api.gate_group_gates($1, $2, coalesce($3::int4[], '{}'))"};
static const struct db_statement gate_group_preview_statement = {
	"gate_group_preview", "SELECT gains, gate_id, name, cardholders FROM api.gate_group_preview($1, coalesce($2::int4[], '{}'))"};
static const struct db_statement buildings = {
	"buildings", "SELECT building, gates FROM api.buildings()"};

enum db_result organisation_list(struct db *db, enum organisation_kind kind, struct db_rows **rows)
{
	return db_run(db, &kinds[kind].list, NULL, rows);
}

enum db_result organisation_find(struct db *db, enum organisation_kind kind, int64_t id, struct db_rows **rows)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	return db_call_found(db, &kinds[kind].find, &params, rows);
}

int64_t organisation_revision(const struct db_rows *rows, enum organisation_kind kind)
{
	return db_int(rows, 0, kinds[kind].revision);
}

enum db_result department_create(struct db *db, int64_t parent, const char *code, const char *name, int64_t *id)
{
	struct db_params params = {0};

	db_param_int_or_null(&params, parent);
	db_param_text(&params, code);
	db_param_text(&params, name);
	return db_call_number(db, &department_create_statement, &params, id);
}

enum db_result management_group_create(struct db *db, const char *name, const char *note, int64_t *id)
{
	struct db_params params = {0};

	db_param_text(&params, name);
	db_param_text(&params, note);
	return db_call_number(db, &management_group_create_statement, &params, id);
}

enum db_result gate_group_create(struct db *db, const char *name, const int64_t *gates, size_t count, int64_t *id)
{
	struct db_params params = {0};

	db_param_text(&params, name);
	db_param_ints(&params, gates, count);
	return db_call_number(db, &gate_group_create_statement, &params, id);
}

enum db_result organisation_update(struct db *db, enum organisation_kind kind, int64_t id, int64_t if_match, const char *change)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	db_param_int(&params, if_match);
	db_param_text(&params, change);
	return db_call_number(db, &kinds[kind].update, &params, NULL);
}

enum db_result organisation_delete(struct db *db, enum organisation_kind kind, int64_t id, int64_t if_match, int64_t *revision)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	db_param_int(&params, if_match);
	return db_call_number(db, &kinds[kind].delete, &params, revision);
}

enum db_result gate_group_set(struct db *db, int64_t id, int64_t if_match, const int64_t *gates, size_t count)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	db_param_int(&params, if_match);
	db_param_ints(&params, gates, count);
	return db_call_number(db, &gate_group_set_statement, &params, NULL);
}

enum db_result gate_group_preview(struct db *db, int64_t id, const int64_t *gates, size_t count, struct db_rows **rows)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	db_param_ints(&params, gates, count);
	return db_call(db, &gate_group_preview_statement, &params, rows);
}

enum db_result buildings_list(struct db *db, struct db_rows **rows)
{
	return db_run(db, &buildings, NULL, rows);
}
