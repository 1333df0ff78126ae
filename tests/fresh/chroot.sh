#!/usr/bin/env bash
# Proves the promise of the README on a machine that has nothing: a new Debian in a chroot, with git and
# ca-certificates, clones this repository and types ./dev run and ./dev test.
#
#   tests/fresh/chroot.sh [bookworm|trixie] [keep]        as root; needs debootstrap and a Debian mirror
#
# What is committed is what is tested. The mirror, its keys and the proxy are those of this machine's apt.
# The chroot lives in a temporary folder ($TMPDIR, about 2 GB) and is removed at the end, unless "keep".
set -euo pipefail

suite=${1:-bookworm}
keep=${2:-}
root=$(cd "$(dirname "$0")/../.." && pwd)
commit=$(git -C "$root" rev-parse HEAD)

say() { printf '\n== %s\n' "$*"; }

die() {
  echo "fresh: $*" >&2
  exit 1
}

[[ $(id -u) == 0 ]] || die "a chroot needs root"
type -p debootstrap >/dev/null || die "debootstrap is missing; type: apt-get install debootstrap"

chroot=$(mktemp -d "${TMPDIR:-/tmp}/minitor-fresh-XXXXXX")
chmod 755 "$chroot"

# Runs whatever happens. The folder is removed only when nothing is mounted in it any more.
clean_up() {
  local folder
  for folder in dev/shm dev/pts proc; do
    ! mountpoint -q "$chroot/$folder" || umount -l "$chroot/$folder" || true
  done
  if grep -q " $chroot/" /proc/mounts; then
    echo "fresh: still mounted, left alone: $chroot" >&2
  elif [[ $keep == keep ]]; then
    echo "fresh: kept: $chroot"
  else
    rm -rf --one-file-system "$chroot"
  fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# Put before a command, runs it in the new Debian.
inside=(chroot "$chroot" /usr/bin/env -i HOME=/root LANG=C.UTF-8 CI=true
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)

# The first mirror of this machine's apt that is not for security updates; nothing when apt has none.
mirror() {
  # shellcheck disable=SC2016  # apt fills these in
  apt-get indextargets --format '$(SITE) $(RELEASE)' 2>/dev/null |
    awk '$2 !~ /security/ && $1 ~ /^http/ { print $1; exit }'
}

say "a new Debian $suite in $chroot"
mirror=$(mirror)
debootstrap --variant=minbase --include=git,ca-certificates "$suite" "$chroot" ${mirror:+"$mirror"} \
  >"$chroot.log" 2>&1 || {
  tail -n 20 "$chroot.log"
  die "debootstrap failed; log in $chroot.log"
}
rm -f "$chroot.log"
mount -t proc proc "$chroot/proc"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$chroot/dev/pts"
mount -t tmpfs tmpfs "$chroot/dev/shm"

# The way to the network, should this machine need a special one.
cp -L /etc/resolv.conf "$chroot/etc/resolv.conf"
cp -L /etc/hosts "$chroot/etc/hosts"
apt-config dump | grep -iE '^Acquire::(http|https|ftp)::' >"$chroot/etc/apt/apt.conf.d/90network" || true
if compgen -G "/usr/local/share/ca-certificates/*.crt" >/dev/null; then
  cp /usr/local/share/ca-certificates/*.crt "$chroot/usr/local/share/ca-certificates/"
  "${inside[@]}" update-ca-certificates >/dev/null
fi
# Servers that come with a package stay off: a chroot is no place for them.
printf '#!/bin/sh\nexit 101\n' >"$chroot/usr/sbin/policy-rc.d"
chmod 755 "$chroot/usr/sbin/policy-rc.d"

say "a clone of $commit"
mkdir -p "$chroot/srv"
git clone -q --bare "$root" "$chroot/srv/minitor.git"
git -C "$chroot/srv/minitor.git" update-ref refs/heads/fresh "$commit"
"${inside[@]}" git clone -q -b fresh /srv/minitor.git /root/minitor

say "./dev run"
began=$SECONDS
log=$chroot/root/run.log
"${inside[@]}" sh -c 'cd /root/minitor && exec ./dev run' </dev/null >"$log" 2>&1 &
daemon=$!

# wanted WORDS PATTERN: the log holds it within the time that is left.
wanted() {
  until grep -qE "$2" "$log"; do
    kill -0 "$daemon" 2>/dev/null || { tail -n 40 "$log"; die "./dev run ended before it showed $1"; }
    [[ $SECONDS -lt $deadline ]] || { tail -n 40 "$log"; die "./dev run did not show $1 in time"; }
    sleep 1
  done
  echo "$1, after $((SECONDS - began)) s"
}
deadline=$((SECONDS + 1800))
wanted "installed and built" '^== minitor run'
began=$SECONDS
deadline=$((SECONDS + 60))
wanted "a check" 'always fine'
wanted "a failure" 'no answer \(second'
wanted "an alert" 'To whom it concerns: shaky service check has failed'
wanted "a recovery" 'To whom it concerns: shaky service check is up'
page=$(curl -sSf http://127.0.0.1:8080/) || die "the page is not served"
grep -q 'shaky service' <<<"$page" || die "the page does not show the monitors"
echo "the page shows the monitors"
sed -n '/^== minitor run/,$p' "$log"
kill -TERM "$daemon"
result=0
wait "$daemon" || result=$?
echo "ended with $result after SIGTERM"

say "./dev test"
began=$SECONDS
"${inside[@]}" sh -c 'cd /root/minitor && exec ./dev test' </dev/null
echo "after $((SECONDS - began)) s"

say "again, with everything there: ./dev test -R architecture"
began=$SECONDS
"${inside[@]}" sh -c 'cd /root/minitor && exec ./dev test -R architecture' </dev/null
echo "after $((SECONDS - began)) s"

say "the tracker example, with a real tracker and a real mail server: ./dev test --all -R examples-tracker -V"
began=$SECONDS
"${inside[@]}" sh -c 'cd /root/minitor && exec ./dev test --all -R examples-tracker -V' </dev/null
echo "after $((SECONDS - began)) s"

[[ -z $("${inside[@]}" git -C /root/minitor status --porcelain) ]] || die "the clone is not clean any more"
say "fresh $suite: ./dev run and ./dev test work"
