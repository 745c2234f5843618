#!/usr/bin/env bash
# Brings svarut up on this machine: docs/installing.md. A second run changes nothing.
#
#   deploy/set-up.sh                  as root, from /opt/svarut, on Debian: PostgreSQL, Prefect, two workers
#   deploy/set-up.sh --stand-ins      the same, with stand-ins for Altinn and the print vendor
#   deploy/set-up.sh --trial FOLDER   the same as --stand-ins, as processes below a folder: no root, no systemd
# shellcheck disable=SC2034  # STAND_INS and FOLDER are read by what is sourced
set -euo pipefail
umask 077
APP=$(cd "$(dirname "$0")/.." && pwd)
HERE=$APP/deploy
export APP HERE

usage() {
    sed -n '2,6s/^# \{0,1\}//p' "$0"
    exit 2
}

stop() {
    printf 'set-up: %s\n' "$*" >&2
    exit 1
}

STAND_INS=no
case "${1:-} $#" in
    " 0") . "$HERE/on_debian.sh" ;;
    "--stand-ins 1") STAND_INS=yes && . "$HERE/on_debian.sh" ;;
    "--trial 2") STAND_INS=yes && FOLDER=$2 && . "$HERE/in_a_folder.sh" ;;
    *) usage ;;
esac
. "$HERE/steps.sh"

say "the machine: packages, users, folders, PostgreSQL"
make_place
say "settings and keys in $ETC"
choose_passwords
write_settings
make_keys
say "databases and roles"
make_databases
say "Prefect's server, which makes its own tables meanwhile"
start_unit svarut-prefect
say "tables, and who may do what with them"
upgrade_tables
if [ "$STAND_INS" = yes ]; then
    say "stand-ins, and the example senders and prices"
    start_unit svarut-altinn-stand-in svarut-vendor-stand-in svarut-vendor-sftp
    import_examples
fi
say "schedules"
deploy_flows
say "two workers"
start_unit svarut-worker@1 svarut-worker@2
finish
say "done; next: svarut doctor (docs/installing.md)"
