/* What the cardholders program answers. */
#ifndef CARDHOLDERS_HANDLERS_H
#define CARDHOLDERS_HANDLERS_H

#include "db/cardholder.h"
#include "db/export.h"
#include "db/permit.h"
#include "web/request.h"

extern const struct web_field id_parameters[], cardholder_list_parameters[], anchor_parameters[];
extern const struct web_field cardholder_fields[], cardholder_change_fields[], lost_fields[], reissue_fields[], bulk_fields[];
extern const struct web_field permit_list_parameters[], permit_fields[], permit_change_fields[];

void list_cardholders(struct web_request *request);
void list_anchors(struct web_request *request);
void get_cardholder(struct web_request *request);
void create_cardholder(struct web_request *request);
void patch_cardholder(struct web_request *request);
void delete_cardholder(struct web_request *request);
void lose_cards(struct web_request *request);
void reissue_card(struct web_request *request);
void change_cardholders(struct web_request *request);
void list_permits(struct web_request *request);
void list_permit_gates(struct web_request *request);
void create_permits(struct web_request *request);
void get_permit(struct web_request *request);
void patch_permit(struct web_request *request);
void delete_permit(struct web_request *request);

/* Shared by these files. */

/* The list as CSV, for who asks for that by Accept. */
void export_cardholders(struct web_request *request, const char *search, enum cardholder_sort sort);

/* The cardholder with permits and warnings into the reply, with its ETag; a problem when it is not there. */
void reply_cardholder(struct web_request *request, int64_t id);
/* A write failed: the problem, and with CHANGED what the cardholder is now. */
void cardholder_problem(struct web_request *request, enum db_result result, int64_t id);
/* The JSON object of the search parameters of this request; the caller frees it. */
char *search_of_parameters(struct web_request *request);
/* A member that is a card number: letters and digits only. 0, or -1 with the problem set. */
int check_card_number(struct web_request *request, const char *name);
void put_permit(struct json *json, const struct permit *permit);
/* "warnings" of these cardholders: 0, or -1 with the problem set. */
int put_warnings(struct web_request *request, struct json *json, const int64_t *cardholders, size_t count);
/* {"revision": …}: what became of a deletion. */
void reply_revision(struct web_request *request, int64_t revision);

#endif
