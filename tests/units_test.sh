#!/bin/bash
# The installed systemd units: whole, and enabled with the one command of the README. Prints TAP.
units=${top_builddir:?}/conf/systemd
number=0
tap() { # tap STATUS NAME [what is wrong]
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		sed 's/^/# /' <<<"$3"
		failed=1
	fi
}

if ! command -v systemctl >/dev/null || ! command -v systemd-analyze >/dev/null; then
	echo '1..0 # SKIP no systemd'
	exit 0
fi
root=$(mktemp -d) || exit 1
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/etc/systemd/system"
cp "$units"/*.service "$units"/*.socket "${top_srcdir:?}/conf/systemd/kidoban.target" "$root/etc/systemd/system/" || exit 1

said=$(systemctl --root="$root" enable kidoban.target 2>&1)
tap $? 'kidoban.target can be enabled' "$said"
for unit in "$units"/*.service "$units"/*.socket; do
	name=${unit##*/}
	[ -L "$root/etc/systemd/system/kidoban.target.wants/$name" ]
	tap $? "$name starts with the target" "add it to Also= of kidoban.target"
	# verify wants the program to be there.
	while read -r program; do
		mkdir -p "$root$(dirname "$program")" && printf '#!/bin/sh\n' >"$root$program" && chmod 755 "$root$program"
	done < <(sed -n 's/^ExecStart=[-+!@]*\(\/[^ ]*\).*/\1/p' "$unit")
done
said=$(systemd-analyze verify --root="$root" --man=no --recursive-errors=no "$root"/etc/systemd/system/kidoban*.{service,socket,target} 2>&1 | grep kidoban)
[ -z "$said" ]
tap $? 'systemd understands every line of them' "$said"
systemctl --root="$root" disable kidoban.target 2>/dev/null
said=$(find "$root/etc/systemd/system" -type l)
[ -z "$said" ]
tap $? 'and disabled again as a whole' "$said"

# The sample settings go with the units: a key that a unit is given stands where its program looks for it.
sample=$top_builddir/conf/kidoban.conf
for program in "$top_builddir"/cgi-bin/*/ "$top_builddir"/daemons/*/; do
	program=${program%/}
	name=${program##*/}
	[ -x "$program/$name" ] && [ -e "$units/kidoban-$name.service" ] || continue
	said=$("$program/$name" -n -c "$sample" 2>&1)
	tap $? "$name takes the sample settings" "$said"
	want=$(grep -c "^LoadCredential=" "$units/kidoban-$name.service")
	[ "$want" -eq "$(grep -c "= \"*/run/credentials/kidoban-$name.service/" <<<"$said")" ]
	tap $? "and finds there what its unit gives it" "$(grep credentials <<<"$said")"
done
echo "1..$number"
exit ${failed:-0}
