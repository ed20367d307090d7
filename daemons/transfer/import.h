/* Imports run in a process of their own: hostile files and long transactions stay away from what keeps controllers up to date. */
#ifndef TRANSFER_IMPORT_H
#define TRANSFER_IMPORT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/csv_reader.h"
#include "base/seal.h"
#include "base/str.h"
#include "db/import_work.h"

/* Starts the process that reads and applies imports, one after the other; it ends with the caller. Call before any thread is made.
 * Its pid, or -1 after a warning. It keeps itself alive. */
pid_t import_worker_start(const char *conninfo, const char *master_key_file);
/* The same in this process, until SIGTERM. */
void import_worker_run(const char *conninfo, const char *master_key_file);

/* --- who is there already (import_known.c) ------------------------------------------------------------------------------------ */

struct import_known;

/* A row that seemed to say nothing new, and has to be judged after all; n 0: none. Its texts live as long as import_known. */
struct import_met {
	int n;
	const char *key, *card;
};

struct import_known *import_known_new(void) __attribute__((returns_nonnull));
void import_known_free(struct import_known *known);
/* said: what a row of the file says of them when it says nothing new. After the last, import_known_end. */
void import_known_add(struct import_known *known, const char *key, const char *card, const struct buf *said);
void import_known_end(struct import_known *known);
/* True: row n says nothing new. said NULL: it is refused already. When false, it has to be judged, and those in met as well. */
bool import_known_same(struct import_known *known, int n, const char *key, const char *card, const struct buf *said, struct import_met met[2]);
/* Lines of COPY into the results (n, key, action) of rows that say nothing new, from *at on. */
void import_known_lines(const struct import_known *known, struct buf *lines, size_t *at, size_t most);

/* --- rows of a file to lines of COPY (import_row.c) --------------------------------------------------------------------------- */

struct import_rows {
	bool departments, delete, clear;
	const struct seal_key *key;	/* for PINs; NULL: there is none */
	int64_t import;
	int columns[32];		/* of each cell of the file: the field, -1 for one that we do not read */
	size_t column_count;
	unsigned seen;			/* bit of each field that the file has */
	struct buf cells[16];		/* of the row at hand */
	struct buf lines;		/* for COPY; the caller takes and clears them */
	struct buf said;		/* scratch */
	int64_t count;			/* data rows so far */
	int pins;			/* how many have one */
	const char *header_fault;	/* why the header is no header: "unknown_column", "repeated_column", "missing_column" */
	char header_detail[100];
	struct import_known *known;	/* NULL: every row is judged */
	int (*headed)(void *arg);	/* called when the columns are known; -1 stops */
	int (*flush)(void *arg);	/* called now and then, when lines are many */
	void *arg;
};

void import_rows_free(struct import_rows *rows);
/* Into rows->known: a person by the cells of an export (db/export_cells.h). */
void import_know(struct import_rows *rows, const char *const *cells);

/* A csv_row_function; arg: struct import_rows. */
int import_take_row(void *arg, int64_t n, char *const *fields, size_t count);

/* --- cells (import_cell.c): each appends the COPY text of a value; NULL, or the code of what is wrong ----------------------------- */

const char *cell_text(const char *text, size_t most, struct buf *out);
const char *cell_card(const char *text, struct buf *out);
const char *cell_number(const char *text, int64_t hi, struct buf *out);
const char *cell_flag(const char *text, struct buf *out);
/* yyyy/MM/dd, or with HH:mm[:00]: whole minutes, as controllers keep them. last: a day alone counts to its end. In local time of
 * TZ; RFC 3339 out. */
const char *cell_time(const char *text, bool last, struct buf *out);
/* Before times are read in another zone. */
void cell_times_forget(void);
const char *cell_pin(const char *text);
/* group:NAME@LEVEL;gate:NAME@LEVEL [FROM]~[TO] as words that \x1e parts, their fields by \x1f: kind, name, level, from, to. */
const char *cell_permits(const char *text, struct buf *out);
/* Text as COPY wants it. */
void cell_escape(struct buf *out, const char *text, size_t len);

#endif
