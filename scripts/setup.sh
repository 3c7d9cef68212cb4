# SPDX-License-Identifier: GPL-2.0-or-later
# What `run` and `test` share: install what is missing, configure, build. Sourced, not run.
# Everything it says goes to standard error; standard output belongs to the program.

root=$(dirname "$(dirname "$(readlink -f "$0")")")

build_packages='gcc libc6-dev meson ninja-build pkg-config python3 libpcap-dev libnids-dev nettle-dev
	libncurses-dev libsqlite3-dev libyaml-dev libcriterion-dev zlib1g-dev libzstd-dev libcap-dev libseccomp-dev'
test_packages='clang tshark tcpdump tmux mandoc zstd'
lab_packages='iproute2 procps nftables frr bird2 gobgpd openbgpd exabgp'
lab_services='frr bird gobgpd openbgpd exabgp'

say() {
	printf 'bgpwhy: %s\n' "$*" >&2
}

fail() {
	say "$@"
	exit 2
}

# Runs a command quietly; where it fails, shows what it said.
quietly() {
	log=$(mktemp) || exit 2
	if "$@" >"$log" 2>&1; then
		rm -f "$log"
	else
		status=$?
		cat "$log" >&2
		rm -f "$log"
		return $status
	fi
}

# Those of the packages that are not installed. No network, a few milliseconds.
missing() {
	installed=" $(dpkg-query -W -f '${Package}=${db:Status-Status} ' "$@" 2>/dev/null || true)"
	for package in "$@"; do
		case $installed in
		*" $package=installed "*) ;;
		*) printf '%s ' "$package" ;;
		esac
	done
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

apt() {
	quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o DPkg::Lock::Timeout=300 -o APT::Install-Recommends=false "$@"
}

# While this policy stands, installing a daemon does not start it.
policy=/usr/sbin/policy-rc.d

forbid_services() {
	[ -e "$policy" ] && return
	trap allow_services EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
	as_root chmod 755 "$policy"
}

allow_services() {
	as_root rm -f "$policy"
	trap - EXIT INT TERM
}

# Installs packages; false where that did not work.
install() {
	say "installing $*"
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
		say "neither root nor sudo; as root: apt-get install $*"
		return 1
	fi
	(
		forbid_services
		apt update || say 'apt-get update failed; trying with the lists there are'
		apt install "$@"
	)
}

# Installs what is missing of the packages that must be there.
need() {
	command -v dpkg-query >/dev/null || return 0 # not Debian: meson says what it misses
	wanted=$(missing "$@")
	# shellcheck disable=SC2086 # words
	[ -z "$wanted" ] || install $wanted || fail "could not install $wanted"
}

# The lab's daemons: where they cannot be had, its test says so and is skipped. Tried once for each
# build directory. They are not wanted as services of this machine, now or after the next boot.
want_lab() {
	command -v dpkg-query >/dev/null || return 0
	# shellcheck disable=SC2086
	wanted=$(missing $lab_packages)
	if [ -z "$wanted" ] || [ -e "$root/build/lab-tried" ]; then
		return 0
	fi
	# shellcheck disable=SC2086
	install $wanted || for package in $wanted; do
		install "$package" || say "the lab goes without $package"
	done
	if command -v systemctl >/dev/null; then
		for service in $lab_services; do
			case " $wanted" in
			*" $service "* | *" ${service}2 "*)
				as_root systemctl disable --quiet "$service" 2>/dev/null || true
				;;
			esac
		done
	fi
	mkdir -p "$root/build" && : >"$root/build/lab-tried"
}

# configure DIRECTORY [MESON OPTION...]: once.
configure() {
	directory=$1
	shift
	[ -f "$root/$directory/build.ninja" ] ||
		quietly meson setup "$@" "$root/$directory" "$root" || fail 'meson setup failed'
}

# build DIRECTORY [TARGET...]: says so where there is something to do.
build() {
	directory=$1
	shift
	case $(ninja -C "$root/$directory" -n "$@" 2>&1) in
	*'no work to do'*) return 0 ;;
	esac
	say "building ($directory)…"
	quietly ninja -C "$root/$directory" "$@" || fail 'the build failed'
}
