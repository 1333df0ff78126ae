#!/usr/bin/env bash
# The image of the Dockerfile, built and run: with buildah, which needs no engine, on a Debian made by debootstrap, which
# needs no registry.  image.sh BUILD_FOLDER
# It compiles everything once more, so it runs only where it is asked for: MINITOR_TEST_IMAGE=1 ./dev test -R packaging-image
name=packaging-image
# shellcheck source=tests/packaging/chroot.sh
. "$(dirname "$0")/chroot.sh"
build=$(realpath "$1")
root=$(realpath "$(dirname "$0")/../..")
[[ ${MINITOR_TEST_IMAGE:-} == 1 ]] || skip "MINITOR_TEST_IMAGE=1: it compiles everything once more"
type -p buildah >/dev/null || skip buildah
type -p ccache >/dev/null || skip ccache
type -p ip >/dev/null || skip iproute2

work=$(mktemp -d "${TMPDIR:-/tmp}/minitor-image-XXXXXX")
export STORAGE_DRIVER=vfs XDG_RUNTIME_DIR=$work/run BUILDAH_ISOLATION=chroot
mkdir -p "$work/run" "$work/debian" "$work/containers"
cat >"$work/storage.conf" <<CONF
[storage]
driver = "vfs"
graphroot = "$work/containers"
runroot = "$work/run"
CONF
export CONTAINERS_STORAGE_CONF=$work/storage.conf
printf '{ "default": [ { "type": "insecureAcceptAnything" } ] }\n' >"$work/policy.json"
trap 'buildah rm --all >/dev/null 2>&1 || true; rm -rf --one-file-system "$work"' EXIT

fail() {
  echo "FAILED: $*"
  exit 1
}

base "$work/debian" "$build"
container=$(buildah from scratch) || skip "buildah that can make a container here"
buildah add -q "$container" "$work/debian" / >/dev/null
buildah commit -q --signature-policy "$work/policy.json" "$container" localhost/minitor-base >/dev/null
buildah rm "$container" >/dev/null
rm -rf --one-file-system "$work/debian"

buildah bud -q --signature-policy "$work/policy.json" --format docker --pull-never --isolation chroot \
  --build-arg BASE=localhost/minitor-base --build-arg LAUNCHER=ccache \
  --volume "$(ccache --get-config cache_dir)":/root/.cache/ccache -t minitor "$root" >"$work/log" 2>&1 || {
  tail -n 30 "$work/log"
  fail "the image is not built"
}
buildah inspect --type image minitor >"$work/inspect"
config() { jq -r ".Docker.config | $1" "$work/inspect"; }
[[ $(config .User) == minitor ]] || fail "it runs as $(config .User)"
[[ $(config '.Healthcheck.Test | join(" ")') == *healthz* ]] || fail "it has no HEALTHCHECK"
[[ $(config '.Entrypoint | join(" ")') == /usr/bin/minitor ]] || fail "its entry point is $(config .Entrypoint)"

container=$(buildah from --pull-never --signature-policy "$work/policy.json" minitor)
# In a network of its own: the port is that of the image.
alone() { unshare --net -- sh -c 'ip link set lo up && exec "$@"' alone "$@"; }
in_it() { alone buildah run --isolation chroot --user minitor "$container" -- "$@" </dev/null; }
for program in minitor tracker-probe curl jq bash dig /usr/lib/minitor/alerts/mail /usr/lib/minitor/checks/disk-check; do
  in_it which "$program" >/dev/null || fail "$program is not in the image"
done
# As Minitor's image has them: a relative name, and what they say without an engine or a server.
for script in docker_check.sh docker_healthcheck.sh; do
  said=$(in_it sh -c "scripts/$script no-such-container 2>&1; echo exit \$?")
  [[ $said == *DOCKER*"exit 3" ]] || fail "scripts/$script: $said"
done
said=$(in_it sh -c 'scripts/curl_ok.sh http://127.0.0.1:1/ 2>&1; echo "exit $?"')
[[ $said == *"exit 7" ]] || fail "scripts/curl_ok.sh: $said"
[[ $(in_it id -un) == minitor ]] || fail "not the user of the image"
printf 'check_interval: 1s\nmonitors: [ { name: room, command: [ /usr/lib/minitor/checks/disk-check, -c, "100", / ] } ]\n' >"$work/minitor.yml"
buildah copy -q --chown root:minitor --chmod 644 "$container" "$work/minitor.yml" /etc/minitor/minitor.yml >/dev/null
in_it minitor check-config | tail -n 1
in_it minitor test --all | tail -n 1
# With what the image says: its command, and its health.
command=$(config '.Cmd | map(@sh) | join(" ")')
health=$(config '.Healthcheck.Test[1]')
# shellcheck disable=SC2016  # the shell inside fills these in
in_it sh -c '
  eval "exec /usr/bin/minitor $0 2>/tmp/log" & daemon=$!
  for i in $(seq 300); do grep -q "is up" /tmp/log && break; sleep 0.1; done
  sh -c "$1"; healthy=$?
  kill -TERM $daemon; wait $daemon
  sh -c "$1" 2>/dev/null && healthy=7
  cat /tmp/log; exit $healthy' "$command" "$health" >"$work/log" 2>&1 || { cat "$work/log"; fail "its health"; }
grep -q 'room is up' "$work/log" || { cat "$work/log"; fail "it does not check"; }
in_it sh -c 'TZ=Asia/Tokyo date +%z' | grep -q '+0900' || fail "TZ is not honoured"
echo "passed  the image is built, runs as $(config .User), and is healthy"
