#!/bin/bash
# The layers are one-way: each folder includes headers of those below it only, and only lib/db knows libpq, only lib/web libfcgi.
# Prints TAP.
cd "${top_srcdir:?}" || exit 1
number=0

# check NAME FOLDERS PATTERN: no source in FOLDERS has an #include that matches PATTERN.
check() {
	number=$((number + 1))
	local found
	found=$(find $2 -name '*.[ch]' -exec grep -nE "^#[[:space:]]*include[[:space:]]+[<\"]($3)" {} + 2>/dev/null)
	if [ -z "$found" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		echo "$found" | sed 's/^/# /'
		failed=1
	fi
}

echo 1..8
check 'base uses no other layer' lib/base '(gate|db|web)/'
check 'gate uses base only' lib/gate '(db|web)/'
check 'db uses base only, and the vocabulary' lib/db '(web/|gate/[^c]|gate/c[^o]|gate/co[^d])'
check 'web uses db and base only, and the vocabulary' lib/web '(gate/[^c]|gate/c[^o]|gate/co[^d])'
check 'cgi-bin uses web, db and base only, and the vocabulary' cgi-bin '(gate/[^c]|gate/c[^o]|gate/co[^d])'
check 'daemons do not use web' daemons 'web/'
check 'only lib/db uses libpq' 'lib/base lib/gate lib/web cgi-bin daemons' 'libpq'
check 'only lib/web uses libfcgi' 'lib/base lib/gate lib/db cgi-bin daemons' 'fcgi'
exit ${failed:-0}
