/* /controllers/discoveries: looking for boards that answer on a network which the operator names. A gate-poller asks them. */
#include "db/uhppote.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "cgi-bin/gates/handlers.h"
#include "web/present.h"

const struct web_field discovery_fields[] = {
	{"network", .type = WEB_TEXT, .lo = 7, .hi = 18, .required = true},
	{"port", .type = WEB_INT, .lo = 1, .hi = 65535},
	{0},
};

/* "192.0.2.255", "192.0.2.0/24": an IPv4 address, and perhaps the length of its prefix. */
static bool is_network(const char *text)
{
	const char *slash = strchr(text, '/');
	char address[INET_ADDRSTRLEN];
	struct in_addr parsed;
	size_t len = slash ? (size_t)(slash - text) : strlen(text);

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, &parsed) != 1)
		return false;
	if (slash == NULL)
		return true;
	size_t digits = strspn(slash + 1, "0123456789");
	return digits >= 1 && digits <= 2 && slash[1 + digits] == '\0' && atoi(slash + 1) <= 32;
}

static void put_found(struct json *json, const struct uhppote_found *found)
{
	put_object(json, NULL);
	put_string(json, "serial", found->serial);
	put_string(json, "address", found->address);
	put_int(json, "port", found->port);
	put_text_or_null(json, "netmask", found->netmask);
	put_text_or_null(json, "gateway", found->gateway);
	put_string(json, "mac", found->mac);
	put_string(json, "firmware", found->firmware);
	put_text_or_null(json, "firmware_date", found->firmware_date);
	/* A board's first digit is the number of its doors. */
	if (strlen(found->serial) == 9 && strchr("124", found->serial[0]) != NULL)
		put_int(json, "doors", found->serial[0] - '0');
	else
		put_null(json, "doors");
	put_ref(json, "controller", found->controller_id, found->controller);
	put_end_object(json);
}

static void reply_search(struct web_request *request, int64_t id)
{
	struct json *json = &request->json;
	struct uhppote_search search;
	struct uhppote_found found;
	struct db_rows *rows;
	enum db_result result = uhppote_search_find(request->db, id, &rows, &search);

	if (result == DB_FAILED) {
		web_database_problem(request);
		return;
	}
	if (result == DB_NONE) {
		web_problem(request, WEB_PROBLEM_NOT_FOUND, NULL);
		return;
	}
	put_object(json, NULL);
	put_int(json, "id", search.id);
	put_string(json, "network", search.network);
	put_int(json, "port", search.port);
	put_time(json, "asked_at", search.asked_ms);
	put_time_or_null(json, "finished_at", search.finished_ms);
	put_text_or_null(json, "reason", search.reason);
	put_array(json, "found");
	for (int i = 0; i < db_rows_count(rows); i++)
		if (uhppote_found_read(rows, i, &found))
			put_found(json, &found);
	put_end_array(json);
	put_end_object(json);
	db_rows_free(rows);
}

void get_discovery(struct web_request *request)
{
	reply_search(request, web_int(request, "id", 0));
}

void create_discovery(struct web_request *request)
{
	const char *network = web_member(request, "network")->texts[0];
	const struct web_value *port = web_member(request, "port");
	int64_t id;

	if (!is_network(network)) {
		web_field_problem(request, "/network", "malformed", "An IPv4 network such as 192.0.2.0/24, a broadcast address or one address.");
		return;
	}
	if (uhppote_search_create(request->db, network, port->count ? port->numbers[0] : 0, &id) != DB_OK) {
		web_database_problem(request);
		return;
	}
	request->status = 202;
	web_header(request, "Location", "/api/v1/controllers/discoveries/%lld", (long long)id);
	reply_search(request, id);
}
