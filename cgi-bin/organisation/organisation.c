/* /departments (O-2) and /management-groups (O-1). */
#include "cgi-bin/organisation/handlers.h"
#include "web/csv_reply.h"

const struct web_field department_fields[] = {
	{"parent", .type = WEB_INT, .lo = 1, .hi = INT32_MAX, .nullable = true},
	{"code", .type = WEB_TEXT, .lo = 1, .hi = 32, .required = true},
	{"name", .type = WEB_TEXT, .lo = 1, .hi = 64, .required = true},
	{0},
};
const struct web_field department_change_fields[] = {
	{"parent", .type = WEB_INT, .lo = 1, .hi = INT32_MAX, .nullable = true},
	{"code", .type = WEB_TEXT, .lo = 1, .hi = 32},
	{"name", .type = WEB_TEXT, .lo = 1, .hi = 64},
	{0},
};
const struct web_field management_group_fields[] = {
	{"name", .type = WEB_TEXT, .lo = 1, .hi = 64, .required = true},
	{"note", .type = WEB_TEXT, .lo = 0, .hi = 1000},
	{0},
};
const struct web_field management_group_change_fields[] = {
	{"name", .type = WEB_TEXT, .lo = 1, .hi = 64},
	{"note", .type = WEB_TEXT, .lo = 0, .hi = 1000},
	{0},
};

void list_departments(struct web_request *request)
{
	web_header(request, "Vary", "Accept");
	int form = csv_accepted(request);
	if (form == 1)
		export_departments(request);
	else if (form == 0)
		list_units(request, DEPARTMENT);
}

void get_department(struct web_request *request)
{
	reply_unit(request, DEPARTMENT, web_int(request, "id", 0));
}

void create_department(struct web_request *request)
{
	const struct web_value *parent = web_member(request, "parent");
	int64_t id;

	if (department_create(request->db, parent->count ? parent->numbers[0] : 0, web_member(request, "code")->texts[0],
			      web_member(request, "name")->texts[0], &id) == DB_OK)
		reply_new_unit(request, DEPARTMENT, id);
	else
		web_database_problem(request);
}

void patch_department(struct web_request *request)
{
	patch_unit(request, DEPARTMENT, department_change_fields);
}

void delete_department(struct web_request *request)
{
	delete_unit(request, DEPARTMENT);
}

void list_management_groups(struct web_request *request)
{
	list_units(request, MANAGEMENT_GROUP);
}

void get_management_group(struct web_request *request)
{
	reply_unit(request, MANAGEMENT_GROUP, web_int(request, "id", 0));
}

void create_management_group(struct web_request *request)
{
	const struct web_value *note = web_member(request, "note");
	int64_t id;

	if (management_group_create(request->db, web_member(request, "name")->texts[0], note->count ? note->texts[0] : "", &id) == DB_OK)
		reply_new_unit(request, MANAGEMENT_GROUP, id);
	else
		web_database_problem(request);
}

void patch_management_group(struct web_request *request)
{
	patch_unit(request, MANAGEMENT_GROUP, management_group_change_fields);
}

void delete_management_group(struct web_request *request)
{
	delete_unit(request, MANAGEMENT_GROUP);
}
