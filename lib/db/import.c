#include "db/import.h"

#include <string.h>

#include "base/str.h"

static const struct db_statement list_statement = {
	"imports", "SELECT id, kind, mode, encoding, blank, state, file_name, bytes, rows, counts, progress, total, reason, fault, change_set,"
	" deletion_share, deletion_cap, deletion_agreed, operator_id, operator_name, (extract(epoch FROM at) * 1000)::int8,"
	" (extract(epoch FROM finished_at) * 1000)::int8, rows_lost FROM api.imports($1, $2, $3)"};
static const struct db_statement create_statement = {"import_create", "SELECT id, fresh FROM api.import_create($1, $2, $3, $4, $5, $6)"};
static const struct db_statement chunk_statement = {"import_chunk", "SELECT api.import_chunk($1, $2, $3, $4)"};
static const struct db_statement uploaded_statement = {"import_uploaded", "SELECT api.import_uploaded($1)"};
static const struct db_statement apply_statement = {"import_apply", "SELECT api.import_apply($1, $2)"};
static const struct db_statement cancel_statement = {"import_cancel", "SELECT api.import_cancel($1)"};
static const struct db_statement rows_statement = {
	"import_rows", "SELECT n, key, status, code, field, before, after_values FROM api.import_rows($1, $2, $3, $4)"};
static const struct db_statement undo_statement = {"change_undo", "SELECT revision, skipped FROM api.change_undo($1, $2)"};

static void or_null(struct db_params *params, int64_t value)
{
	if (value == 0)
		db_param_null(params);
	else
		db_param_int(params, value);
}

static enum db_result run(struct db *db, const struct db_statement *statement, struct db_params *params, struct db_rows **rows)
{
	enum db_result result = db_run(db, statement, params, rows);

	db_params_clear(params);
	return result;
}

enum db_result imports_list(struct db *db, int64_t id, int64_t before, int limit, struct db_rows **rows)
{
	struct db_params params = {0};

	or_null(&params, id);
	or_null(&params, before);
	db_param_int(&params, limit);
	return run(db, &list_statement, &params, rows);
}

void import_read(const struct db_rows *rows, int row, struct import *import)
{
	*import = (struct import){
		.id = db_int(rows, row, 0), .kind = db_text(rows, row, 1), .mode = db_text(rows, row, 2), .encoding = db_text(rows, row, 3),
		.blank = db_text(rows, row, 4), .state = db_text(rows, row, 5), .file_name = db_text(rows, row, 6), .bytes = db_int(rows, row, 7),
		.rows = db_int(rows, row, 8), .counts = db_text(rows, row, 9), .progress = db_int(rows, row, 10), .total = db_int(rows, row, 11),
		.reason = db_text(rows, row, 12), .fault = db_text(rows, row, 13), .change_set = db_int(rows, row, 14),
		.deletion_share = db_text(rows, row, 15), .deletion_exceeded = db_bool(rows, row, 16), .deletion_agreed = db_bool(rows, row, 17),
		.operator_id = db_int(rows, row, 18), .operator_name = db_text(rows, row, 19), .at_ms = db_int(rows, row, 20),
		.finished_ms = db_int(rows, row, 21), .rows_lost = db_bool(rows, row, 22),
	};
}

enum db_result import_create(struct db *db, const struct import_order *order, int64_t *id, bool *fresh)
{
	struct db_params params = {0};
	struct db_rows *rows;

	db_param_text(&params, order->kind);
	db_param_text(&params, order->mode);
	db_param_text(&params, order->encoding);
	db_param_text(&params, order->blank);
	db_param_text(&params, order->file_name);
	db_param_text(&params, order->idempotency_key);
	enum db_result result = run(db, &create_statement, &params, &rows);
	if (result != DB_OK)
		return result;
	*id = db_int(rows, 0, 0);
	*fresh = db_bool(rows, 0, 1);
	db_rows_free(rows);
	return DB_OK;
}

enum db_result import_chunk(struct db *db, int64_t id, int n, size_t length, const void *sealed, size_t sealed_len)
{
	struct db_params params = {0};

	db_param_int(&params, id);
	db_param_int(&params, n);
	db_param_int(&params, (int64_t)length);
	db_param_bytes(&params, sealed, sealed_len);
	enum db_result result = db_await(db) == DB_OK ? db_ask(db, &chunk_statement, &params) : DB_FAILED;
	db_params_clear(&params);
	return result;
}

enum db_result import_uploaded(struct db *db, int64_t id)
{
	struct db_params params = {0};

	db_param_int(&params, id);
	return run(db, &uploaded_statement, &params, NULL);
}

enum db_result import_apply(struct db *db, int64_t id, bool agree_deletions)
{
	struct db_params params = {0};

	db_param_int(&params, id);
	db_param_bool(&params, agree_deletions);
	return run(db, &apply_statement, &params, NULL);
}

enum db_result import_cancel(struct db *db, int64_t id)
{
	struct db_params params = {0};

	db_param_int(&params, id);
	return run(db, &cancel_statement, &params, NULL);
}

enum db_result import_rows(struct db *db, int64_t id, const char *status, int64_t after, int limit, struct db_rows **rows)
{
	struct db_params params = {0};

	db_param_int(&params, id);
	db_param_text(&params, status);
	db_param_int(&params, after);
	db_param_int(&params, limit);
	return run(db, &rows_statement, &params, rows);
}

enum db_result change_undo(struct db *db, int64_t revision, bool skip_changed, struct db_rows **rows)
{
	struct db_params params = {0};

	db_param_int(&params, revision);
	db_param_bool(&params, skip_changed);
	return run(db, &undo_statement, &params, rows);
}

static const struct {
	const char *code, *ja, *en;
} words[] = {
	{"too_few_cells", "列が足りません", "The row has too few cells"},
	{"too_many_cells", "列が多すぎます", "The row has too many cells"},
	{"required", "必須の項目が空です", "A value is needed"},
	{"malformed", "形式が正しくありません", "It is not well-formed"},
	{"too_long", "長すぎます", "It is too long"},
	{"control_character", "目に見えない文字(制御文字、書字方向を変える文字など)は使えません", "Characters that can not be seen are not allowed"},
	{"no_key", "暗証番号を保護する鍵がありません", "The server has no key to protect PINs with"},
	{"duplicate", "同じキーの行がファイル内にあります", "Another row of the file has the same key"},
	{"card_duplicate", "同じカード番号の行がファイル内にあります", "Another row of the file has the same card number"},
	{"not_found", "登録がないか、管理範囲の外です", "It is not there, or outside your scope"},
	{"taken", "すでに使われています", "It is in use already"},
	{"department_not_found", "所属がないか、管理範囲の外です", "The department is not there, or outside your scope"},
	{"department_mismatch", "所属コードと所属が一致しません", "Department code and department are not the same"},
	{"department_ambiguous", "同じ名前の所属が複数あります。所属コードで指定してください", "Several departments have this name: use the code"},
	{"not_whole_minute", "時刻は分単位で入力してください", "Times are whole minutes"},
	{"validity", "有効期間の終了が開始より前です", "The validity ends before it begins"},
	{"card_taken", "カード番号は他の人が使っています", "Somebody else has this card number"},
	{"card_lost", "紛失登録されたカード番号です", "The card is on the lost list"},
	{"several_cards", "複数のカードを持っています。画面で変更してください", "The cardholder has several cards: change them on screen"},
	{"permit_not_found", "ゲートまたはゲートグループがありません", "A gate or gate group is not there"},
	{"permit_twice", "同じゲートまたはグループを同じ期間で二度許可しています", "A gate or group is granted twice for the same time"},
	{"permit_validity", "出入許可の期間の終了が開始より前です", "A permit ends before it begins"},
	{"permit_ambiguous", "同じ名前のゲートが複数あります。#番号で指定してください", "Several gates have this name: use #id"},
	{"permit_out_of_scope", "管理範囲の外のゲートは許可できません", "A gate is outside your scope"},
	{"parent_not_found", "上位の所属がないか、管理範囲の外です", "The department above is not there, or outside your scope"},
	{"top_out_of_scope", "最上位に置く権限がありません", "You may not put departments at the top"},
	{"too_deep", "階層が深すぎるか、自分の下に置かれています", "Too many levels, or below itself"},
	{"in_use", "下位の所属または出入ユーザーが残っています", "There are departments or cardholders in it"},
};

const char *import_code_words(const char *code, bool english)
{
	for (size_t i = 0; i < lengthof(words); i++)
		if (strcmp(words[i].code, code) == 0)
			return english ? words[i].en : words[i].ja;
	return code;
}
