# The container image of cmr-watch. It runs as user 10001, needs neither a writable root file system nor capabilities, and
# keeps all data in the volume /data. docs/operating.md explains how to run it; `make image-test` builds and tests it.

# ── build stage: cmr-watch and its dependencies in a virtual environment ─────────────────────────────────────────
FROM python:3.13-slim-trixie AS build

# To build without a package index, use a folder of wheels: PIP_FIND_LINKS=/wheels, PIP_NO_INDEX=1
ARG PIP_NO_INDEX
ARG PIP_FIND_LINKS
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore

WORKDIR /build
COPY requirements.lock requirements-dev.lock ./

# Run-time dependencies, as locked and verified by hash. The virtual environment itself contains no pip.
RUN python3 -m venv --without-pip /opt/cmr-watch \
 && python3 -m pip --quiet --python /opt/cmr-watch/bin/python install --require-hashes -r requirements.lock

# Build dependencies, also locked and verified by hash: only hatchling and its dependencies.
RUN python3 -m venv /opt/build \
 && sed -n -E '/^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/,/[^\\]$/p' requirements-dev.lock >build.lock \
 && /opt/build/bin/python -m pip --quiet install --require-hashes -r build.lock

COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /opt/build/bin/python -m pip --quiet wheel --no-deps --no-index --no-build-isolation --wheel-dir dist . \
 && python3 -m pip --quiet --python /opt/cmr-watch/bin/python install --no-deps --no-index dist/*.whl

# The licence texts of everything that was installed, as their licences ask.
RUN mkdir /opt/licences \
 && find /opt/cmr-watch/lib -path '*.dist-info/*' -type f \
      \( -iname 'licen[cs]e*' -o -iname 'notice*' -o -iname 'copying*' \) -exec cp --parents '{}' /opt/licences ';'

# ── final stage ──────────────────────────────────────────────────────────────────────────────────────────────────
FROM python:3.13-slim-trixie

ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="cmr-watch" \
      org.opencontainers.image.description="Notifies subscribers when a “Clusters meet Regions” edition is announced or a call for hosts opens" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="MIT"

# Remove pip, which is no longer needed. /data belongs to the user that cmr-watch runs as.
RUN rm -rf /usr/bin/pip* /usr/lib/python3/dist-packages/pip* /usr/lib/python3*/ensurepip /usr/share/python-wheels \
           /usr/local/bin/pip* /usr/local/lib/python3*/site-packages/pip* /usr/local/lib/python3*/ensurepip \
 && install -d -o 10001 -g 10001 -m 0750 /data \
 && install -d /etc/cmr-watch

COPY --from=build /opt/cmr-watch /opt/cmr-watch
COPY --from=build /opt/licences/opt/cmr-watch/lib/python3.*/site-packages /usr/share/doc/cmr-watch/licences

# XDG_STATE_HOME puts the suppression journal into the volume, even if the database is PostgreSQL.
ENV PATH=/opt/cmr-watch/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    TMPDIR=/tmp \
    XDG_STATE_HOME=/data \
    CMR_WATCH_DATABASE_URL=sqlite:////data/cmr-watch.db \
    CMR_WATCH_DAEMON_LISTEN=0.0.0.0:8080 \
    CMR_WATCH_WEB_LISTEN=0.0.0.0:8000

USER 10001:10001
# Not /data: a cmr-watch.toml in the working directory would take precedence over the one in /etc.
WORKDIR /
VOLUME /data
EXPOSE 8000 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["cmr-watch", "health"]
ENTRYPOINT ["cmr-watch"]
CMD ["run"]
