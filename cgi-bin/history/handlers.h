/* What the history program answers. */
#ifndef HISTORY_HANDLERS_H
#define HISTORY_HANDLERS_H

#include "db/history.h"
#include "web/request.h"

extern const struct web_field history_parameters[], plot_parameters[], alarm_plot_parameters[];
extern const struct web_field alarm_parameters[], acknowledge_fields[];

void list_history(struct web_request *request);
void plot_passages(struct web_request *request);
void plot_alarms(struct web_request *request);
void list_alarms(struct web_request *request);
void acknowledge_alarms(struct web_request *request);

/* Streams every event of the filter as CSV. */
void export_history(struct web_request *request, struct history_filter *filter);

#endif
