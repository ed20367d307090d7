#include "site.h"

#include <arpa/inet.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "gate/codes.h"

struct reading {
	const char *path;
	struct site *site;
};

static int wrong(const struct reading *reading, const xmlNode *node, const char *what, const char *name)
{
	log_warnx("%s:%ld: %s: %s %s", reading->path, xmlGetLineNo(node), (const char *)node->name, what, name);
	return -1;
}

/* A copy of an attribute, NULL when it is not there; freed by the caller. */
static char *attribute(const xmlNode *node, const char *name)
{
	xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
	char *copy = value ? xstrdup((const char *)value) : NULL;

	xmlFree(value);
	return copy;
}

static int number(const struct reading *reading, const xmlNode *node, const char *name, int64_t lo, int64_t hi, int64_t *out)
{
	char *text = attribute(node, name);
	int answer = text ? parse_int(text, lo, hi, out) : 0;

	free(text);
	return answer < 0 ? wrong(reading, node, "bad number in", name) : 0;
}

/* A word out of a list, by its place. */
static int word(const struct reading *reading, const xmlNode *node, const char *name, const char *const *words, int64_t *out)
{
	char *text = attribute(node, name);
	int answer = -1;

	if (!text)
		return 0;
	for (int64_t i = 0; words[i] && answer < 0; i++) {
		if (strcmp(words[i], text) == 0) {
			*out = i;
			answer = 0;
		}
	}
	free(text);
	return answer < 0 ? wrong(reading, node, "unknown word in", name) : 0;
}

static const char *const switches[] = {"off", "on", NULL};
static const char *const sensors[] = {"none", "normally_open", "normally_closed", NULL};
static const char *const readers[] = {"none", "card", "card_keypad", "vein", NULL};
static const char *const passbacks[] = {"off", "soft", "hard", NULL};

static int read_parameters(const struct reading *reading, const xmlNode *node, struct door_parameters *p)
{
	int64_t unlock = p->unlock_time, extended = p->extended_unlock_time, watch = p->door_open_watch_time, relock = p->relock_delay,
		limit = p->wrong_pin_limit, lockout = p->lockout_time, reread = p->reread_guard_time, sensor = 2, arm = 0, disarm = 0,
		entry = p->entry_reader, leave = p->exit_reader, passback = 0;
	char *code;

	if (number(reading, node, "unlock_time", 1, 255, &unlock) < 0 ||
	    number(reading, node, "extended_unlock_time", 1, 255, &extended) < 0 ||
	    number(reading, node, "door_open_watch_time", 0, 999, &watch) < 0 ||
	    number(reading, node, "relock_delay", 0, 100, &relock) < 0 || number(reading, node, "wrong_pin_limit", 1, 10, &limit) < 0 ||
	    number(reading, node, "lockout_time", 0, 600, &lockout) < 0 ||
	    number(reading, node, "reread_guard_time", 0, 60, &reread) < 0 ||
	    word(reading, node, "door_sensor", sensors, &sensor) < 0 || word(reading, node, "arm_on_last_out", switches, &arm) < 0 ||
	    word(reading, node, "disarm_on_first_in", switches, &disarm) < 0 ||
	    word(reading, node, "entry", readers, &entry) < 0 || word(reading, node, "exit", readers, &leave) < 0 ||
	    word(reading, node, "entry_reader", readers, &entry) < 0 || word(reading, node, "exit_reader", readers, &leave) < 0 ||
	    word(reading, node, "anti_passback", passbacks, &passback) < 0)
		return -1;
	p->unlock_time = (int)unlock;
	p->extended_unlock_time = (int)extended;
	p->door_open_watch_time = (int)watch;
	p->relock_delay = (int)relock;
	p->wrong_pin_limit = (int)limit;
	p->lockout_time = (int)lockout;
	p->reread_guard_time = (int)reread;
	p->door_sensor = sensor != 0;
	p->arm_on_last_out = arm;
	p->disarm_on_first_in = disarm;
	p->entry_reader = (uint8_t)entry;
	p->exit_reader = (uint8_t)leave;
	p->anti_passback = (enum door_passback)passback;
	code = attribute(node, "reader_code");
	if (code) {
		size_t length = strlen(code);
		int good = length >= GATE_PIN_MIN && length <= GATE_PIN_MAX && strspn(code, "0123456789") == length;

		if (good)
			memcpy(p->reader_code, code, length + 1);
		free(code);
		if (!good)
			return wrong(reading, node, "4 to 8 digits wanted in", "reader_code");
	}
	return 0;
}

static int read_doors(const struct reading *reading, const xmlNode *node, struct site_controller *controller)
{
	for (const xmlNode *child = node->children; child; child = child->next) {
		int64_t door = 0;

		if (child->type != XML_ELEMENT_NODE)
			continue;
		if (strcmp((const char *)child->name, "door") != 0)
			return wrong(reading, child, "not known inside", "controller");
		if (number(reading, child, "number", 1, GATE_DOORS_MAX, &door) < 0)
			return -1;
		if (door != controller->doors + 1)
			return wrong(reading, child, "doors go up from 1, without holes, in", "number");
		controller->parameters[controller->doors] = door_parameters_default;
		if (read_parameters(reading, child, &controller->parameters[controller->doors++]) < 0)
			return -1;
	}
	return controller->doors ? 0 : wrong(reading, node, "has no", "door");
}

static int read_address(const struct reading *reading, const xmlNode *node, struct site_controller *controller)
{
	char *address = attribute(node, "address");
	int64_t port = GATE_PORT;
	int good;

	controller->address.sin_family = AF_INET;
	good = inet_pton(AF_INET, address ? address : "127.0.0.1", &controller->address.sin_addr) == 1;
	free(address);
	if (!good)
		return wrong(reading, node, "bad IPv4 address in", "address");
	if (number(reading, node, "port", 1, 65535, &port) < 0)
		return -1;
	controller->address.sin_port = htons((uint16_t)port);
	return 0;
}

static int read_controller(const struct reading *reading, const xmlNode *node)
{
	struct site *site = reading->site;
	struct site_controller *controller;
	char *serial = attribute(node, "serial");
	uint8_t bytes[8];
	int64_t capacity = MEMORY_CAPACITY;
	int good = serial && parse_hex(serial, bytes, sizeof(bytes)) == 0;

	free(serial);
	if (!good)
		return wrong(reading, node, "16 hexadecimal digits wanted in", "serial");
	site->controllers = xreallocarray(site->controllers, site->count + 1, sizeof(*controller));
	controller = &site->controllers[site->count++];
	*controller = (struct site_controller){0};
	for (unsigned i = 0; i < sizeof(bytes); i++)
		controller->serial = controller->serial << 8 | bytes[i];
	for (size_t i = 0; i + 1 < site->count; i++) {
		if (site->controllers[i].serial == controller->serial)
			return wrong(reading, node, "is there twice:", "serial");
	}
	controller->password = attribute(node, "password");
	if (!controller->password)
		controller->password = attribute(node->parent, "password");
	if (!controller->password)
		return wrong(reading, node, "misses", "password");
	controller->building = attribute(node, "building");
	if (!controller->building)
		controller->building = xstrdup("");
	if (number(reading, node, "capacity", 16, 100000000, &capacity) < 0 || read_address(reading, node, controller) < 0)
		return -1;
	controller->capacity = (uint32_t)capacity;
	return read_doors(reading, node, controller);
}

static int read_act(const struct reading *reading, const xmlNode *node)
{
	struct site *site = reading->site;
	struct site_act act = {.serial = attribute(node, "serial"), .text = attribute(node, "do")};
	char *at = attribute(node, "at"), *end = NULL;
	double seconds = at ? strtod(at, &end) : -1;
	bool good = act.serial && act.text && seconds >= 0 && seconds < 1e7 && end && *end == '\0';

	free(at);
	if (!good) {
		free(act.serial);
		free(act.text);
		return wrong(reading, node, "needs at (seconds), serial and", "do");
	}
	act.at_ms = (int64_t)(seconds * 1000);
	site->acts = xreallocarray(site->acts, site->act_count + 1, sizeof(act));
	site->acts[site->act_count++] = act;
	return 0;
}

static int read_site(const struct reading *reading, const xmlDoc *document)
{
	const xmlNode *root = xmlDocGetRootElement(document);

	if (!root || strcmp((const char *)root->name, "site") != 0) {
		log_warnx("%s: the root element is not site", reading->path);
		return -1;
	}
	for (const xmlNode *node = root->children; node; node = node->next) {
		int answer;

		if (node->type != XML_ELEMENT_NODE)
			continue;
		if (strcmp((const char *)node->name, "controller") == 0)
			answer = read_controller(reading, node);
		else if (strcmp((const char *)node->name, "act") == 0)
			answer = read_act(reading, node);
		else
			answer = wrong(reading, node, "not known inside", "site");
		if (answer < 0)
			return -1;
	}
	return 0;
}

static void quiet(void *arg, xmlErrorPtr error)
{
	const char *path = arg;

	log_warnx("%s:%d: %.*s", path, error->line, (int)strcspn(error->message, "\n"), error->message);
}

int site_read(struct site *site, const char *path)
{
	struct reading reading = {.path = path, .site = site};
	char *copy = xstrdup(path);
	xmlDoc *document;
	int answer = -1;

	xmlSetStructuredErrorFunc(copy, quiet);
	document = xmlReadFile(path, NULL, XML_PARSE_NONET | XML_PARSE_NOBLANKS | XML_PARSE_BIG_LINES);
	if (document && document->intSubset)
		log_warnx("%s: a site file has no DOCTYPE", path);
	else if (document)
		answer = read_site(&reading, document);
	xmlFreeDoc(document);
	xmlSetStructuredErrorFunc(NULL, NULL);
	xmlCleanupParser();
	free(copy);
	return answer;
}

void site_free(struct site *site)
{
	for (size_t i = 0; i < site->count; i++) {
		free_secret(&site->controllers[i].password);
		free(site->controllers[i].building);
	}
	for (size_t i = 0; i < site->act_count; i++) {
		free(site->acts[i].serial);
		free(site->acts[i].text);
	}
	free(site->controllers);
	free(site->acts);
	*site = (struct site){0};
}
