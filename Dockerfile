# One image for web, worker and beat; the command says which. Built with the checkout as context.
FROM python:3.11.14-slim-bookworm AS build
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
# The classifier's kernels, compiled once for every container.
RUN NUMBA_CACHE_DIR=/app/.kernels /venv/bin/python -m moderation.cli.kernels

FROM python:3.11.14-slim-bookworm
RUN groupadd --gid 10001 winnow \
    && useradd --uid 10001 --gid winnow --no-create-home --shell /usr/sbin/nologin winnow \
    && install -d -o winnow -g winnow -m 0700 /data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/tmp/kernels \
    WINNOW_BIND=0.0.0.0:8000 \
    WINNOW_DATA=/data
USER 10001:10001
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["/app/deploy/docker/entrypoint"]
CMD ["web"]
