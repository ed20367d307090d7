/* What the imports program answers. */
#ifndef IMPORTS_HANDLERS_H
#define IMPORTS_HANDLERS_H

#include "db/import.h"
#include "web/request.h"

extern const struct web_field upload_parameters[], import_list_parameters[], import_parameters[], row_parameters[], result_parameters[];
extern const struct web_field apply_fields[], no_fields[], undo_fields[];

void upload(struct web_request *request);
void list_imports(struct web_request *request);
void get_import(struct web_request *request);
void list_import_rows(struct web_request *request);
void get_result(struct web_request *request);
void apply(struct web_request *request);
void cancel(struct web_request *request);
void undo_change_set(struct web_request *request);

/* Shared by these files. */

/* The import into the reply; a problem when it is not there. */
void reply_import(struct web_request *request, int64_t id);
/* The import itself, its rows to be freed: 0, or -1 with the problem set. */
int find_import(struct web_request *request, int64_t id, struct db_rows **rows, struct import *import);

#endif
