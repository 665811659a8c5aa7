# One image for web, worker, beat and search; the command says which. Built with the checkout as
# context.
FROM python:3.11.14-slim-bookworm AS build
# Kernels for any processor of the platform, so that no container compiles them when it starts. Where
# all machines are alike, `--build-arg KERNELS_FOR=x86-64-v3` makes faster ones (docs/deploying.md).
ARG KERNELS_FOR=generic
ENV NUMBA_CPU_NAME=$KERNELS_FOR \
    NUMBA_CPU_FEATURES=
WORKDIR /app
COPY requirements.txt .
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
# Its locks are its owner's alone: who runs the image has to read all of it, to copy it.
RUN NUMBA_CACHE_DIR=/app/.kernels .venv/bin/python -m moderation.cli.kernels \
    && chmod -R a+rX .kernels

FROM python:3.11.14-slim-bookworm
RUN groupadd --gid 10001 winnow \
    && useradd --uid 10001 --gid winnow --no-create-home --shell /usr/sbin/nologin winnow \
    && install -d -o winnow -g winnow -m 0700 /data
COPY --from=build /app /app
WORKDIR /app
# What was compiled for one kind of processor is no use to a process that asks for another.
ARG KERNELS_FOR=generic
ENV PATH=/app/.venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NUMBA_CPU_NAME=$KERNELS_FOR \
    NUMBA_CPU_FEATURES= \
    NUMBA_CACHE_DIR=/tmp/kernels \
    WINNOW_BIND=0.0.0.0:8000 \
    WINNOW_DATA=/data
USER 10001:10001
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["/app/deploy/docker/entrypoint"]
CMD ["web"]
