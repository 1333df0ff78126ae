# syntax=docker/dockerfile:1
# minitor in a container. Minitor's own images are replaced without a change to what is mounted:
#
#   docker run -v ./config.yml:/app/config.yml minitor
#   docker run -v ./minitor.yml:/etc/minitor/minitor.yml minitor
#
# Check a file before it goes live:  docker run --rm -v ./config.yml:/app/config.yml minitor check-config

ARG BASE=debian:bookworm-slim
FROM ${BASE} AS build
WORKDIR /source
# The package list stands in ./dev and nowhere else; this layer is rebuilt only when ./dev changes.
COPY dev ./
RUN apt-get update \
 && apt-get install -y --no-install-recommends $(./dev packages build) \
 && rm -rf /var/lib/apt/lists/*
COPY . .
# "ccache" where somebody brings a cache along, in /root/.cache/ccache.
ARG LAUNCHER=
RUN CCACHE_BASEDIR=/source CCACHE_NOHASHDIR=1 \
 && export CCACHE_BASEDIR CCACHE_NOHASHDIR \
 && cmake --preset default -DMINITOR_TESTS=OFF -DCMAKE_CXX_COMPILER_LAUNCHER="$LAUNCHER" -DCMAKE_INSTALL_PREFIX=/usr \
 && ninja -C build/default \
 && DESTDIR=/installed cmake --install build/default --strip \
 # What the programs are linked to, as names of Debian packages.
 && find /installed -type f '(' -perm /111 -o -name '*.so' ')' -exec ldd {} + 2>/dev/null \
    | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | sort -u | xargs realpath | sort -u \
    | while read -r library; do dpkg-query -S "*/${library##*/}" | cut -d: -f1; done \
    | sort -u > /installed/libraries

FROM ${BASE}
COPY --from=build /installed/libraries /tmp/libraries
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      bash ca-certificates curl dnsutils jq tzdata $(cat /tmp/libraries) \
 && rm -rf /var/lib/apt/lists/* /tmp/libraries \
 && useradd --system --user-group --home-dir /app --shell /usr/sbin/nologin minitor \
 && install -d /app /etc/minitor \
 && install -d -o minitor -g minitor /var/lib/minitor
COPY --from=build /installed/usr/ /usr/
# Where configurations written for Minitor's image look for them.
COPY packaging/app/curl_ok.sh /app/scripts/
RUN ln -s /usr/lib/minitor/checks/docker-check /app/scripts/docker_check.sh \
 && ln -s /usr/lib/minitor/checks/docker-healthcheck /app/scripts/docker_healthcheck.sh

# A relative config.yml is Minitor's /app/config.yml; without one, /etc/minitor/minitor.yml is read.
WORKDIR /app
USER minitor
# What is to be remembered, such as the threads of chats: mount a volume there to keep it.
ENV TZ=UTC STATE_DIRECTORY=/var/lib/minitor
# Fails the build when something that it is linked to is not there.
RUN ["/usr/bin/minitor", "--version"]
# minitor is process 1: it passes SIGTERM on and reaps what checks leave behind, so that there is no need of an init.
ENTRYPOINT ["/usr/bin/minitor"]
# Metrics and health stay inside unless they are asked for: `docker run -p 8080:8080 minitor run --metrics`.
CMD ["run", "--metrics", "--metrics-address", "127.0.0.1"]
# Not "a process runs", but "the daemon answers". With another --metrics-port, set HEALTH_URL.
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s \
  CMD curl -sSf -o /dev/null "${HEALTH_URL:-http://127.0.0.1:8080/healthz}"
