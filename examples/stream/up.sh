#!/bin/sh
# up.sh URL: whether a stream is up. It is when the first bytes of something that can be heard arrive.
exec http-probe -t 10s --expect-header Content-Type:audio/ -- "${1:?which stream?}"
