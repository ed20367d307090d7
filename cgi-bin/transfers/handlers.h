/* What the transfers program answers. */
#ifndef TRANSFERS_HANDLERS_H
#define TRANSFERS_HANDLERS_H

#include "web/request.h"

extern const struct web_field transfer_list_parameters[], transfer_parameters[], transfer_fields[];

void list_transfers(struct web_request *request);
void get_transfer(struct web_request *request);
void start_transfer(struct web_request *request);
void stop_transfer(struct web_request *request);
void repeat_transfer(struct web_request *request);
void get_proof(struct web_request *request);

#endif
