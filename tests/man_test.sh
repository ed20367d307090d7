#!/bin/bash
# Manual pages are well-formed mdoc. Prints TAP.
cd "${top_srcdir:?}/doc/man" || exit 1
pages=(*.[158])
echo "1..$((${#pages[@]}))"
number=0
for page in "${pages[@]}"; do
	number=$((number + 1))
	# Pages that refer to each other are not installed yet: that alone is no fault.
	found=$(mandoc -Tlint "$page" | grep -v 'referenced manual not found')
	if [ -z "$found" ]; then
		echo "ok $number - $page"
	else
		echo "not ok $number - $page"
		echo "$found" | sed 's/^/# /'
		failed=1
	fi
done
exit ${failed:-0}
