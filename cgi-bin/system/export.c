/* The system log as CSV. */
#include "cgi-bin/system/handlers.h"
#include "gate/codes.h"
#include "web/csv_reply.h"

#define PAGE 500

static const char *const headings[][2] = {
	{"番号", "Number"}, {"日時", "Time"}, {"オペレーター", "Operator"}, {"操作", "Action"}, {"対象", "Object"}, {"結果", "Outcome"}, {"ステータス", "Status"},
	{"契機", "Origin"}, {"アドレス", "Address"}, {"メソッド", "Method"}, {"パス", "Path"}, {"詳細", "Details"}, {"ハッシュ", "Hash"}, {"ID", "ID"}, {NULL, NULL},
};

/* The label, or the word itself when it is of a newer version. */
static void put_word_cell(struct csv *csv, const char *label, const char *word)
{
	csv_cell(csv, label ? label : word);
}

static bool put_row(struct csv_reply *reply, const struct log_entry *entry)
{
	struct csv *csv = &reply->csv;

	csv_cell_int(csv, entry->number);
	csv_cell_time(csv, entry->at_ms);
	csv_cell(csv, entry->operator_name);
	put_word_cell(csv, system_action_label(system_action_from_code(entry->action), reply->lang), entry->action);
	csv_cell(csv, entry->object);
	put_word_cell(csv, system_outcome_label(system_outcome_from_code(entry->outcome), reply->lang), entry->outcome);
	csv_cell_int(csv, entry->status);
	put_word_cell(csv, system_origin_label(system_origin_from_code(entry->origin), reply->lang), entry->origin);
	csv_cell(csv, entry->remote_addr);
	csv_cell(csv, entry->method);
	csv_cell(csv, entry->path);
	csv_cell(csv, entry->details);
	csv_cell(csv, entry->hash);
	csv_cell_int(csv, entry->id);
	return csv_reply_row(reply, "entry %lld", (long long)entry->id);
}

static enum db_result put_page(struct csv_reply *reply, void *context)
{
	struct log_filter *filter = context;
	struct log_page page = {0};
	struct log_entry entry;
	enum db_result result = log_read_page(reply->request->db, filter, &page);

	reply->more = page.more;
	filter->after = page.next;
	for (int i = 0; result == DB_OK && i < page.count; i++) {
		log_entry_read(&page, i, &entry);
		if (!put_row(reply, &entry))
			break;
	}
	db_rows_free(page.rows);
	return result;
}

void export_log(struct web_request *request, struct log_filter *filter)
{
	struct csv_reply reply = {.request = request, .name = "system-log", .headings = headings, .page = put_page, .context = filter};

	filter->limit = PAGE;
	csv_reply_run(&reply);
}
