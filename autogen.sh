#!/bin/sh
# Prepares a fresh clone: makes configure and runs it with the words given here.
#
#	./autogen.sh [--install-deps] [configure options]
#
# --install-deps installs what is missing with apt-get (by sudo when not root); without it, what is missing is named.
set -e
cd "$(dirname "$0")"

# Everything that building, demo and tests need on a plain Debian 12. Apache and the browser come without starting a service.
PACKAGES='autoconf automake make gcc libc6-dev pkg-config
libfcgi-dev libpq-dev libjson-c-dev libxml2-dev libcunit1-dev libssl-dev libgnutls28-dev libsystemd-dev libcrypt-dev libcsv-dev
postgresql-15 postgresql-15-pgtap sqitch libdbd-pg-perl apache2-bin openssl slapd ldap-utils
python3 python3-jsonschema python3-yaml python3-requests
nodejs npm chromium fonts-noto-cjk clang mandoc util-linux xz-utils curl ca-certificates git'

install_deps=no
case $1 in
--install-deps)
	install_deps=yes
	shift
	;;
--help|-h)
	sed -n '2,6s/^# \{0,1\}//p' "$0"
	exit 0
	;;
esac

# Prints what of PACKAGES is not there. Node.js and npm may also have come from elsewhere.
missing() {
	for package in $PACKAGES; do
		case $package in
		nodejs) command -v node >/dev/null && continue ;;
		npm) command -v npm >/dev/null && continue ;;
		esac
		dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || printf ' %s' "$package"
	done
}

# Run as root. Debian's PostgreSQL package makes a cluster and starts it, which nothing here uses: services are kept from
# starting while the packages are unpacked, by the means Debian has for that, unless the administrator has set a policy.
APT='
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap "rm -f $policy" EXIT INT TERM
	printf "#!/bin/sh\nexit 101\n" > $policy && chmod 755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q && apt-get install -y -q --no-install-recommends "$@"
'

install_packages() {
	if [ "$(id -u)" -eq 0 ]; then
		sh -c "$APT" apt "$@"
	elif command -v sudo >/dev/null; then
		sudo sh -c "$APT" apt "$@"
	else
		echo "autogen.sh: run as root, or install sudo, to install: $*" >&2
		exit 1
	fi
}

if command -v dpkg-query >/dev/null; then
	list=$(missing)
	if [ -n "$list" ] && [ $install_deps = yes ]; then
		# shellcheck disable=SC2086 # a list of words
		install_packages $list
	elif [ -n "$list" ]; then
		echo "autogen.sh: these packages are missing:$list" >&2
		echo "Install them with:  ./autogen.sh --install-deps" >&2
		echo "or:  sudo apt-get install --no-install-recommends$list" >&2
		exit 1
	fi
elif [ $install_deps = yes ]; then
	echo "autogen.sh: --install-deps knows Debian only; install by your system's means: $PACKAGES" >&2
	exit 1
fi

autoreconf -fi
exec ./configure "$@"
