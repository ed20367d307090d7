/* What the organisation program answers. */
#ifndef ORGANISATION_HANDLERS_H
#define ORGANISATION_HANDLERS_H

#include "db/export.h"
#include "db/organisation.h"
#include "web/request.h"

extern const struct web_field organisation_parameters[], preview_parameters[];
extern const struct web_field department_fields[], department_change_fields[];
extern const struct web_field management_group_fields[], management_group_change_fields[];
extern const struct web_field gate_group_fields[], gate_group_change_fields[], gate_group_gates_fields[];

extern const struct web_field department_list_parameters[];

void list_departments(struct web_request *request);
/* The same as CSV, for who asks for that by Accept. */
void export_departments(struct web_request *request);
void get_department(struct web_request *request);
void create_department(struct web_request *request);
void patch_department(struct web_request *request);
void delete_department(struct web_request *request);
void list_management_groups(struct web_request *request);
void get_management_group(struct web_request *request);
void create_management_group(struct web_request *request);
void patch_management_group(struct web_request *request);
void delete_management_group(struct web_request *request);
void list_gate_groups(struct web_request *request);
void get_gate_group(struct web_request *request);
void create_gate_group(struct web_request *request);
void patch_gate_group(struct web_request *request);
void put_gate_group_gates(struct web_request *request);
void delete_gate_group(struct web_request *request);

/* What the three have in common (unit.c). A unit is one of them. */

void list_units(struct web_request *request, enum organisation_kind kind);
/* The unit into the reply, with its ETag; a problem when it is not there. */
void reply_unit(struct web_request *request, enum organisation_kind kind, int64_t id);
/* 201, Location and the unit. */
void reply_new_unit(struct web_request *request, enum organisation_kind kind, int64_t id);
/* A write failed: the problem, and with CHANGED what the unit is now. */
void unit_problem(struct web_request *request, enum organisation_kind kind, enum db_result result, int64_t id);
void patch_unit(struct web_request *request, enum organisation_kind kind, const struct web_field *fields);
void delete_unit(struct web_request *request, enum organisation_kind kind);

#endif
