#!/bin/sh
# usage: docker-entrypoint.sh postgres [OPTION…] — with POSTGRES_PASSWORD, and perhaps POSTGRES_DB, where $PGDATA has no database yet.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    : "${POSTGRES_PASSWORD:?is not set: it becomes the password of the user postgres}"
    mkdir -p "$PGDATA"
    umask 077
    secret=$(mktemp)
    printf '%s\n' "$POSTGRES_PASSWORD" >"$secret"
    initdb --username=postgres --pwfile="$secret" --auth-host=scram-sha-256 --auth-local=trust --encoding=UTF8 --locale=C "$PGDATA" >/dev/null
    rm "$secret"
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    if [ "${POSTGRES_DB:-postgres}" != postgres ]; then
        printf 'CREATE DATABASE "%s";\n' "$POSTGRES_DB" | postgres --single -D "$PGDATA" postgres >/dev/null
    fi
fi
exec "$@" -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/tmp
