/*
 * Which controllers are ours. Leases are renewed every 3 s and last 15; what another poller has taken over is dropped at
 * once, and while ours can not be renewed nobody new is spoken to, for they may be somebody else's by then.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/token.h"
#include "gate/digest.h"
#include "poller.h"

enum {
	LEASE_MS = 13000,		/* 15 s at the database, less what an answer may take */
	FIRST_SPREAD_MS = 2000,		/* a thousand first handshakes need not be in one instant */
	SLOTS_LEAST = 8,
	SLOTS_AGAIN_MS = 200,
};

static size_t place_of(const struct poller *p, int32_t id)
{
	size_t low = 0, high = p->controller_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (p->controllers[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct controller *controller_find(struct poller *p, int32_t id)
{
	size_t at = place_of(p, id);

	return at < p->controller_count && p->controllers[at]->id == id ? p->controllers[at] : NULL;
}

struct controller *controller_with_token(struct poller *p, int32_t id, int64_t token)
{
	struct controller *c = controller_find(p, id);

	return c != NULL && c->token == token ? c : NULL;
}

struct controller *controller_by_serial(struct poller *p, uint64_t serial)
{
	for (size_t i = 0; i < p->controller_count; i++)
		if (p->controllers[i]->serial == serial)
			return p->controllers[i];
	return NULL;
}

static void controller_free(struct controller *c)
{
	transfers_forget(c);
	status_forget(c);
	if (c->session != NULL)
		session_end(c);
	OPENSSL_cleanse(c, sizeof *c);
	free(c);
}

static void drop(struct poller *p, size_t at, const char *why)
{
	struct controller *c = p->controllers[at];

	log_debug("controller %d: %s", c->id, why);
	memmove(&p->controllers[at], &p->controllers[at + 1], (p->controller_count - at - 1) * sizeof *p->controllers);
	p->controller_count--;
	controller_free(c);
}

void controllers_drop_all(struct poller *p)
{
	while (p->controller_count > 0)
		drop(p, p->controller_count - 1, "stopping");
}

/* Ours is 16 hexadecimal digits, a board's is the number that is printed on it. */
static int read_serial(const struct gate_driver *driver, const char *text, uint64_t *out)
{
	uint8_t bytes[8];
	int64_t number;

	if (!gate_driver_is_secured(driver)) {
		if (parse_int(text, 1, UINT32_MAX, &number) < 0)
			return -1;
		*out = (uint64_t)number;
		return 0;
	}
	if (parse_hex(text, bytes, sizeof bytes) < 0)
		return -1;
	*out = 0;
	for (size_t i = 0; i < sizeof bytes; i++)
		*out = *out << 8 | bytes[i];
	return 0;
}

static int read_address(const struct poller_lease_row *row, uint64_t *serial, struct sockaddr_in *out)
{
	const struct gate_driver *driver = gate_driver_by_name(row->driver);


	*out = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)row->port) };
	if (inet_pton(AF_INET, row->address, &out->sin_addr) != 1 || row->port < 1 || row->port > 65535)
		return -1;
	return driver != NULL ? read_serial(driver, row->serial, serial) : -1;
}

static void board_config(const struct poller_lease_row *row, struct gate_board *out)
{
	*out = (struct gate_board){ .contacts = (uint8_t)row->contacts, .keypads = (uint8_t)row->keypads,
		.door_events = row->door_events, .take_listener = row->take_listener };
	for (int i = 0; i < row->gate_count; i++)
		if (row->doors[i] >= 1 && row->doors[i] <= UHPPOTE_DOORS)
			out->doors |= (uint8_t)(1u << (row->doors[i] - 1));
}

static void session_config(const struct controller *c, const struct poller_lease_row *row, struct gate_config *out)
{
	const struct zone *z = &c->poller->zone;
	uint32_t epochs[KEY_EPOCHS];

	*out = (struct gate_config){ .serial = c->serial, .mark = (uint32_t)row->mark };
	if (gate_digest_key_derive(c->poller->master.bytes, sizeof c->poller->master.bytes, c->serial, out->digest_key) < 0)
		fatalx("OpenSSL gives no HMAC-SHA-256");
	if (row->log != NULL)
		memcpy(out->log, row->log, GATE_LOG_SIZE);
	out->epochs[1] = key_epochs(&c->keys, epochs) > 1 ? epochs[1] : GATE_EPOCH_NONE;
	out->epochs[0] = epochs[0];
	memcpy(out->tz, z->tz, sizeof out->tz);
	out->transition_count = z->count;
	memcpy(out->transitions, z->transitions, sizeof out->transitions);
	out->offsets = z->offsets;
	token_random(out->fresh_log, sizeof out->fresh_log);
	out->tail_known = row->tail != NULL;
	if (out->tail_known)
		memcpy(out->tail, row->tail, sizeof out->tail);
	out->board = c->board;
	for (int i = 0; i < UHPPOTE_DOORS; i++)
		out->board.delay_s[i] = (uint8_t)(row->delays[i] < 0 || row->delays[i] > 255 ? 0 : row->delays[i]);
	if (!gate_driver_is_secured(c->driver))
		push_address(c->poller, &c->address, out->board.address, &out->board.port);
	if (c->poller->controller_count > SLOTS_MOST)
		out->first_delay_ms = (uint32_t)((c->serial * UINT64_C(0x9E3779B97F4A7C15)) >> 40) % FIRST_SPREAD_MS;
}

static void add(struct poller *p, const struct poller_lease_row *row, int64_t now_ms)
{
	struct controller *c = xcalloc(1, sizeof *c);
	struct gate_config config;

	*c = (struct controller){ .poller = p, .id = row->controller, .token = row->token, .leased = true,
		.gate_count = row->gate_count, .driver = gate_driver_by_name(row->driver) };
	c->status.communication = COMMUNICATION_UNKNOWN;
	if (read_address(row, &c->serial, &c->address) < 0) {
		log_warnx("controller %d: address \"%s\" or serial \"%s\" makes no sense", row->controller, row->address,
		    row->serial);
		free(c);
		return;
	}
	board_config(row, &c->board);
	key_ring_load(c, row);
	session_config(c, row, &config);
	if (p->controller_count == p->controller_room) {
		p->controller_room = p->controller_room ? p->controller_room * 2 : 64;
		p->controllers = xreallocarray(p->controllers, p->controller_room, sizeof *p->controllers);
	}
	size_t at = place_of(p, c->id);
	memmove(&p->controllers[at + 1], &p->controllers[at], (p->controller_count - at) * sizeof *p->controllers);
	p->controllers[at] = c;
	p->controller_count++;
	if (session_begin(c, &config, now_ms) < 0)
		drop(p, at, "no session");
	OPENSSL_cleanse(&config, sizeof config);
}

static bool is_same(const struct controller *c, const struct poller_lease_row *row)
{
	struct gate_board board;
	struct sockaddr_in address;
	uint64_t serial;

	board_config(row, &board);
	if (!gate_driver_is_secured(c->driver) && memcmp(&board, &c->board, sizeof board) != 0)
		return false;
	return c->token == row->token && read_address(row, &serial, &address) == 0 && serial == c->serial &&
	    address.sin_port == c->address.sin_port && address.sin_addr.s_addr == c->address.sin_addr.s_addr;
}

static void take_over(struct poller *p, const struct async_rows *rows, int64_t now_ms)
{
	size_t before = p->controller_count;
	bool added = false;

	for (size_t i = 0; i < p->controller_count; i++)
		p->controllers[i]->leased = false;
	for (int i = 0; i < async_rows_count(rows); i++) {
		struct poller_lease_row row;
		struct controller *c;

		poller_lease_read(rows, i, &row);
		c = controller_find(p, row.controller);
		if (c != NULL && is_same(c, &row)) {
			c->leased = true;
			continue;
		}
		if (c != NULL)
			drop(p, place_of(p, c->id), "another lease or address");
		add(p, &row, now_ms);
		added = true;
	}
	for (size_t i = p->controller_count; i-- > 0;)
		if (!p->controllers[i]->leased)
			drop(p, i, "lease gone");
	if (added)
		transfers_ask_held(p->transfers);
	if (p->controller_count != before)
		log_info("%zu controllers are ours (were %zu)", p->controller_count, before);
}

static void leased(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct poller *p = arg;
	int64_t now = clock_mono_ms();

	p->leasing = false;
	if (p->stopping)
		return;
	if (outcome == ASYNC_OK) {
		take_over(p, rows, now);
		p->leases_until_ms = now + LEASE_MS;
		commands_poll(p->commands);
	} else if (outcome == ASYNC_REFUSED) {
		p->id = 0;	/* the database does not know us: it was restored, or took us for dead */
		controllers_begin(p);
	}
	if (p->lease_again) {
		p->lease_again = false;
		controllers_lease(p);
	}
}

void controllers_lease(struct poller *p)
{
	if (p->leasing) {
		p->lease_again = true;
		return;
	}
	if (p->id == 0 || !p->site_known || p->stopping || !async_is_up(control(p)))
		return;
	p->leasing = true;
	poller_lease(control(p), p->id, leased, p);
}

static void started(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct poller *p = arg;

	p->starting = false;
	if (outcome != ASYNC_OK)
		return;
	p->id = poller_start_row(rows);
	log_info("poller %d \"%s\"", p->id, p->config.name);
	controllers_slots(p, clock_mono_ms());
	controllers_site(p);
}

/* Connected (again): who we are, then the site, then what is ours. */
void controllers_begin(struct poller *p)
{
	if (p->stopping || p->starting)
		return;
	if (p->id != 0) {
		controllers_slots(p, clock_mono_ms());
		controllers_lease(p);
		controllers_site(p);
		commands_poll(p->commands);
		return;
	}
	p->starting = true;
	poller_start(control(p), p->config.name, started, p);
}

static void slots_leased(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct poller *p = arg;

	p->slotting = false;
	if (outcome != ASYNC_OK || p->stopping)
		return;
	p->slots.leased = poller_slots_row(rows);
	p->slots_until_ms = clock_mono_ms() + LEASE_MS;
}

/* As many as were wanted at once since the last time; at once when somebody waits for one that we do not have. */
void controllers_slots(struct poller *p, int64_t now_ms)
{
	if (p->slotting || p->id == 0 || p->stopping || !async_is_up(control(p)))
		return;
	int want = p->slots_peak > SLOTS_LEAST ? p->slots_peak : SLOTS_LEAST;
	if (p->slots.used > want)
		want = p->slots.used;
	p->slots_peak = slots_wanted(&p->slots);
	p->slots_asked_ms = now_ms;
	p->slots_asked_for = want;
	p->slotting = true;
	poller_slots(control(p), p->id, want, slots_leased, p);
}

static void set_password(struct poller *p, const struct poller_site *site)
{
	struct buf plain = { 0 };

	free_secret(&p->password);
	if (site->password_size == 0)
		return;
	if (seal_unwrap(&p->master, "site_secret/mutual_auth_password", site->password, site->password_size, &plain) < 0)
		log_warnx("the mutual authentication password does not open under this master key: nobody new can enrol");
	else
		p->password = buf_take(&plain);
	buf_free(&plain);
}

static void tell_clock_rules(struct poller *p, int64_t now_ms)
{
	const struct zone *z = &p->zone;

	for (size_t i = 0; i < p->controller_count; i++)
		session_step(p->controllers[i], &(struct gate_input){ .kind = GATE_IN_CLOCK_RULES,
		    .u.clock_rules = { z->tz, z->count, z->transitions, &z->offsets } }, now_ms);
}

static void site_told(void *arg, enum async_outcome outcome, const struct async_rows *rows)
{
	struct poller *p = arg;
	int64_t now = clock_mono_ms();
	struct poller_site site;

	if (outcome != ASYNC_OK || p->stopping)
		return;
	poller_site_read(rows, &site);
	set_password(p, &site);
	if (strcmp(site.time_zone, p->zone.name) != 0) {
		if (zone_load(&p->zone, "/usr/share/zoneinfo", site.time_zone, clock_wall_ms() / 1000) < 0)
			log_warnx("there is no time zone \"%s\" on this machine (package tzdata)", site.time_zone);
		tell_clock_rules(p, now);
	}
	if (p->site_known && site.clock_due_ms > p->clock_due_ms)
		for (size_t i = 0; i < p->controller_count; i++)
			schedule_clock(&p->controllers[i]->schedule, now);
	p->clock_due_ms = site.clock_due_ms;
	p->site_known = true;
	controllers_lease(p);
}

void controllers_site(struct poller *p)
{
	if (p->id != 0 && !p->stopping && async_is_up(control(p)))
		poller_site(control(p), site_told, p);
}
