/* Change history as CSV: the list of acts, and the rows of one. */
#include <stdio.h>

#include "cgi-bin/explanations/handlers.h"
#include "cgi-bin/explanations/words.h"
#include "web/csv_reply.h"

#define PAGE 500

static const char *const set_headings[][2] = {
	{"リビジョン", "Revision"}, {"日時", "Time"}, {"オペレーター", "Operator"}, {"契機", "Origin"}, {"種別", "Kind"}, {"コメント", "Comment"},
	{"件数", "Counts"}, {NULL, NULL},
};
static const char *const row_headings[][2] = {
	{"リビジョン", "Revision"}, {"日時", "Time"}, {"オペレーター", "Operator"}, {"種別", "Kind"}, {"対象", "Table"}, {"ID", "ID"},
	{"名称", "Name"}, {"操作", "Action"}, {"変更項目", "Changed"}, {"変更前", "Before"}, {"変更後", "After"}, {NULL, NULL},
};

static bool put_set(struct csv_reply *reply, const struct change_set *set)
{
	struct csv *csv = &reply->csv;

	csv_cell_int(csv, set->revision);
	csv_cell_time(csv, set->at_ms);
	csv_cell(csv, set->operator_name);
	put_origin(csv, set->origin, reply->lang);
	put_kind(csv, set->kind, reply->lang);
	put_comment(csv, set, reply->lang);
	put_counts(csv, set->counts, reply->lang);
	return csv_reply_row(reply, "revision %lld", (long long)set->revision);
}

static enum db_result put_sets(struct csv_reply *reply, void *context)
{
	struct change_filter *filter = context;
	struct change_page page;
	struct change_set set;

	if (change_sets_list(reply->request->db, filter, &page) != DB_OK)
		return DB_FAILED;
	reply->more = page.more;
	filter->before = page.next;
	for (int i = 0; i < page.count; i++) {
		change_set_read(page.rows, i, &set);
		if (!put_set(reply, &set))
			break;
	}
	db_rows_free(page.rows);
	return DB_OK;
}

/* One change set, and how far it is written. */
struct place {
	int64_t revision;
	int table_number, id;
};

static bool put_row(struct csv_reply *reply, const struct change_set *set, const struct change_row *row)
{
	struct csv *csv = &reply->csv;

	csv_cell_int(csv, set->revision);
	csv_cell_time(csv, set->at_ms);
	csv_cell(csv, set->operator_name);
	put_kind(csv, set->kind, reply->lang);
	put_table(csv, row->table, reply->lang);
	csv_cell_int(csv, row->id);
	csv_cell(csv, row->label);
	put_action(csv, row->action, reply->lang);
	put_fields(csv, row, reply->lang);
	return csv_reply_row(reply, "%s %d", row->table, row->id);
}

static enum db_result put_rows(struct csv_reply *reply, void *context)
{
	struct place *place = context;
	struct db_rows *head, *rows;
	struct change_set set;
	struct change_row row;
	enum db_result found = change_set_find(reply->request->db, place->revision, &head, &set);

	if (found != DB_OK)
		return found;
	if (change_rows_list(reply->request->db, place->revision, place->table_number, place->id, PAGE, &rows) != DB_OK) {
		db_rows_free(head);
		return DB_FAILED;
	}
	reply->more = db_rows_count(rows) == PAGE;
	for (int i = 0; i < db_rows_count(rows); i++) {
		change_row_read(rows, i, &row);
		place->table_number = row.table_number;
		place->id = row.id;
		if (!put_row(reply, &set, &row))
			break;
	}
	db_rows_free(rows);
	db_rows_free(head);
	return DB_OK;
}

void export_change_sets(struct web_request *request, struct change_filter *filter)
{
	struct csv_reply reply = {.request = request, .name = "change-sets", .headings = set_headings, .page = put_sets, .context = filter};

	filter->limit = PAGE;
	filter->before = 0;
	csv_reply_run(&reply);
}

void export_change_set(struct web_request *request, int64_t revision)
{
	struct place place = {.revision = revision};
	char name[40];
	struct csv_reply reply = {.request = request, .name = name, .headings = row_headings, .page = put_rows, .context = &place};

	snprintf(name, sizeof(name), "change-set-%lld", (long long)revision);
	csv_reply_run(&reply);
}
