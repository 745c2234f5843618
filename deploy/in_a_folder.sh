# How things are done in a folder: processes of whoever asks, no root, no systemd. For trials and CI.
# PYTHON names the interpreter that has the locked packages; without it, .venv/bin/python.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC1090  # read by steps.sh; files made when it runs
mkdir -p "$FOLDER"
FOLDER=$(cd "$FOLDER" && pwd)
PYTHON=${PYTHON:-$APP/.venv/bin/python}
ETC=$FOLDER/etc/svarut
STATE=$FOLDER/var/lib
SHOP=$FOLDER/srv/svarut-vendor
VENDOR_EVERY=${VENDOR_EVERY:-10}
SFTP_USER=$(id -un)
SFTP_CELL="UsePAM no\nStrictModes no\nForceCommand internal-sftp -d $SHOP/sftp"

make_place() {
    mkdir -p "$ETC/keys" "$STATE/svarut/inbox" "$STATE/svarut/logos" "$STATE/svarut-prefect" \
        "$SHOP/ssh" "$FOLDER/bin" "$FOLDER/run"
    [ "$(id -u)" != 0 ] || mkdir -p /run/sshd # where sshd goes to be nobody
    make_programs
    choose_ports
    hurry
    start_postgres
}

# Whoever tries it out does not want to wait: Prefect looks for work every second.
hurry() {
    [ -e "$FOLDER/etc/trial.env" ] || cat >"$FOLDER/etc/trial.env" <<'END'
PREFECT_WORKER_QUERY_SECONDS=1
PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS=1
PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS=2
END
}

# What lies in /opt/svarut/.venv/bin on a machine.
make_programs() {
    [ -x "$PYTHON" ] || stop "no interpreter $PYTHON: run make setup, or set PYTHON"
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$PYTHON" >"$FOLDER/bin/python"
    printf '#!/bin/sh\nexec "%s" -c "from flows.cli import main; main()" "$@"\n' "$PYTHON" \
        >"$FOLDER/bin/svarut"
    chmod 755 "$FOLDER/bin/python" "$FOLDER/bin/svarut"
    export PATH=$FOLDER/bin:$PATH PYTHONPATH=$APP${PYTHONPATH:+:$PYTHONPATH}
}

choose_ports() {
    local file=$FOLDER/run/ports.env
    if [ ! -e "$file" ]; then
        "$PYTHON" - >"$file.new" <<'END'
import socket

lines = {name: socket.socket() for name in ("PREFECT_PORT", "ALTINN_PORT", "VENDOR_PORT", "SFTP_PORT")}
for name, line in lines.items():
    line.bind(("127.0.0.1", 0))
    print(f"{name}={line.getsockname()[1]}")
END
        mv "$file.new" "$file"
    fi
    . "$file"
}

# PostgreSQL from a package that needs no root; whoever is on this machine may log in.
start_postgres() {
    "$HERE/trial.sh" "$FOLDER" start-database
    SOCKET=$(cat "$FOLDER/run/postgres.socket")
}

start_unit() {
    "$HERE/trial.sh" "$FOLDER" start "$@"
}

finish() {
    say "logs and ports: $FOLDER/run; deploy/trial.sh $FOLDER down stops it all"
}

as_service() {
    shift
    (
        set -a
        while [ "$1" != -- ]; do
            . "$ETC/$1"
            shift
        done
        set +a
        shift
        cd "$APP" || exit
        exec "$@"
    )
}

as_superuser() {
    "$(cat "$FOLDER/run/postgres.bin")/psql" -X -q -h "$SOCKET" -U postgres -d postgres "$@"
}

as_owner() {
    "$(cat "$FOLDER/run/postgres.bin")/psql" -X -q -h "$SOCKET" -U svarut_owner -d svarut "$@"
}

database_at() {
    printf '/%s?host=%s' "$1" "$SOCKET"
}

place() {
    chmod "$3" "$1"
}
