/* What the explanations program answers. */
#ifndef EXPLANATIONS_HANDLERS_H
#define EXPLANATIONS_HANDLERS_H

#include "db/change_history.h"
#include "web/request.h"

extern const struct web_field explanation_parameters[], passers_parameters[], opened_parameters[];
extern const struct web_field change_set_list_parameters[], change_set_parameters[];

void get_explanation(struct web_request *request);
void list_passers(struct web_request *request);
void list_opened(struct web_request *request);
void list_change_sets(struct web_request *request);
void get_change_set(struct web_request *request);

/* The same as CSV, page by page from the filter's, or the change set's, beginning. The reply is done when they return. */
void export_change_sets(struct web_request *request, struct change_filter *filter);
void export_change_set(struct web_request *request, int64_t revision);

#endif
