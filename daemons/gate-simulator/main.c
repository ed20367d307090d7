/* gate-simulator: simulated controllers on loopback; its control client; its ledger. Options only; see doc/gate-simulator.md. */
#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "control.h"
#include "ledger.h"
#include "simulator.h"

static const char usage[] =
	"use: gate-simulator --state DIR --site FILE.xml [--control SOCK] [--seed N] [--rate EVENTS_PER_MIN | --quiet] [--steady]\n"
	"                    [--backfill HOURS] [--nudge ADDRESS:PORT]\n"
	"     gate-simulator ctl SOCK SERIAL|all FAULT [ARGS]\n"
	"     gate-simulator ledger DIR\n";

static void bad(const char *option, const char *value)
{
	fatalx("--%s: can not be %s\n%s", option, value, usage);
}

static void read_number(const char *option, const char *value, int64_t hi, int64_t *out)
{
	if (parse_int(value, 0, hi, out) < 0)
		bad(option, value);
}

static void read_nudge(const char *value, struct sockaddr_in *out)
{
	char *copy = xstrdup(value), *colon = strrchr(copy, ':');
	int64_t port;

	if (!colon || parse_int(colon + 1, 1, 65535, &port) < 0)
		bad("nudge", value);
	*colon = '\0';
	*out = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	if (inet_pton(AF_INET, copy, &out->sin_addr) != 1)
		bad("nudge", value);
	free(copy);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"state", required_argument, NULL, 'd'},  {"site", required_argument, NULL, 'f'},  {"control", required_argument, NULL, 'c'},
		{"seed", required_argument, NULL, 's'},	  {"rate", required_argument, NULL, 'r'},  {"backfill", required_argument, NULL, 'b'},
		{"nudge", required_argument, NULL, 'n'},  {"quiet", no_argument, NULL, 'q'},	   {"steady", no_argument, NULL, 't'},
		{"verbose", no_argument, NULL, 'v'},	  {NULL, 0, NULL, 0},
	};
	struct simulator_options chosen = {.seed = 1};
	int64_t seed = 1, rate = 60, hours = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'd':
			chosen.state = optarg;
			break;
		case 'f':
			chosen.site = optarg;
			break;
		case 'c':
			chosen.control = optarg;
			break;
		case 's':
			read_number("seed", optarg, INT64_MAX, &seed);
			break;
		case 'r':
			read_number("rate", optarg, 1000000, &rate);
			break;
		case 'b':
			read_number("backfill", optarg, 24 * 400, &hours);
			break;
		case 'n':
			read_nudge(optarg, &chosen.nudge);
			break;
		case 'q':
			rate = 0;
			break;
		case 't':
			chosen.steady = true;
			break;
		case 'v':
			log_set_level(LOG_LEVEL_DEBUG);
			break;
		default:
			fatalx("%s", usage);
		}
	}
	if (!chosen.state || !chosen.site || optind != argc)
		fatalx("--state and --site are needed\n%s", usage);
	chosen.seed = (uint64_t)seed;
	chosen.rate = (int)rate;
	chosen.backfill_hours = (int)hours;
	return simulator_run(&chosen);
}

int main(int argc, char **argv)
{
	log_init("gate-simulator");
	if (argc >= 5 && strcmp(argv[1], "ctl") == 0)
		return control_client(argv[2], argc - 3, argv + 3);
	if (argc == 3 && strcmp(argv[1], "ledger") == 0)
		return ledger_print(argv[2]);
	return run(argc, argv);
}
