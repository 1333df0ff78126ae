# syntax=docker/dockerfile:1
# minitor in a container. Minitor's own images are replaced without a change to what is mounted:
#
#   docker run -v ./config.yml:/app/config.yml minitor
#   docker run -v ./minitor.yml:/etc/minitor/minitor.yml minitor
#
# Check a file before it goes live:  docker run --rm -v ./config.yml:/app/config.yml minitor check-config

FROM debian:bookworm-slim AS build
WORKDIR /source
# The package list stands in ./dev and nowhere else; this layer is rebuilt only when ./dev changes.
COPY dev ./
RUN apt-get update \
 && apt-get install -y --no-install-recommends $(./dev packages build) \
 && rm -rf /var/lib/apt/lists/*
COPY . .
RUN cmake --preset default -DMINITOR_TESTS=OFF -DCMAKE_CXX_COMPILER_LAUNCHER= -DCMAKE_INSTALL_PREFIX=/usr/local \
 && ninja -C build/default \
 && DESTDIR=/installed cmake --install build/default --strip \
 # What the programs are linked to, as names of Debian packages.
 && find /installed -type f -perm /111 -exec ldd {} + 2>/dev/null \
    | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | sort -u | xargs realpath | sort -u \
    | while read -r library; do dpkg-query -S "*/${library##*/}" | cut -d: -f1; done \
    | sort -u > /installed/libraries

FROM debian:bookworm-slim
COPY --from=build /installed/libraries /tmp/libraries
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      bash ca-certificates curl dnsutils jq tini tzdata $(cat /tmp/libraries) \
 && rm -rf /var/lib/apt/lists/* /tmp/libraries \
 && useradd --system --user-group --home-dir /app --shell /usr/sbin/nologin minitor \
 && mkdir -p /app /etc/minitor
COPY --from=build /installed/usr/local/ /usr/local/

# A relative config.yml is Minitor's /app/config.yml; without one, /etc/minitor/minitor.yml is read.
WORKDIR /app
USER minitor
ENV TZ=UTC
# Fails the build when something that it is linked to is not there.
RUN ["/usr/local/bin/minitor", "--version"]
# tini is process 1: it ends what a check left behind in the background, and passes SIGTERM on.
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/minitor"]
# No HEALTHCHECK: a process that runs is not a daemon that is well. The page's health endpoint will be one.
