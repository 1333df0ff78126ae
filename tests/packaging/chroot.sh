# A new Debian in a folder, for the tests of packages and images. Sourced, with the $name of the test.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2016  # the name is set by who sources this; the shell inside fills in the rest
set -euo pipefail

skip() {
  echo "skipped: $name: needs $*"
  exit 77
}

[[ $(id -u) == 0 ]] || skip "root"
for program in debootstrap chroot unshare; do type -p "$program" >/dev/null || skip "$program"; done

# base FOLDER: debootstraps this machine's Debian into it, once: a tar beside the build folder keeps it.
base() {
  local folder=$1 kept=$2/debian-base.tar mirror
  if [[ ! -s $kept ]]; then
    # shellcheck disable=SC2016  # apt fills these in
    mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 2>/dev/null | awk '$2 !~ /security/ && $1 ~ /^http/ { print $1; exit }')
    mkdir -p "$folder.new"
    if ! debootstrap --variant=minbase --include=ca-certificates bookworm "$folder.new" ${mirror:+"$mirror"} >"$folder.log" 2>&1; then
      tail -n 3 "$folder.log"
      rm -rf --one-file-system "$folder.new" "$folder.log"
      skip "a Debian mirror"
    fi
    rm -f "$folder.log"
    cp -L /etc/resolv.conf /etc/hosts "$folder.new/etc/"
    apt-config dump | grep -iE '^Acquire::(http|https|ftp)::' >"$folder.new/etc/apt/apt.conf.d/90network" || true
    if compgen -G "/usr/local/share/ca-certificates/*.crt" >/dev/null; then
      cp /usr/local/share/ca-certificates/*.crt "$folder.new/usr/local/share/ca-certificates/"
      chroot "$folder.new" update-ca-certificates >/dev/null
    fi
    printf '#!/bin/sh\nexit 101\n' >"$folder.new/usr/sbin/policy-rc.d"
    chmod 755 "$folder.new/usr/sbin/policy-rc.d"
    tar -C "$folder.new" -cf "$kept.$$" . && mv "$kept.$$" "$kept"
    rm -rf --one-file-system "$folder.new"
  fi
  mkdir -p "$folder"
  tar -C "$folder" -xpf "$kept"
}

# inside FOLDER COMMAND...: in it, with a /proc and processes of its own, which end with the command.
inside() {
  unshare --mount --pid --fork --kill-child --propagation private sh -c '
    mount -t proc proc "$0/proc" && folder=$0 && exec chroot "$folder" /usr/bin/env -i HOME=/root LANG=C.UTF-8 \
      DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"' "$@" </dev/null
}
