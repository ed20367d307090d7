/* CSV as spreadsheets of the office take it: CRLF, quotes where needed, in UTF-8 with a byte order mark or in CP932.
 *
 * Text from outside that a spreadsheet would take for a formula (its first character is = + - @, a tab or a carriage return)
 * gets a ' in front, and so does such a text with ' before it, so that the importer can take one ' away again. A character that CP932 can not hold is an error, never a `?`.
 */
#ifndef WEB_CSV_H
#define WEB_CSV_H

#include <iconv.h>
#include <stdbool.h>

#include "base/str.h"

struct csv {
	struct buf line;	/* UTF-8, the row being written */
	struct buf out;		/* whole rows in the encoding asked for; the caller takes and clears it */
	bool cells;		/* the row has one already */
	iconv_t converter, back;	/* (iconv_t)-1: UTF-8 as it is */
};

void csv_start(struct csv *csv, bool cp932);
void csv_cell(struct csv *csv, const char *text);
/* Ends the row. 0, or -1 when it has a character that the encoding lacks: then the row is left out and *lacking holds that character. */
int csv_end_row(struct csv *csv, char lacking[8]) __attribute__((warn_unused_result));
void csv_free(struct csv *csv);

#endif
