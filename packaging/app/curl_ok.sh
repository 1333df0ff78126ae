#!/bin/sh
# curl_ok.sh [curl options] URL: ok unless the server cannot be asked or answers 400 or above. In the image only, for
# configurations written for Minitor's; http-probe says more.
exec curl -sSf -o /dev/null --max-time "${CURL_TIMEOUT:-30}" "$@"
