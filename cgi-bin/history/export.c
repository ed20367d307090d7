/* History as CSV. */
#include <stdio.h>

#include "cgi-bin/history/handlers.h"
#include "gate/codes.h"
#include "web/csv_reply.h"

#define PAGE 500

static const char *const headings[][2] = {
	{"日時", "Time"},	   {"種別", "Kind"},	      {"発生・復旧", "Raised or cleared"}, {"リーダー", "Reader"},
	{"ゲート", "Gate"},	   {"管理グループ", "Management group"}, {"電気錠制御器", "Controller"},	   {"カード番号", "Card number"},
	{"社員番号", "Employee number"}, {"氏名", "Name"},	      {"カナ", "Kana"},			   {"所属", "Department"},
	{"オペレーター", "Operator"},  {"詳細", "Details"},      {"ID", "ID"},			   {NULL, NULL},
};

static void put_label(struct csv *csv, const char *label)
{
	csv_cell(csv, label ? label : "");
}

static const char *raised_label(int raised, bool english)
{
	if (raised < 0)
		return "";
	if (english)
		return raised ? "Raised" : "Cleared";
	return raised ? "発生" : "復旧";
}

static bool put_row(struct csv_reply *reply, const struct event *event)
{
	struct csv *csv = &reply->csv;
	char id[40];

	csv_cell_time(csv, event->t_ms);
	put_label(csv, event_label(event->kind, reply->lang));
	csv_cell(csv, raised_label(event->raised, reply->lang[0] == 'e'));
	put_label(csv, event->reader == 0 ? "" : reader_side_label(event->reader, reply->lang));
	csv_cell(csv, event->gate);
	csv_cell(csv, event->management_group);
	csv_cell(csv, event->controller);
	csv_cell(csv, event->card_number);
	csv_cell(csv, event->employee_number);
	csv_cell(csv, event->name);
	csv_cell(csv, event->kana);
	csv_cell(csv, event->department);
	csv_cell(csv, event->operator_name);
	csv_cell(csv, event->details);
	snprintf(id, sizeof(id), "%d-%d", event->log, event->seq);
	csv_cell(csv, id);
	return csv_reply_row(reply, "event %s", id);
}

static enum db_result put_page(struct csv_reply *reply, void *context)
{
	struct history_filter *filter = context;
	struct history_page page = {0};
	struct event event;
	enum db_result result = history_read_page(reply->request->db, filter, &page);

	reply->more = page.more;
	filter->before = page.next;
	for (int i = 0; result == DB_OK && i < page.count; i++) {
		event_read(page.rows, i, filter->category, &event);
		if (!put_row(reply, &event))
			break;
	}
	db_rows_free(page.rows);
	return result;
}

void export_history(struct web_request *request, struct history_filter *filter)
{
	const char *lang = web_int(request, "lang", 0) == 1 ? "en" : "ja";
	struct csv_reply reply = {.request = request, .name = filter->category, .headings = headings, .page = put_page, .context = filter,
				  .label = event_category_label(event_category_from_code(filter->category), lang)};

	filter->limit = PAGE;
	filter->before = (struct history_cursor){0};
	csv_reply_run(&reply);
}
