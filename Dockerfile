# The watch of one production, whose folder is mounted at /production:
#   docker build -t provenance .
#   docker run --hostname watch-1 -v /srv/show:/production --stop-timeout 1800 provenance
# The account in here (10001) must be able to read and write the zones, or give another: --user.
# Signals reach the watch itself and its workers die with it, so no init process is needed.
FROM python:3.11-slim AS build
WORKDIR /build
RUN python -m venv /opt/provenance
COPY requirements/build.txt requirements/service.txt requirements/
RUN /opt/provenance/bin/pip install --no-cache-dir --no-deps --require-hashes \
        -r requirements/service.txt \
    && python -m venv tools \
    && tools/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY provenance provenance
COPY watchers watchers
RUN tools/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/provenance/bin/pip install --no-cache-dir --no-deps dist/*.whl

FROM python:3.11-slim
RUN groupadd --gid 10001 provenance \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin provenance
COPY --from=build /opt/provenance /opt/provenance
ENV PATH="/opt/provenance/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /production
VOLUME /production
STOPSIGNAL SIGTERM
# As `[watch] listen` says unless told otherwise; 503 when something needs a person.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:9464/healthz', timeout=5)"]
ENTRYPOINT ["provenance"]
CMD ["watch", "--log-format", "json"]
