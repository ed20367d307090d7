#include "ledger.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "memory.h"

static void print(void *arg, const uint8_t log[GATE_LOG_SIZE], const struct gate_event *event)
{
	const char *serial = arg;
	char hex[2 * GATE_LOG_SIZE + 1], command[2 * GATE_ID_SIZE + 1] = "";

	format_hex(log, GATE_LOG_SIZE, hex);
	if (event->flags & GATE_EVENT_BY_COMMAND)
		format_hex(event->command, GATE_ID_SIZE, command);
	printf("%s\t%s\t%" PRIu32 "\t%" PRIu64 "\t%u\t%u\t%u\t%" PRIu32 "\t%s\t%u\t%s\t%s\t%" PRIu64 "\n", serial, hex, event->seq,
	       event->time_ms, event->kind, event->door, event->reader, event->credential, event->card, event->flags, event->detail,
	       command, event->revision);
}

static int is_serial(const struct dirent *entry)
{
	uint8_t serial[8];

	return parse_hex(entry->d_name, serial, sizeof(serial)) == 0;
}

int ledger_print(const char *state)
{
	struct dirent **list;
	int count = scandir(state, &list, is_serial, alphasort), answer = 0;
	int base = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (count < 0 || base < 0) {
		log_warn("%s", state);
		return 1;
	}
	for (int i = 0; i < count; i++) {
		int dir = openat(base, list[i]->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (dir < 0 || memory_ledger(dir, print, list[i]->d_name) < 0) {
			log_warn("%s/%s", state, list[i]->d_name);
			answer = 1;
		}
		if (dir >= 0)
			close(dir);
		free(list[i]);
	}
	free(list);
	close(base);
	return fflush(stdout) == 0 ? answer : 1;
}
