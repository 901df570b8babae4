# cmr-watch in a container: it runs as uid 10001, needs no writable root file system and no capability, and keeps all
# of its data in the volume /data. docs/operating.md says how it is run; `make image-test` builds it and tries it out.

# ── the program, with what it needs, in a folder of its own ──────────────────────────────────────────────────────
FROM python:3.13-slim-trixie AS build

# for a machine without a package index: a folder of wheels (PIP_FIND_LINKS=/wheels, PIP_NO_INDEX=1)
ARG PIP_NO_INDEX
ARG PIP_FIND_LINKS
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore

WORKDIR /build
COPY requirements.lock requirements-dev.lock ./

# what it runs with comes from the lock, by hash; the new environment itself has no pip
RUN python3 -m venv --without-pip /opt/cmr-watch \
 && python3 -m pip --quiet --python /opt/cmr-watch/bin/python install --require-hashes -r requirements.lock

# what it is built with comes from the other lock, by hash as well: hatchling and what that needs, and nothing else
RUN python3 -m venv /opt/build \
 && sed -n -E '/^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/,/[^\\]$/p' requirements-dev.lock >build.lock \
 && /opt/build/bin/python -m pip --quiet install --require-hashes -r build.lock

COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /opt/build/bin/python -m pip --quiet wheel --no-deps --no-index --no-build-isolation --wheel-dir dist . \
 && python3 -m pip --quiet --python /opt/cmr-watch/bin/python install --no-deps --no-index dist/*.whl

# ── what runs ────────────────────────────────────────────────────────────────────────────────────────────────────
FROM python:3.13-slim-trixie

ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="cmr-watch" \
      org.opencontainers.image.description="Tells people when a “Clusters meet Regions” edition is announced or a call to host one opens" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="MIT"

# nothing is installed here ever again, so pip goes; /data belongs to the user that the program runs as
RUN rm -rf /usr/bin/pip* /usr/lib/python3/dist-packages/pip* /usr/lib/python3*/ensurepip /usr/share/python-wheels \
           /usr/local/bin/pip* /usr/local/lib/python3*/site-packages/pip* /usr/local/lib/python3*/ensurepip \
 && install -d -o 10001 -g 10001 -m 0750 /data \
 && install -d /etc/cmr-watch

COPY --from=build /opt/cmr-watch /opt/cmr-watch

# XDG_STATE_HOME: with PostgreSQL the journal of those who must not be written to is in the volume all the same
ENV PATH=/opt/cmr-watch/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    TMPDIR=/tmp \
    XDG_STATE_HOME=/data \
    CMR_WATCH_DATABASE_URL=sqlite:////data/cmr-watch.db \
    CMR_WATCH_DAEMON_LISTEN=0.0.0.0:8080

USER 10001:10001
# not in /data: a cmr-watch.toml in the folder it runs from would come before the one in /etc
WORKDIR /
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["cmr-watch", "health"]
ENTRYPOINT ["cmr-watch"]
CMD ["run"]
