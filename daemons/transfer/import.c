/* The process of imports: claims one, reads its file into staging, judges it, or applies it; a transaction each, so that one that is
 * killed midway is simply done again. */
#include "import.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "db/export_cells.h"

#define PINS 2000
#define KNOWN 16000	/* people a page */
#define SLICE 500	/* of them taken in before the database is looked after again */

struct worker {
	struct import_db *db;
	const struct seal_key *key;
	struct import_job job;
	bool cancelled;
	struct csv_reader *reader;
	struct import_rows rows;
	int told;		/* rows at the last progress */
	bool copying;		/* lines are under way */
};

static volatile sig_atomic_t stopping;

/* Says how far it is. -1: it is not to go on; worker->cancelled tells whether somebody wants that or the database is away. */
static int go_on(struct worker *worker, int progress, int total)
{
	int answer = import_progress(worker->db, &worker->job, progress, total);

	worker->cancelled = answer == 0;
	return answer == 1 ? 0 : -1;
}

static void stop(int number)
{
	(void)number;
	stopping = 1;
}

/* --- reading ---------------------------------------------------------------------------------------------------------------------- */

static int flush_lines(void *arg)
{
	struct worker *worker = arg;

	if (!worker->copying && import_copy_begin(worker->db, "row", worker->job.id, "") != 0)
		return -1;
	worker->copying = true;
	int result = import_copy(worker->db, &worker->rows.lines);
	buf_clear(&worker->rows.lines);
	return result;
}

static void know_page(struct worker *worker, const struct export_words *words, const struct cardholder_export *page)
{
	struct export_rows *rows = export_rows_new(words, page);
	const char *cells[EXPORT_CELLS];

	for (int i = 0; i < db_rows_count(page->people); i++) {
		export_cells(rows, i, cells);
		import_know(&worker->rows, cells);
		if (i % SLICE == 0)
			import_known_take(worker->db);
	}
	export_rows_free(rows);
}

/* Everybody who is there already, page by page; the database reads one while the one before is taken in. A page with a word that came
 * since ends it: the others are judged. */
static int know_pages(struct worker *worker, const struct export_words *words)
{
	struct cardholder_export page;
	bool asked = import_known_ask(worker->db, worker->job.id, 0, KNOWN) == 0;
	int result = asked ? 0 : -1;

	while (result == 0 && asked) {
		if (import_known_page(worker->db, &page) != 0)
			return -1;
		int count = db_rows_count(page.people);
		bool fits = export_words_know(words, &page);
		asked = fits && count == KNOWN;
		if (asked)
			result = import_known_ask(worker->db, worker->job.id, db_binary(page.people, count - 1, PERSON_ID), KNOWN);
		if (result == 0 && fits)
			know_page(worker, words, &page);
		cardholders_csv_free(&page);
	}
	return result;
}

/* The columns are known, no row has come yet. */
static int know(void *arg)
{
	struct worker *worker = arg;
	struct db_rows *departments, *targets;

	if (worker->job.departments || worker->job.delete)
		return 0;
	if (import_words(worker->db, &departments, &targets) != 0)
		return -1;
	struct export_words *words = export_words_new(departments, targets);
	db_rows_free(departments);
	db_rows_free(targets);
	worker->rows.known = import_known_new();
	int result = know_pages(worker, words);
	import_known_end(worker->rows.known);
	export_words_free(words);
	return result;
}

/* Results of the rows that say nothing new. */
static int put_known(struct worker *worker)
{
	struct buf lines = {0};
	size_t at = 0;

	if (worker->rows.known == NULL)
		return 0;
	if (import_copy_begin(worker->db, "result", worker->job.id, "(n, key, action)") != 0)
		return -1;
	int result = 0;
	do {
		buf_clear(&lines);
		import_known_lines(worker->rows.known, &lines, &at, 65536);
		if (lines.len > 0)
			result = import_copy(worker->db, &lines);
	} while (result == 0 && lines.len > 0);
	buf_free(&lines);
	return result == 0 ? import_copy_end(worker->db) : -1;
}

/* The n-th piece of the file, unsealed. 1: there is none. */
static int piece(struct worker *worker, int n, struct buf *plain)
{
	struct buf sealed = {0};
	char context[60];
	int result = import_piece(worker->db, worker->job.id, n, &sealed);

	snprintf(context, sizeof(context), "import/%lld/%d", (long long)worker->job.id, n);
	if (result == 0 && (worker->key == NULL || seal_unwrap(worker->key, context, sealed.data, sealed.len, plain) != 0)) {
		log_warnx("import %lld: piece %d can not be unsealed; is this the master key?", (long long)worker->job.id, n);
		result = -1;
	}
	buf_free(&sealed);
	return result;
}

static int guess(struct worker *worker, enum csv_encoding *encoding)
{
	struct csv_guess guess = {0};
	struct buf plain = {0};
	int result = 0;

	*encoding = strcmp(worker->job.encoding, "cp932") == 0 ? CSV_CP932 : CSV_UTF8;
	if (strcmp(worker->job.encoding, "auto") != 0)
		return 0;
	for (int n = 1; (result = piece(worker, n, &plain)) == 0; n++) {
		if (import_piece_ask(worker->db, worker->job.id, n + 1) != 0)
			break;
		csv_guess_feed(&guess, plain.data, plain.len);
		buf_clear(&plain);
	}
	buf_free(&plain);
	*encoding = csv_guess_end(&guess);
	return result > 0 ? 0 : -1;
}

/* All rows into staging. 0; 1: the file is unfit, the reader says why; -1. */
static int read_rows(struct worker *worker)
{
	struct buf plain = {0};
	int result;

	for (int n = 1; (result = piece(worker, n, &plain)) == 0; n++) {
		bool tell = worker->rows.count - worker->told > 5000;
		if (tell)
			worker->told = (int)worker->rows.count;
		if ((tell && go_on(worker, worker->told, 0) != 0) || import_piece_ask(worker->db, worker->job.id, n + 1) != 0) {
			result = -1;
			break;
		}
		if (csv_reader_feed(worker->reader, plain.data, plain.len) != 0)
			break;
		buf_clear(&plain);
	}
	buf_free(&plain);
	if (result < 0)
		return -1;
	if (csv_reader_fault(worker->reader) == CSV_FINE && csv_reader_end(worker->reader) == 0)
		return flush_lines(worker) == 0 && import_copy_end(worker->db) == 0 && put_known(worker) == 0 ? 0 : -1;
	/* stopped by a failing flush: that is the database's fault, not the file's */
	return csv_reader_fault(worker->reader) == CSV_STOPPED && worker->rows.header_fault == NULL ? -1 : 1;
}

/* Seals each PIN for its holder, unless that is the one they have. */
static void seal_pin(struct worker *worker, const struct import_pin *pin, struct buf *lines)
{
	struct buf bytes = {0}, plain = {0}, had = {0}, sealed = {0};
	char context[60];
	size_t len = strlen(pin->pin) / 2;

	snprintf(context, sizeof(context), "import_pin/%lld", (long long)worker->job.id);
	if (parse_hex(pin->pin, buf_reserve(&bytes, len), len) != 0 || seal_unwrap(worker->key, context, bytes.data, len, &plain) != 0)
		panic("a PIN that this import sealed can not be unsealed");
	snprintf(context, sizeof(context), "cardholder_pin/%d", pin->id);
	buf_clear(&bytes);
	len = strlen(pin->sealed) / 2;
	bool same = len > 0 && parse_hex(pin->sealed, buf_reserve(&bytes, len), len) == 0 &&
		    seal_unwrap(worker->key, context, bytes.data, len, &had) == 0 && strcmp(buf_text(&had), buf_text(&plain)) == 0;
	if (!same && seal_wrap(worker->key, context, plain.data, plain.len, &sealed) != 0)
		panic("sealing fails");
	buf_addf(lines, "%d\t%d\t%s", pin->n, pin->id, same ? "\\N" : "\\\\x");
	buf_add_hex(lines, sealed.data, sealed.len);
	buf_addf(lines, "\t%c\n", same ? 'f' : 't');
	char *secrets[2] = {buf_take(&plain), buf_take(&had)};
	free_secret(&secrets[0]);
	free_secret(&secrets[1]);
	buf_free(&bytes);
	buf_free(&sealed);
}

static int seal_pins(struct worker *worker)
{
	struct import_pin *pins = xcalloc(PINS, sizeof(*pins));
	struct buf lines = {0};
	int count = worker->rows.pins > 0 ? PINS : 0, result = 0;

	for (int after = 0; result == 0 && count == PINS;) {
		result = import_pins(worker->db, worker->job.id, after, pins, PINS, &count);
		if (result != 0 || count == 0)
			break;
		for (int i = 0; i < count; i++)
			seal_pin(worker, &pins[i], &lines);
		after = pins[count - 1].n;
		if (import_copy_begin(worker->db, "pin", worker->job.id, "") != 0 || import_copy(worker->db, &lines) != 0 || import_copy_end(worker->db) != 0)
			result = -1;
		buf_clear(&lines);
	}
	buf_free(&lines);
	free(pins);
	return result;
}

/* --- ends --------------------------------------------------------------------------------------------------------------------------- */

static void end(struct worker *worker, const char *state, const char *reason, const char *fault)
{
	log_info("import %lld: %s%s%s", (long long)worker->job.id, state, reason[0] ? ", " : "", reason);
	if (import_end(worker->db, &worker->job, state, reason, fault) != 0)
		log_warnx("import %lld: %s", (long long)worker->job.id, import_db_message(worker->db));
}

/* Nothing of the file counts, and why: at which row (0: it is not said) and byte, and the name or number that it is about. */
static void fail(struct worker *worker, const char *code, int64_t row, int64_t bytes, const char *detail)
{
	struct buf fault = {0};

	buf_adds(&fault, "{\"code\":");
	buf_json_string(&fault, code);
	buf_addf(&fault, ",\"row\":%lld,\"bytes\":%lld,\"detail\":", (long long)row, (long long)bytes);
	buf_json_string(&fault, detail);
	buf_addc(&fault, '}');
	end(worker, "failed", code, buf_text(&fault));
	buf_free(&fault);
}

/* The file as a whole is unfit. */
static void refuse_file(struct worker *worker)
{
	fail(worker, worker->rows.header_fault ? worker->rows.header_fault : csv_fault_code(csv_reader_fault(worker->reader)),
	     csv_reader_row(worker->reader), csv_reader_bytes(worker->reader), worker->rows.header_detail);
}

static bool is_away(const char *state)
{
	return strncmp(state, "08", 2) == 0 || strncmp(state, "57P", 3) == 0;
}

/* The database said no, or somebody else did. When it was only away, the job stays ours and is taken again. */
static void refused(struct worker *worker)
{
	const char *state = import_db_state(worker->db);
	const char *word = import_db_hint(worker->db);

	import_rollback(worker->db);
	if (!worker->cancelled && (is_away(state) || (go_on(worker, 0, 0) != 0 && !worker->cancelled))) {
		log_warnx("import %lld: %s", (long long)worker->job.id, import_db_message(worker->db));
		import_wait(worker->db, 1000);
		return;
	}
	if (worker->cancelled) {
		end(worker, "cancelled", "cancelled", NULL);
		return;
	}
	log_warnx("import %lld: %s %s", (long long)worker->job.id, state, import_db_message(worker->db));
	if (strcmp(state, "55P03") == 0)
		word = "busy";
	else if (strcmp(state, "KD004") == 0)
		word = "not_allowed";
	else if (strcmp(state, "KD002") == 0)
		word = strncmp(import_db_message(worker->db), "L-4", 3) == 0 ? "limit_L-4" : "limit_L-5";
	/* What the rules of the act forbid is told with the gate or the card that it is about. */
	if (strcmp(state, "KD007") == 0 && word[0])
		fail(worker, word, 0, 0, import_db_message(worker->db));
	else
		end(worker, "failed", word[0] ? word : "internal", NULL);
}

static void use_time_zone(struct worker *worker)
{
	char *zone = import_time_zone(worker->db);

	if (zone == NULL)
		return;
	setenv("TZ", zone, 1);
	tzset();
	cell_times_forget();
	free(zone);
}

/* Reads the file into staging and judges its rows, in the transaction that is open. 0; 1: the file is unfit, the reader says why; -1. */
static int look(struct worker *worker)
{
	struct import_job *job = &worker->job;
	enum csv_encoding encoding;
	int64_t basis = 0;

	use_time_zone(worker);
	if (guess(worker, &encoding) != 0 || import_stage(worker->db, job->id, &basis) != 0)
		return -1;
	worker->rows = (struct import_rows){.departments = job->departments, .delete = job->delete, .clear = job->clear, .key = worker->key,
					    .import = job->id, .headed = know, .flush = flush_lines, .arg = worker};
	worker->told = 0;
	worker->copying = false;
	worker->reader = csv_reader_new(encoding, import_take_row, &worker->rows);
	int read = read_rows(worker);
	if (read == 0 && (seal_pins(worker) != 0 || go_on(worker, (int)worker->rows.count, (int)worker->rows.count) != 0 ||
			  import_check(worker->db, job->id, basis) != 0))
		read = -1;
	import_rows_free(&worker->rows);
	return read;
}

static void read_import(struct worker *worker)
{
	worker->reader = NULL;
	int read = import_begin(worker->db, worker->job.id) == 0 ? look(worker) : -1;

	if (read == 0 && import_commit(worker->db) == 0) {
		end(worker, "previewed", "", NULL);
	} else if (read > 0) {
		import_rollback(worker->db);
		refuse_file(worker);
	} else {
		refused(worker);
	}
	csv_reader_free(worker->reader);
}

/* What was seen in the file does not hold any more. */
static int look_again(struct worker *worker)
{
	worker->reader = NULL;
	int result = look(worker) == 0 ? 0 : -1;

	csv_reader_free(worker->reader);
	return result;
}

static void apply_import(struct worker *worker)
{
	int step = 0, next = 0;
	int steps = worker->job.departments || worker->job.delete ? 2 : 6;

	if (import_begin(worker->db, worker->job.id) != 0) {
		refused(worker);
		return;
	}
	do {
		if (go_on(worker, step, steps) != 0 || import_step(worker->db, worker->job.id, step, &next) != 0 ||
		    (next < 0 && look_again(worker) != 0)) {
			refused(worker);
			return;
		}
		step = next < 0 ? 0 : next;
	} while (next != 0);
	if (import_commit(worker->db) != 0) {
		refused(worker);
		return;
	}
	end(worker, "done", "", NULL);
	import_keep(worker->db, worker->job.id);
}

void import_worker_run(const char *conninfo, const char *master_key_file)
{
	struct worker worker = {.db = import_db_open(conninfo)};
	struct sigaction action = {.sa_handler = stop};
	struct seal_key key;
	time_t tidied = 0;

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (master_key_file != NULL && master_key_file[0] != '\0' && seal_load(master_key_file, &key) == 0)
		worker.key = &key;
	else
		log_warnx("imports need the master key: set master_key_file");
	while (!stopping) {
		int found = import_claim(worker.db, &worker.job);
		worker.cancelled = false;
		if (found == 1 && worker.job.applying)
			apply_import(&worker);
		else if (found == 1)
			read_import(&worker);
		else
			import_wait(worker.db, found < 0 ? 2000 : 1000);
		if (time(NULL) - tidied > 3600) {
			import_tidy(worker.db);
			tidied = time(NULL);
		}
	}
	import_db_close(worker.db);
	seal_clear(&key);
}

/* A fresh process for this work; it ends with its parent. 0 in it, its pid in the parent, -1 after a warning. */
static pid_t branch(void)
{
	pid_t parent = getpid(), pid = fork();
	sigset_t none;

	if (pid < 0)
		log_warn("the process of imports does not start");
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (getppid() != parent)
		_exit(0);
	return 0;
}

/* The process in between does nothing but start the worker again when a file was too much for it. */
pid_t import_worker_start(const char *conninfo, const char *master_key_file)
{
	pid_t pid = branch();
	struct sigaction action = {.sa_handler = stop};
	int status;

	if (pid != 0)
		return pid;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	while (!stopping) {
		pid = branch();
		if (pid == 0) {
			import_worker_run(conninfo, master_key_file);
			_exit(0);
		}
		if (pid > 0 && waitpid(pid, &status, 0) == pid && !stopping)
			log_warnx("the process of imports ended; starting it again");
		if (!stopping)
			sleep(1);
	}
	_exit(0);
}
