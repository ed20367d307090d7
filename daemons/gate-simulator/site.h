/*
 * The site file: which controllers there are. XML, read by libxml2 without network and entities.
 *
 *	<site>
 *	  <controller serial="000000000000a001" address="127.0.0.1" port="20001" password="..." building="1" capacity="100000">
 *	    <door number="1" unlock_time="5" reader_code="1234" anti_passback="soft"/>
 *	  </controller>
 *	  <act at="2.5" serial="000000000000a001" do="pass 1 CARD0001"/>
 *	</site>
 *
 * The password may stand at the site instead, for all controllers. Doors take the names and units of gate parameters. Acts are fault commands (faults.h) at so many seconds after the start.
 */
#ifndef SIMULATOR_SITE_H
#define SIMULATOR_SITE_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "door.h"

struct site_controller {
	uint64_t serial;
	struct sockaddr_in address;
	char *password, *building;
	uint32_t capacity;
	uint8_t doors;
	struct door_parameters parameters[GATE_DOORS_MAX];
};

struct site_act {
	int64_t at_ms;
	char *serial, *text; /* serial may be "all" */
};

struct site {
	struct site_controller *controllers;
	size_t count;
	struct site_act *acts;
	size_t act_count;
};

/* 0, or -1 with file, line and what is wrong logged. */
int site_read(struct site *site, const char *path);
void site_free(struct site *site);

#endif
