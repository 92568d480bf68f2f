# Karhu's own programs: the worker, the API, the migration job and the command line.
FROM python:3.11.15-slim-trixie AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/karhu
WORKDIR /src

# The lock first: as long as it stays the same, so does this layer.
COPY requirements.lock ./
RUN /opt/karhu/bin/pip install --require-hashes -r requirements.lock

COPY pyproject.toml README.md worker.py ./
COPY activities activities
COPY domain domain
COPY integrations integrations
COPY starter starter
COPY store store
COPY workflows workflows
# setuptools comes from the lock, so nothing is fetched for the build.
RUN /opt/karhu/bin/pip install --no-deps --no-build-isolation .


FROM python:3.11.15-slim-trixie

RUN groupadd --gid 10001 karhu \
    && useradd --uid 10001 --gid karhu --no-create-home --shell /usr/sbin/nologin karhu \
    && install --directory --owner karhu --group karhu /var/lib/karhu \
        /var/lib/karhu/outbox /var/lib/karhu/einvoices /var/lib/karhu/bounces

COPY --from=build /opt/karhu /opt/karhu

ENV PATH=/opt/karhu/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    KARHU_DATA_DIR=/var/lib/karhu \
    KARHU_OUTBOX_DIR=/var/lib/karhu/outbox \
    KARHU_EINVOICE_DIR=/var/lib/karhu/einvoices

USER karhu
WORKDIR /var/lib/karhu

# The worker stops gracefully on SIGTERM, so it must be the first process itself.
ENTRYPOINT ["karhu"]
CMD ["worker"]
