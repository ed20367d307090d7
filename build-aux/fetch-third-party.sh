#!/bin/sh
# Puts the files that htdocs/third-party.txt lists under htdocs/vendor of the build tree, from a tarball's own copy or by npm.
# Runs in the build tree; srcdir and NPM come from make. The stamp holds the hash of what decides the content.
set -eu
list=$srcdir/htdocs/third-party.txt
hash=$(cat "$list" "$srcdir/package-lock.json" | sha256sum | cut -d' ' -f1)

files() { grep -v '^#' "$list"; }

complete() { # in the tree $1
	test "$(cat "$1/htdocs/vendor.stamp" 2>/dev/null)" = "$hash" || return 1
	files | while read -r from to; do test -f "$1/htdocs/vendor/$to" || exit 1; done
}

take() { # a file $1 to $2
	mkdir -p "$(dirname "$2")"
	cp "$1" "$2.new" && chmod 644 "$2.new" && mv "$2.new" "$2"
}

if complete .; then
	touch htdocs/vendor.stamp
	exit 0
fi
if complete "$srcdir"; then
	files | while read -r from to; do take "$srcdir/htdocs/vendor/$to" "htdocs/vendor/$to"; done
else
	if test "$NPM" = no || ! command -v "$NPM" >/dev/null; then
		echo "The console's third-party files come by npm when building from git: apt-get install npm, or build from a release tarball." >&2
		exit 1
	fi
	if test "$srcdir" != "$PWD"; then cp "$srcdir/package.json" "$srcdir/package-lock.json" .; fi
	"$NPM" ci --ignore-scripts --omit=dev --no-audit --no-fund --silent
	files | while read -r from to; do take "node_modules/$from" "htdocs/vendor/$to"; done
fi
mkdir -p htdocs
echo "$hash" > htdocs/vendor.stamp
