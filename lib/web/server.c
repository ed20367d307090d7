/* The master: starts workers, watches them, replaces them. It never touches a request or the database. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/listen.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/str.h"
#include "web/fcgi.h"
#include "web/server.h"

#define LOOK_MS 250
#define RESTART_PAUSE_MS 1000	/* a worker that dies at once must not keep the machine busy */

static const struct setting web_settings[] = {
	{"workers", SETTING_INT, offsetof(struct web_config, workers), "4", 1, 64, NULL, "requests answered at the same time"},
	{"request_timeout_s", SETTING_INT, offsetof(struct web_config, request_timeout_s), "30", 2, 3600, NULL,
	 "a worker without progress for so long is killed and replaced; a statement gets two thirds of it"},
	{"streams", SETTING_INT, offsetof(struct web_config, streams), "250", 1, 5000, NULL, "live: browsers listening at the same time"},
};

void web_config_tables(struct web_config *config, struct config_table tables[2])
{
	tables[0] = (struct config_table)COMMON_TABLE(&config->common);
	tables[1] = (struct config_table){web_settings, lengthof(web_settings), config};
}

struct worker {
	int64_t started_ms;
	int64_t start_at_ms;	/* when pid is 0 */
};

struct master {
	struct web_server *server;
	struct web_slot *slots;
	struct worker *workers;
	int socket;
	int count;
};

static void work(struct master *master, int i)
{
	struct web_server *server = master->server;
	char *conninfo = program_conninfo(&server->config.common, server->name);

	prctl(PR_SET_PDEATHSIG, SIGKILL);	/* a master that was killed must not leave workers on its socket */
	server->slot = &master->slots[i];
	struct db *db = db_new(conninfo, (int)(server->config.request_timeout_s * 1000 * 2 / 3));
	web_fcgi_serve(server, db, master->socket);
	db_free(db);
	free(conninfo);
	exit(0);
}

static void start_worker(struct master *master, int i)
{
	atomic_store(&master->slots[i].busy_since_ms, 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0)
		work(master, i);
	if (pid < 0) {
		log_warn("fork");
		master->workers[i].start_at_ms = clock_mono_ms() + RESTART_PAUSE_MS;
		return;
	}
	atomic_store(&master->slots[i].pid, pid);
	master->workers[i].started_ms = clock_mono_ms();
}

static void reap(struct master *master, bool stopping)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < master->count; i++) {
			if (atomic_load(&master->slots[i].pid) != pid)
				continue;
			atomic_store(&master->slots[i].pid, 0);
			bool young = clock_mono_ms() - master->workers[i].started_ms < RESTART_PAUSE_MS;
			master->workers[i].start_at_ms = clock_mono_ms() + (young ? RESTART_PAUSE_MS : 0);
			if (stopping)
				break;
			if (WIFSIGNALED(status))
				log_warnx("worker %d was ended by signal %d; a new one takes its place", (int)pid, WTERMSIG(status));
			else
				log_warnx("worker %d ended with status %d; a new one takes its place", (int)pid, WEXITSTATUS(status));
		}
	}
}

static void look_after(struct master *master)
{
	int64_t now = clock_mono_ms();
	int64_t limit = master->server->config.request_timeout_s * 1000;

	for (int i = 0; i < master->count; i++) {
		pid_t pid = atomic_load(&master->slots[i].pid);
		int64_t since = atomic_load(&master->slots[i].busy_since_ms);
		if (pid == 0 && now >= master->workers[i].start_at_ms) {
			start_worker(master, i);
		} else if (pid > 0 && since != 0 && now - since > limit) {
			log_warnx("worker %d hangs for %lld ms; it is killed", (int)pid, (long long)(now - since));
			kill(pid, SIGKILL);
			atomic_store(&master->slots[i].busy_since_ms, 0);
		}
	}
}

static void end_workers(struct master *master)
{
	int64_t until = clock_mono_ms() + 5000;

	for (int i = 0; i < master->count; i++)
		if (atomic_load(&master->slots[i].pid) > 0)
			kill(atomic_load(&master->slots[i].pid), SIGTERM);
	for (bool left = true; left;) {
		left = false;
		reap(master, true);
		for (int i = 0; i < master->count; i++) {
			pid_t pid = atomic_load(&master->slots[i].pid);
			left |= pid > 0;
			if (pid > 0 && clock_mono_ms() > until)
				kill(pid, SIGKILL);
		}
		nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
	}
}

static void *shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		fatal("mmap");
	return memory;
}

static void run(struct master *master)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < master->count; i++)
		start_worker(master, i);
	notify_ready();
	for (;;) {
		int number = sigtimedwait(&set, NULL, &(struct timespec){.tv_nsec = LOOK_MS * 1000000L});
		if (number == SIGTERM || number == SIGINT)
			break;
		reap(master, false);
		look_after(master);
		notify_watchdog();
	}
	notify_stopping();
	end_workers(master);
}

int web_main(int argc, char **argv, const char *name, const struct web_route *rows, size_t count)
{
	static struct web_server server;	/* static: as large as it is constant */
	struct config_table tables[2];

	server.name = name;
	server.routes = (struct web_routes){rows, count};
	for (size_t i = 0; i < count; i++)
		if (rows[i].right.kind == 0)
			panic("%s has no right", rows[i].pattern);
	if (web_routes_asked(argc, argv))
		return web_routes_print(name, &server.routes, stdout) == 0 ? 0 : 1;
	web_config_tables(&server.config, tables);
	program_start(argc, argv, name, tables, lengthof(tables));
	server.lock_fd = memfd_create("turns", MFD_CLOEXEC);
	if (server.lock_fd < 0)
		fatal("memfd_create");

	struct master master = {.server = &server, .count = (int)server.config.workers};
	char *path = xasprintf("%s/%s.sock", server.config.common.run_dir, name);
	master.socket = listen_unix(path, 0660, 511);
	if (master.socket < 0)
		fatalx("%s: can not listen there; is another %s running?", path, name);
	master.slots = shared((size_t)master.count * sizeof(*master.slots));
	master.workers = xcalloc((size_t)master.count, sizeof(*master.workers));
	log_info("%d workers on %s", master.count, path);
	run(&master);
	free(master.workers);
	free(path);
	config_free(tables, lengthof(tables));
	return 0;
}
