#!/bin/sh
# A stand-in for the entry point of the official PostgreSQL image: on the first start, it creates the database and its
# owner from POSTGRES_USER, POSTGRES_DB and POSTGRES_PASSWORD_FILE; then it runs the server as an unprivileged user.
set -eu

data=/var/lib/postgresql/data
if [ "$(id -u)" = 0 ]; then
	POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
	export POSTGRES_PASSWORD
	chown postgres "$data"
	chmod 0700 "$data"
	exec setpriv --reuid=postgres --regid=postgres --clear-groups "$0"
fi
if [ ! -s "$data/PG_VERSION" ]; then
	printf '%s\n' "$POSTGRES_PASSWORD" | initdb --pgdata="$data" --username="$POSTGRES_USER" --pwfile=/dev/stdin \
		--auth-host=scram-sha-256 --no-sync --encoding=UTF8 --locale=C
	printf 'CREATE DATABASE "%s";\n' "$POSTGRES_DB" | postgres --single -D "$data" postgres
	echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"
fi
exec postgres -D "$data" -c listen_addresses='*'
