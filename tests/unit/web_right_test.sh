#!/bin/bash
# A row of a route table that does not say who may ask does not compile; one that does, does. Prints TAP.
cd "${top_builddir:?}" || exit 1
number=0

# compiles ROW: gives the compiler's verdict on a table with that row.
compiles() {
	printf '#include "web/route.h"\nstatic void h(struct web_request *r) { (void)r; }\nconst struct web_route rows[] = {%s};\n' "$1" |
		${CC:-cc} -std=c17 -Wall -Wextra -Werror -D_GNU_SOURCE -I"${top_srcdir:?}/lib" -fsyntax-only -x c - 2>/dev/null
}

# row WANTED ROW: WANTED is yes or no.
row() {
	number=$((number + 1))
	if compiles "$2"; then got=yes; else got=no; fi
	if [ "$got" = "$1" ]; then
		echo "ok $number - compiles: $1: $2"
	else
		echo "not ok $number - compiles: $1: $2"
		failed=1
	fi
}

echo 1..8
row yes 'ROUTE(GET, "/x", PUBLIC, h)'
row yes 'ROUTE(GET, "/x", OPERATOR, h)'
row yes 'ROUTE(POST, "/x", EDIT(GATES), h)'
row yes 'ROUTE(GET, "/x", VIEW_ANY(GATES, HISTORY), h)'
row no 'ROUTE(GET, "/x", h)'
row no 'ROUTE(GET, "/x", , h)'
row no 'ROUTE(GET, "/x", VIEW(KITCHEN), h)'
row no 'ROUTE(GET, "/x", NONE, h)'
exit ${failed:-0}
