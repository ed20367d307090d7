#include "db/job.h"

#include <stdlib.h>

#include "base/str.h"

static const struct db_statement claim_statement = {
	"job_claim", "SELECT id, token, kind, payload, attempts, created_by FROM api.job_claim(string_to_array($1, ','))"};
static const struct db_statement renew_statement = {"job_renew", "SELECT api.job_renew($1, $2)"};
static const struct db_statement progress_statement = {"job_progress", "SELECT api.job_progress($1, $2, $3, $4)"};
static const struct db_statement end_statement = {"job_end", "SELECT api.job_end($1, $2, $3, $4)"};

enum db_result job_claim(struct db *db, const char *const *kinds, size_t count, struct job *job)
{
	struct db_params params = {0};
	struct db_rows *rows;
	struct buf list = {0};

	for (size_t i = 0; i < count; i++)
		buf_addf(&list, "%s%s", i > 0 ? "," : "", kinds[i]);
	db_param_text(&params, buf_text(&list));
	enum db_result result = db_run(db, &claim_statement, &params, &rows);
	db_params_clear(&params);
	buf_free(&list);
	if (result != DB_OK)
		return DB_FAILED;
	if (db_rows_count(rows) > 0)
		*job = (struct job){
			.id = db_int(rows, 0, 0),
			.token = db_int(rows, 0, 1),
			.kind = xstrdup(db_text(rows, 0, 2)),
			.payload = xstrdup(db_text(rows, 0, 3)),
			.attempts = (int)db_int(rows, 0, 4),
			.created_by = (int)db_int(rows, 0, 5),
		};
	else
		result = DB_NONE;
	db_rows_free(rows);
	return result;
}

void job_free(struct job *job)
{
	free(job->kind);
	free(job->payload);
	*job = (struct job){0};
}

/* Runs a function that answers whether the job is still ours. */
static enum db_result run_own(struct db *db, const struct db_statement *statement, struct db_params *params)
{
	struct db_rows *rows;
	enum db_result result = db_run(db, statement, params, &rows);

	db_params_clear(params);
	if (result != DB_OK)
		return DB_FAILED;
	result = db_bool(rows, 0, 0) ? DB_OK : DB_NONE;
	db_rows_free(rows);
	return result;
}

enum db_result job_renew(struct db *db, int64_t id, int64_t token)
{
	struct db_params params = {0};

	db_param_int(&params, id);
	db_param_int(&params, token);
	return run_own(db, &renew_statement, &params);
}

enum db_result job_progress(struct db *db, int64_t id, int64_t token, int64_t done, int64_t total)
{
	struct db_params params = {0};

	db_param_int(&params, id);
	db_param_int(&params, token);
	db_param_int(&params, done);
	db_param_int(&params, total);
	return run_own(db, &progress_statement, &params);
}

enum db_result job_end(struct db *db, int64_t id, int64_t token, const char *outcome, const char *reason)
{
	struct db_params params = {0};

	db_param_int(&params, id);
	db_param_int(&params, token);
	db_param_text(&params, outcome);
	db_param_text(&params, reason);
	return run_own(db, &end_statement, &params);
}
