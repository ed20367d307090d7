/* Lists as files. */
#ifndef DB_EXPORT_H
#define DB_EXPORT_H

#include "db/cardholder.h"

/* A page of the list (see cardholders_page), in binary form: read by db_binary and db_text. */
struct cardholder_export {
	struct db_rows *people, *cards, *permits;	/* in columns of enum export_…; cards and permits in no order */
};
/* Flags: enabled 8, lost 4, extended unlock 2, anti-passback exempt 1. */
enum export_person {
	PERSON_ID, PERSON_NUMBER, PERSON_NAME, PERSON_KANA, PERSON_DEPARTMENT, PERSON_FROM, PERSON_TO, PERSON_FLAGS, PERSON_NOTE
};
enum export_card { CARD_HOLDER, CARD_ID, CARD_NUMBER, CARD_ISSUE };
enum export_permit { PERMIT_HOLDER, PERMIT_GATE, PERMIT_GROUP, PERMIT_LEVEL, PERMIT_FROM, PERMIT_TO };

/* Asks for a page without waiting for it. */
enum db_result cardholders_csv_ask(struct db *db, const char *search, enum cardholder_sort sort, const struct cardholder_cursor *after, int limit)
	__attribute__((warn_unused_result));
/* Waits for it. page holds nothing when it fails. */
enum db_result cardholders_csv_read(struct db *db, struct cardholder_export *page) __attribute__((warn_unused_result));
void cardholders_csv_free(struct cardholder_export *page);
/* What its ids stand for. Departments: id, code, path; targets of permits: id (of a group negative), word, place in order. By id. */
enum db_result cardholders_csv_words(struct db *db, struct db_rows **departments, struct db_rows **targets) __attribute__((warn_unused_result));

/* Columns: code, name, code of the one above. */
enum db_result departments_csv(struct db *db, struct db_rows **rows) __attribute__((warn_unused_result));

#endif
