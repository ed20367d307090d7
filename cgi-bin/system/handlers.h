/* What the system program answers. */
#ifndef SYSTEM_HANDLERS_H
#define SYSTEM_HANDLERS_H

#include "db/system_log.h"
#include "web/request.h"

extern const struct web_field log_parameters[], checkpoint_parameters[], alarm_parameters[];

void list_log(struct web_request *request);
void download_checkpoints(struct web_request *request);
void list_keys(struct web_request *request);
void list_alarms(struct web_request *request);

/* The log as CSV, page by page from the filter's beginning. The reply is done when it returns. */
void export_log(struct web_request *request, struct log_filter *filter);

#endif
