/* Gates: the list, one, and a change of its name or place. Scope is row-level security's business. */
#include "db/gate.h"

#define GATE_COLUMNS \
	"g.id, g.door, g.name, g.building, g.place, g.management_group_id, m.name, c.id, c.name, c.driver, host(c.address)," \
	" c.serial, c.port, k.communication, " SQL_MS("k.since") ", " SQL_MS("k.last_seen_at") ", k.reason," \
	" s.lock_state, s.arm_state, s.door_state, s.verification_mode, s.unlock_mode, s.alarms, " \
	SQL_MS("s.seen_at") ", " SQL_MS("s.changed_at") ", g.revision"
#define GATE_JOINS \
	" JOIN management_group m ON m.id = g.management_group_id JOIN controller c ON c.id = g.controller_id" \
	" LEFT JOIN controller_state k ON k.controller_id = g.controller_id LEFT JOIN gate_state s ON s.gate_id = g.id"

#define CONFIGURED \
	" WHERE ($1::int4[] IS NULL OR g.management_group_id = ANY ($1))" \
	" AND ($2::int4 IS NULL OR EXISTS (SELECT FROM gate_group_member x WHERE x.gate_group_id = $2 AND x.gate_id = g.id))" \
	" AND ($3::text IS NULL OR g.building = $3)" \
	" AND ($4::text IS NULL OR position(lower($4) IN lower(concat_ws(' ', g.name, g.building, g.place))) > 0)"
#define PAGE(AFTER, LIMIT) \
	" SELECT " GATE_COLUMNS ", (SELECT count(*) FROM f) FROM" \
	" (SELECT id FROM f WHERE id > " AFTER "::int4 ORDER BY id LIMIT " LIMIT "::int4) page JOIN gate_current g ON g.id = page.id" \
	GATE_JOINS " ORDER BY g.id"

/* The usual list looks at no state to find its gates; half of the time would go into joins that filter nothing. */
static const struct db_statement list_statement = {
	"gates_list", "WITH f AS MATERIALIZED (SELECT g.id FROM gate g" CONFIGURED ")" PAGE("$5", "$6")};
static const struct db_statement list_by_state_statement = {
	"gates_list_by_state",
	"WITH f AS MATERIALIZED (SELECT g.id FROM gate g"
	" LEFT JOIN controller_state k ON k.controller_id = g.controller_id LEFT JOIN gate_state s ON s.gate_id = g.id"
	CONFIGURED " AND ($5::int4[] IS NULL OR k.communication = ANY ($5)) AND ($6::int4[] IS NULL OR s.lock_state = ANY ($6))"
	" AND ($7::int4[] IS NULL OR s.arm_state = ANY ($7)) AND ($8::int4[] IS NULL OR s.door_state = ANY ($8))"
	" AND ($9::bool IS NULL OR (coalesce(s.alarms, 0) <> 0) = $9))" PAGE("$10", "$11")};

static const struct db_statement find_statement = {
	"gate_find",
	"SELECT " GATE_COLUMNS ", g.entry_reader, g.exit_reader, g.parameters,"
	" coalesce((SELECT json_agg(json_build_object('id', y.id, 'name', y.name) ORDER BY y.name) FROM gate_group_member x"
	" JOIN gate_group y ON y.id = x.gate_group_id WHERE x.gate_id = g.id), '[]'),"
	" coalesce((SELECT json_agg(json_build_object('stream', d.code, 'confirmed_revision', t.confirmed_revision,"
	" 'confirmed_at', t.confirmed_at, 'wanted_revision', (SELECT max(revision) FROM change_set)) ORDER BY d.number)"
	" FROM controller_stream t JOIN code d ON d.class = 'stream' AND d.number = t.stream"
	" WHERE t.controller_id = g.controller_id), '[]')"
	" FROM gate_current g" GATE_JOINS " WHERE g.id = $1"};

static const struct db_statement update_statement = {
	"gate_update", "SELECT api.gate_update($1, $2, $3, $4, $5, $6)"};

void gate_contact_read(const struct db_rows *rows, int row, int column, struct gate_contact *contact)
{
	contact->communication = db_null(rows, row, column) ? 1 : (int)db_int(rows, row, column);
	contact->since_ms = db_int(rows, row, column + 1);
	contact->last_seen_ms = db_int(rows, row, column + 2);
	contact->reason = db_text(rows, row, column + 3);
}

void gate_state_read(const struct db_rows *rows, int row, int column, struct gate_state *state)
{
	state->lock_state = (int)db_int(rows, row, column);
	state->arm_state = (int)db_int(rows, row, column + 1);
	state->door_state = (int)db_int(rows, row, column + 2);
	state->verification_mode = (int)db_int(rows, row, column + 3);
	state->unlock_mode = (int)db_int(rows, row, column + 4);
	state->alarms = (uint32_t)db_int(rows, row, column + 5);
	state->seen_ms = db_int(rows, row, column + 6);
	state->changed_ms = db_int(rows, row, column + 7);
}

void gate_read(const struct db_rows *rows, int row, struct gate *gate)
{
	*gate = (struct gate){
		.id = (int)db_int(rows, row, 0),
		.door = (int)db_int(rows, row, 1),
		.name = db_text(rows, row, 2),
		.building = db_text(rows, row, 3),
		.place = db_text(rows, row, 4),
		.management_group_id = (int)db_int(rows, row, 5),
		.management_group = db_text(rows, row, 6),
		.controller_id = (int)db_int(rows, row, 7),
		.controller = db_text(rows, row, 8),
		.driver = db_text(rows, row, 9),
		.address = db_text(rows, row, 10),
		.serial = db_text(rows, row, 11),
		.port = (int)db_int(rows, row, 12),
		.revision = db_int(rows, row, 25),
	};
	gate_contact_read(rows, row, 13, &gate->contact);
	gate_state_read(rows, row, 17, &gate->state);
}

static bool looks_at_state(const struct gate_filter *filter)
{
	return filter->communication_count + filter->lock_state_count + filter->arm_state_count + filter->door_state_count > 0 || filter->alarm >= 0;
}

static void add_filter(struct db_params *params, const struct gate_filter *filter)
{
	db_param_ints(params, filter->management_groups, filter->management_group_count);
	if (filter->gate_group != 0)
		db_param_int(params, filter->gate_group);
	else
		db_param_null(params);
	db_param_text(params, filter->building);
	db_param_text(params, filter->text);
	if (!looks_at_state(filter))
		return;
	db_param_ints(params, filter->communications, filter->communication_count);
	db_param_ints(params, filter->lock_states, filter->lock_state_count);
	db_param_ints(params, filter->arm_states, filter->arm_state_count);
	db_param_ints(params, filter->door_states, filter->door_state_count);
	if (filter->alarm >= 0)
		db_param_bool(params, filter->alarm != 0);
	else
		db_param_null(params);
}

static enum db_result list(struct db *db, const struct gate_filter *filter, int64_t after, int limit, struct db_rows **rows)
{
	struct db_params params = {0};

	add_filter(&params, filter);
	db_param_int(&params, after);
	db_param_int(&params, limit);
	enum db_result result = db_run(db, looks_at_state(filter) ? &list_by_state_statement : &list_statement, &params, rows);
	db_params_clear(&params);
	return result;
}

enum db_result gates_list(struct db *db, const struct gate_filter *filter, struct db_rows **rows, int64_t *total)
{
	struct db_rows *first;

	if (list(db, filter, filter->after_id, filter->limit, rows) != DB_OK)
		return DB_FAILED;
	*total = 0;
	if (db_rows_count(*rows) > 0) {
		*total = db_int(*rows, 0, 26);
	} else if (filter->after_id > 0) {	/* past the end: only the first page can tell */
		if (list(db, filter, 0, 1, &first) != DB_OK) {
			db_rows_free(*rows);
			return DB_FAILED;
		}
		*total = db_rows_count(first) > 0 ? db_int(first, 0, 26) : 0;
		db_rows_free(first);
	}
	return DB_OK;
}

enum db_result gate_find(struct db *db, int64_t id, struct db_rows **rows, struct gate *gate)
{
	struct db_params params = {0};

	if (id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, id);
	enum db_result result = db_run(db, &find_statement, &params, rows);
	db_params_clear(&params);
	if (result != DB_OK)
		return DB_FAILED;
	if (db_rows_count(*rows) == 0) {
		db_rows_free(*rows);
		return DB_NONE;
	}
	gate_read(*rows, 0, gate);
	gate->entry_reader = db_text(*rows, 0, 26);
	gate->exit_reader = db_text(*rows, 0, 27);
	gate->parameters = db_text(*rows, 0, 28);
	gate->gate_groups = db_text(*rows, 0, 29);
	gate->streams = db_text(*rows, 0, 30);
	return DB_OK;
}

enum db_result gate_update(struct db *db, const struct gate_change *change)
{
	struct db_params params = {0};

	if (change->id > INT32_MAX)
		return DB_NONE;
	db_param_int(&params, change->id);
	db_param_int(&params, change->if_match);
	db_param_text(&params, change->name);
	db_param_text(&params, change->building);
	db_param_text(&params, change->place);
	if (change->management_group != 0)
		db_param_int(&params, change->management_group);
	else
		db_param_null(&params);
	enum db_result result = db_run(db, &update_statement, &params, NULL);
	db_params_clear(&params);
	return result;
}
