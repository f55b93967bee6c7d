# Shared by the scripts beside it; sourced, not run.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold='' dim='' plain=''; fi
say() { printf '%s\n' "${bold}$*${plain}"; }
fail() { printf 'error: %s\n' "$1" >&2; [ $# -lt 2 ] || printf 'hint: %s\n' "$2" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif sudo -n true 2>/dev/null; then sudo "$@"
    else fail "packages are missing and this user may not install them" "ask for: sudo apt-get install $missing"
    fi
}

# The directory of the newest PostgreSQL server's programs, or nothing.
postgres_programs() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1; }

# Installs the Debian packages among the arguments that are absent, and a PostgreSQL server if there is none.
install_missing() {
    local package
    missing=''
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
    done
    [ -n "$(postgres_programs)" ] || missing="$missing postgresql"
    [ -n "$missing" ] || return 0
    say "Installing$missing"
    as_root apt-get update -qq
    case "$missing" in
    *" postgresql"*)
        # Debian's package would start a server of its own; ours is private and goes away again.
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql-common >/dev/null
        as_root mkdir -p /etc/postgresql-common/createcluster.d
        echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.d/kushim-jira.conf >/dev/null
        ;;
    esac
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null
    if [ -f /etc/postgresql-common/createcluster.d/kushim-jira.conf ]; then
        as_root rm -f /etc/postgresql-common/createcluster.d/kushim-jira.conf
    fi
}

require_swift() {
    command -v swift >/dev/null || fail "swift is not on the PATH" "install Swift 6.2 or newer: https://www.swift.org/install/linux/debian/12/"
}

# PostgreSQL refuses to run as root: then its files and processes belong to the user postgres.
as_postgres() { if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }

# start_postgres DIRECTORY [SETTING=VALUE ...]: a private server that listens only on a socket in DIRECTORY, with the superuser kushim.
start_postgres() {
    local directory=$1 options setting
    shift
    options="-c listen_addresses= -c unix_socket_directories=$directory"
    for setting in "$@"; do options="$options -c $setting"; done
    if [ "$(id -u)" = 0 ]; then chown postgres "$directory"; fi
    chmod 755 "$directory"
    as_postgres "$(postgres_programs)/initdb" -D "$directory/data" -U kushim -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$directory/initdb.log" 2>&1 ||
        fail "initdb failed: $(tail -n 3 "$directory/initdb.log")"
    as_postgres "$(postgres_programs)/pg_ctl" -D "$directory/data" -l "$directory/data/server.log" -o "$options" -w start >/dev/null ||
        fail "PostgreSQL did not start: $(tail -n 5 "$directory/data/server.log" 2>/dev/null)"
}

stop_postgres() {
    [ ! -f "$1/data/postmaster.pid" ] || as_postgres "$(postgres_programs)/pg_ctl" -D "$1/data" -m fast -w stop >/dev/null 2>&1 || true
}
