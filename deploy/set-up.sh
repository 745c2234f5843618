#!/usr/bin/env bash
# Brings svarut up on this machine: docs/installing.md. A second run changes nothing.
#
#   deploy/set-up.sh                  as root, from /opt/svarut, on Debian: PostgreSQL, Prefect, two workers
#   deploy/set-up.sh --stand-ins      the same, with stand-ins for Altinn and the print vendor
#   deploy/set-up.sh --trial FOLDER   the same as --stand-ins, as processes below a folder: no root, no systemd
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
say "databases, roles and tables"
make_databases
if [ "$STAND_INS" = yes ]; then
    say "stand-ins, and the example senders and prices"
    import_examples
    start_unit svarut-altinn-stand-in
    start_unit svarut-vendor-stand-in
    start_unit svarut-vendor-sftp
fi
say "Prefect's server and the schedules"
start_unit svarut-prefect
deploy_flows
say "two workers"
start_unit svarut-worker@1
start_unit svarut-worker@2
say "done; next: svarut doctor (docs/installing.md)"
