/* What the gates program answers. */
#ifndef GATES_HANDLERS_H
#define GATES_HANDLERS_H

#include "web/request.h"

extern const struct web_field gate_list_parameters[], gate_parameters[], gate_change_fields[];
extern const struct web_field command_parameters[], command_fields[], lockdown_fields[];
extern const struct web_field controller_fields[], controller_change_fields[], discovery_fields[];

void list_gates(struct web_request *request);
void get_gate(struct web_request *request);
void patch_gate(struct web_request *request);
void command_gates(struct web_request *request);
void lock_down(struct web_request *request);
void get_command(struct web_request *request);
void list_buildings(struct web_request *request);
void list_controllers(struct web_request *request);
void get_controller(struct web_request *request);
void create_controller(struct web_request *request);
void patch_controller(struct web_request *request);
void delete_controller(struct web_request *request);
void create_discovery(struct web_request *request);
void get_discovery(struct web_request *request);

#endif
