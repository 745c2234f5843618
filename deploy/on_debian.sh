# How things are done on a machine of its own: Debian 12 or newer, as root, with systemd.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC1090  # read by steps.sh; files made when it runs
ETC=/etc/svarut
STATE=/var/lib
PREFECT_PORT=4200
ALTINN_PORT=8080
VENDOR_PORT=8081
VENDOR_EVERY=30
SFTP_PORT=2022
SFTP_USER=svarut-vendor
SHOP=/srv/svarut-vendor
SFTP_CELL="UsePAM yes\\nChrootDirectory $SHOP/sftp\\nForceCommand internal-sftp"

make_place() {
    [ "$(id -u)" = 0 ] || stop "run this as root"
    [ "$APP" = /opt/svarut ] || stop "the code must lie in /opt/svarut, not in $APP"
    install_packages
    make_user svarut "$STATE/svarut"
    make_user svarut-prefect "$STATE/svarut-prefect"
    install -d -m 750 -o root -g svarut "$ETC" "$ETC/keys"
    install -d -m 750 -o svarut -g svarut "$STATE/svarut" "$STATE/svarut/inbox" "$STATE/svarut/logos"
    install -d -m 700 -o svarut-prefect -g svarut-prefect "$STATE/svarut-prefect"
    [ "$STAND_INS" = no ] || make_vendor
    make_venv
    make_command
    install_units
}

install_packages() {
    local wanted=(python3 python3-venv postgresql openssh-client)
    [ "$STAND_INS" = no ] || wanted+=(openssh-server)
    if ! dpkg-query -W "${wanted[@]}" >/dev/null 2>&1; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}"
    fi
    systemctl enable --now --quiet postgresql
}

make_user() {
    id "$1" >/dev/null 2>&1 ||
        useradd --system --user-group --home-dir "$2" --shell /usr/sbin/nologin "$1"
}

# The vendor's user sees only its cell, which belongs to root, as OpenSSH wants it.
make_vendor() {
    make_user "$SFTP_USER" "$SHOP"
    install -d -m 755 -o root -g root "$SHOP" "$SHOP/sftp" "$SHOP/ssh"
    install -d -m 750 -o "$SFTP_USER" -g "$SFTP_USER" "$SHOP/verksted" "$SHOP/keys" \
        "$SHOP/sftp/inn" "$SHOP/sftp/ut" "$SHOP/sftp/arkiv"
}

# Exactly the locked packages, every file checked by its hash; made anew when the lock changes.
make_venv() {
    local bin=$APP/.venv/bin stamp=$APP/.venv/.svarut-ready
    if [ ! -e "$stamp" ] || [ requirements.lock -nt "$stamp" ]; then
        [ -x "$bin/python" ] || python3 -m venv "$APP/.venv"
        "$bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
            --require-hashes -r "$APP/requirements.lock"
        "$bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
            --no-build-isolation --editable "$APP"
        touch "$stamp"
    fi
    chmod -R go+rX "$APP"
}

# `svarut` for operators: root reads the settings, the user svarut does the work.
make_command() {
    install -m 755 /dev/stdin /usr/local/sbin/svarut <<END
#!/bin/sh
set -ae
. $ETC/svarut.env
[ "\${1:-}" != doctor ] || . $ETC/worker.env # it asks Prefect's server; flows by hand need none
cd $STATE/svarut
exec runuser -u svarut -- $APP/.venv/bin/svarut "\$@"
END
}

install_units() {
    local unit
    for unit in svarut.target svarut-prefect.service svarut-worker@.service svarut-watch.service \
        svarut-watch.timer; do
        install -m 644 "$HERE/systemd/$unit" /etc/systemd/system/
    done
    if [ "$STAND_INS" = yes ]; then
        install -m 644 "$HERE"/systemd/svarut-{altinn-stand-in,vendor-stand-in,vendor-sftp}.service \
            /etc/systemd/system/
    fi
    systemctl daemon-reload
    systemctl enable --quiet svarut.target
}

start_unit() {
    systemctl enable --now --quiet "$@"
}

finish() {
    start_unit svarut-watch.timer
    systemctl start svarut.target
}

# Run something as a service's user, with what its environment files say.
as_service() {
    local user=$1
    shift
    (
        set -a
        while [ "$1" != -- ]; do
            . "$ETC/$1"
            shift
        done
        HOME=$STATE/$user PATH=$APP/.venv/bin:$PATH
        set +a
        shift
        cd "$APP" || exit
        exec runuser -u "$user" -- "$@"
    )
}

as_superuser() {
    (cd / && runuser -u postgres -- psql -X -q "$@")
}

as_owner() {
    PGPASSWORD=$SVARUT_OWNER_PASSWORD psql -X -q -h 127.0.0.1 -U svarut_owner -d svarut "$@"
}

database_at() {
    printf '127.0.0.1:5432/%s' "$1"
}

place() {
    chown "$2" "$1"
    chmod "$3" "$1"
}
