#!/usr/bin/env bash
# Restore a PostgreSQL dump and a copy of the archive in a new place, and prove that it is whole.
#
#   deploy/restore-drill.sh DUMP ARCHIVE SERVER NAME FOLDER [FIGURES]
#
# DUMP     made by: pg_dump --format=custom --file=DUMP URL
# ARCHIVE  the copy of the archive folder, made after the dump: documents come before their rows
# SERVER   postgresql://user@host:port, without a database; a password comes from ~/.pgpass
# NAME     a database that is not there yet; the drill makes it
# FOLDER   a folder that is not there yet; the restored installation's home
# FIGURES  made when the dump was, while nothing ran: svarut drill --figures FIGURES
#
# Nothing is asked of Altinn or of the vendor: give the new place none of our keys.
set -euo pipefail
if [ $# -lt 5 ]; then
    sed -n '2,14s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
dump=$1 archive=$2 server=${3%/} name=$4 home=$5 figures=${6:-}

if [ -e "$home" ]; then
    echo "$home is there already: the drill never writes over anything" >&2
    exit 3
fi
# A URL may end in ?host=/folder, where the server listens on a socket.
base=${server%%\?*} rest=${server#"$base"}
url="${base%/}/$name$rest"

psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 "${base%/}/postgres$rest" --command "CREATE DATABASE \"$name\""
pg_restore --exit-on-error --no-owner --no-privileges --dbname "$url" "$dump"
mkdir -p "$home/inbox"
cp -a "$archive" "$home/archive"

for setting in "${!SVARUT_@}"; do unset "$setting"; done
export SVARUT_HOME=$home SVARUT_DATABASE_URL=$url
cd "$home"
svarut drill ${figures:+--same-as "$figures"}
svarut doctor --here
echo "restored and proven: database $name, home $home"
