# What is the same on a machine and in a folder. Sourced by set-up.sh, after on_debian.sh or
# in_a_folder.sh have said where things are (ETC, STATE, ports) and how things are done there
# (make_place, as_superuser, as_service, start_unit).
# shellcheck shell=bash disable=SC1090  # files made when it runs

say() {
    printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"
}

# Passwords are made once, and never shown or given as an argument.
choose_passwords() {
    local name file=$ETC/passwords.env
    if [ ! -e "$file" ]; then
        for name in OWNER APP READER PREFECT PREFECT_API; do
            printf 'SVARUT_%s_PASSWORD=%s\n' "$name" "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"
        done >"$file.new"
        mv "$file.new" "$file"
    fi
    set -a
    . "$file"
    set +a
}

# A file of deploy/etc with its places filled in; left alone when it is there already.
write_once() {
    local template=$1 target=$2 owner=$3 mode=$4
    [ ! -e "$target" ] || return 0
    sed -e "s|@ETC@|$ETC|g" -e "s|@SHOP@|$SHOP|g" -e "s|@STATE@|$STATE|g" \
        -e "s|@PREFECT_PORT@|$PREFECT_PORT|g" -e "s|@ALTINN_PORT@|$ALTINN_PORT|g" \
        -e "s|@VENDOR_PORT@|$VENDOR_PORT|g" -e "s|@VENDOR_EVERY@|$VENDOR_EVERY|g" \
        -e "s|@SFTP_PORT@|$SFTP_PORT|g" -e "s|@SFTP_USER@|$SFTP_USER|g" \
        -e "s|@SFTP_CELL@|$SFTP_CELL|g" -e "s|@PREFECT_PASSWORD@|$SVARUT_PREFECT_API_PASSWORD|g" \
        -e "s|@APP_DATABASE_URL@|$(database_url svarut_app "$SVARUT_APP_PASSWORD" svarut)|g" \
        -e "s|@OWNER_DATABASE_URL@|$(database_url svarut_owner "$SVARUT_OWNER_PASSWORD" svarut)|g" \
        -e "s|@READER_DATABASE_URL@|$(database_url svarut_reader "$SVARUT_READER_PASSWORD" svarut)|g" \
        -e "s|@PREFECT_DATABASE_URL@|$(prefect_database_url)|g" \
        "$HERE/etc/$template" >"$target.new"
    place "$target.new" "$owner" "$mode"
    mv "$target.new" "$target"
}

database_url() {
    printf 'postgresql://%s:%s@%s' "$1" "$2" "$(database_at "$3")"
}

prefect_database_url() {
    printf 'postgresql+asyncpg://svarut_prefect:%s@%s' "$SVARUT_PREFECT_PASSWORD" "$(database_at prefect)"
}

write_settings() {
    local toml=svarut.toml
    [ "$STAND_INS" = no ] || toml=svarut-with-stand-ins.toml
    write_once prefect-server.env "$ETC/prefect-server.env" root:root 600
    write_once worker.env "$ETC/worker.env" root:root 600
    write_once owner.env "$ETC/owner.env" root:root 600
    write_once reader.env "$ETC/reader.env" root:root 600
    write_once svarut.env "$ETC/svarut.env" root:root 600
    write_once "$toml" "$ETC/svarut.toml" root:svarut 640
    if [ "$STAND_INS" = yes ]; then
        write_once stand-ins.env "$ETC/stand-ins.env" root:root 600
        write_once vendor-sshd.conf "$SHOP/ssh/sshd.conf" root:root 600
        grep -q '^SVARUT_ALTINN__TOKEN=' "$ETC/svarut.env" || cat >>"$ETC/svarut.env" <<'END'
SVARUT_ALTINN__TOKEN=sandbox
SVARUT_CONTACT_REGISTER__TOKEN=sandbox
END
    fi
}

# Our key to the vendor's server; for a trial, that server's own key and where we know it from.
make_keys() {
    local ours=$ETC/keys/vendor_ed25519 theirs=$SHOP/ssh/host_ed25519
    make_key "$ours" svarut:svarut
    [ "$STAND_INS" = yes ] || return 0
    make_key "$theirs" root:root
    write_key "$SHOP/ssh/authorized_keys" "$(cat "$ours.pub")"
    write_key "$ETC/keys/known_hosts" "[127.0.0.1]:$SFTP_PORT $(cat "$theirs.pub")"
}

make_key() {
    [ ! -e "$1" ] || return 0
    ssh-keygen -q -t ed25519 -N '' -C svarut -f "$1"
    place "$1" "$2" 600
}

write_key() {
    [ ! -e "$1" ] || return 0
    printf '%s\n' "$2" >"$1"
    place "$1" root:root 644
}

make_databases() {
    as_superuser -f "$HERE/roles.sql"
}

# The owner makes the tables, and says anew what the others may do with them.
upgrade_tables() {
    as_service svarut owner.env -- svarut db upgrade
    as_owner -f "$HERE/rights.sql"
}

# Only where nobody is yet: what an operator has changed stays.
import_examples() {
    [ "$(as_owner -At -c 'SELECT count(*) FROM senders')" = 0 ] || return 0
    as_service svarut svarut.env -- svarut senders import "$APP/templates/examples/senders.toml"
    as_service svarut svarut.env -- svarut price import "$APP/templates/examples/prices.toml"
}

deploy_flows() {
    as_service svarut worker.env -- python "$HERE/prepare_prefect.py"
    local log
    log=$(mktemp)
    as_service svarut worker.env -- python -m prefect --no-prompt deploy --all >"$log" 2>&1 ||
        stop "the flows were not deployed: $(cat "$log")"
    grep -c 'successfully created' "$log" | sed 's/$/ deployments/'
    rm "$log"
}
