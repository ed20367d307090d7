/* Rows of cursors, in binary form, asked for before they are waited for. */
#include "db/internal.h"

enum db_result db_cursors_ask(struct db *db, const char *const *fetches)
{
	bool sent = db->state == DB_OPEN;

	if (!sent)
		return DB_FAILED;
	for (; sent && *fetches != NULL; fetches++)
		sent = PQsendQueryParams(db->pg, *fetches, 0, NULL, NULL, NULL, NULL, 1) == 1;
	if (sent && PQsendFlushRequest(db->pg) == 1 && PQflush(db->pg) >= 0)
		return DB_OK;
	return db_lost(db);
}

enum db_result db_cursor_read(struct db *db, struct db_rows **rows)
{
	PGresult *result = NULL;

	*rows = NULL;
	db->may_retry = false;
	if (db->state != DB_OPEN || db_expect_owed(db) != DB_OK || db_expect(db, &result) != DB_OK)
		return DB_FAILED;
	*rows = (struct db_rows *)result;
	return DB_OK;
}

void db_cursors_take(struct db *db)
{
	if (db->state == DB_OPEN)	/* what goes wrong shows when the rows are read */
		(void)PQconsumeInput(db->pg);
}

int64_t db_binary(const struct db_rows *rows, int row, int column)
{
	const PGresult *result = (const PGresult *)rows;
	const unsigned char *bytes = (const unsigned char *)PQgetvalue(result, row, column);
	int len = PQgetlength(result, row, column);
	uint64_t value = len > 0 && bytes[0] & 0x80 ? UINT64_MAX : 0;

	if (len == 4)	/* nearly all are ids */
		return (int32_t)((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3]);
	for (int i = 0; i < len && i < 8; i++)
		value = value << 8 | bytes[i];
	return (int64_t)value;
}
