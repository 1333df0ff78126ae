#!/usr/bin/env bash
# The Debian package: it is built, installs into a new Debian, its daemon starts, and a purge leaves nothing.
#   deb.sh BUILD_FOLDER
name=packaging-deb
# shellcheck source=tests/packaging/chroot.sh
. "$(dirname "$0")/chroot.sh"
build=$(realpath "$1")
type -p dpkg-shlibdeps >/dev/null || skip dpkg-dev

work=$(mktemp -d "${TMPDIR:-/tmp}/minitor-deb-XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
chmod 755 "$work"

fail() {
  echo "FAILED: $*"
  exit 1
}

(cd "$work" && cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work/out" >"$work/cpack.log" 2>&1) || {
  tail -n 20 "$work/cpack.log"
  fail "cpack"
}
package=$(echo "$work"/out/*.deb)
dpkg-deb --contents "$package" >"$work/contents"
for part in ./usr/bin/minitor ./usr/bin/tracker-probe ./usr/lib/minitor/alerts/mail ./usr/lib/minitor/checks/disk-check \
  ./usr/lib/systemd/system/minitor.service ./usr/share/man/man1/minitor.1 ./usr/share/minitor/minitor.yml; do
  grep -qF " $part" "$work/contents" || fail "$part is not in the package"
done
! grep -E ' \./(usr/local|usr/etc|etc|home|root)' "$work/contents" || fail "a path that does not belong there"
dpkg-deb --extract "$package" "$work/extracted"
grep -q '^ExecStart=/usr/bin/minitor ' "$work/extracted/usr/lib/systemd/system/minitor.service" ||
  fail "the unit starts another program"

base "$work/debian" "$build"
inside "$work/debian" apt-get update -qq >/dev/null 2>&1 || skip "a Debian mirror"
listing() {
  (cd "$work/debian" && find etc usr/bin usr/lib/minitor usr/share/minitor usr/share/doc/minitor var/lib/minitor \
    usr/lib/systemd/system lib/systemd/system -newermt '1970-01-02' 2>/dev/null | grep -i minitor | sort)
  grep -c minitor "$work/debian/etc/passwd" || true
}
[[ $(listing) == 0 ]] || fail "not a new Debian"
cp "$package" "$work/debian/minitor.deb"
inside "$work/debian" apt-get install -qq -y --no-install-recommends ./minitor.deb >"$work/apt.log" 2>&1 || {
  tail -n 20 "$work/apt.log"
  fail "it does not install"
}
inside "$work/debian" minitor --version
inside "$work/debian" tracker-probe --version | head -n 1
inside "$work/debian" minitor check-config -c /etc/minitor/minitor.yml | tail -n 1
inside "$work/debian" minitor test --all -c /etc/minitor/minitor.yml | tail -n 1
# The alert commands have what they need: this one gets as far as a server that is not there.
said=$(inside "$work/debian" sh -c 'MINITOR_MESSAGE=hello /usr/lib/minitor/alerts/mail --to a@b.example --server smtp://127.0.0.1:1; echo "exit $?"' 2>&1)
[[ $said == *"not now"*"exit 75" ]] || fail "alerts/mail: $said"

# Without a daemon: what examples/tracker has for a CI workflow and for cron, word for word. Names under "invalid." are
# never found, so that every check of the tracker fails, and says so.
doc=$work/debian/usr/share/doc/minitor/examples/tracker
[[ -s $doc/minitor.yml ]] || fail "the example is not installed"
install -D -m 644 "$doc/minitor.yml" "$work/debian/once/minitor.yml"
grep -oP '^ *- run: \Kminitor .*' "$doc/workflow.yml" >"$work/debian/once/step"
inside "$work/debian" env TRACKER_{UDP,HTTP,API}=http://tracker.invalid/announce sh -c 'cd /once && . ./step' && fail "the step passes"
inside "$work/debian" cat /once/report.xml >"$work/report.xml"
python3 - "$work/report.xml" <<'PYTHON' || fail "the report"
import sys, xml.etree.ElementTree
suite = xml.etree.ElementTree.parse(sys.argv[1]).getroot().find(".//testsuite")
suite = suite if suite is not None else xml.etree.ElementTree.parse(sys.argv[1]).getroot()
failed = {case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None or case.find("error") is not None}
assert {"tracker REST API", "HTTP tracker", "UDP tracker"} <= failed, failed
PYTHON
sed -n 's,^\*/5 \* \* \* \*  ,,p' "$doc/crontab" | sed 's,/etc/minitor/minitor.yml,/once/minitor.yml,' >"$work/debian/once/line"
inside "$work/debian" env TRACKER_{UDP,HTTP,API}=http://tracker.invalid/announce sh /once/line >"$work/mailed" || fail "the line of cron"
grep -q 'UDP tracker' "$work/mailed" || fail "cron would mail nothing"
rm -rf "$work/debian/once"

# The daemon, as its user, with what the unit gives it.
# shellcheck disable=SC2016  # the shell inside fills these in
inside "$work/debian" sh -c '
  install -d -o minitor -g minitor /var/lib/minitor
  runuser -u minitor -- /usr/bin/minitor run -c /etc/minitor/minitor.yml --log-format logfmt 2>/log & daemon=$!
  for i in $(seq 300); do grep -q "is up" /log && break; sleep 0.1; done
  kill -TERM $daemon; wait $daemon' || true
grep -q 'this machine has room is up' "$work/debian/log" || { cat "$work/debian/log"; fail "the daemon does not check"; }
grep -q 'minitor stops' "$work/debian/log" || fail "the daemon did not stop"

# What the administrator wrote survives an upgrade.
echo '# mine' >>"$work/debian/etc/minitor/minitor.yml"
inside "$work/debian" apt-get install -qq -y --reinstall --no-install-recommends ./minitor.deb >/dev/null 2>&1
grep -q '# mine' "$work/debian/etc/minitor/minitor.yml" || fail "the configuration was replaced"

inside "$work/debian" apt-get purge -qq -y minitor >"$work/apt.log" 2>&1 || { tail "$work/apt.log"; fail "it does not purge"; }
rm -f "$work/debian/minitor.deb"
left=$(listing)
[[ $left == 0 ]] || fail "a purge leaves: $left"
echo "passed  the package installs, runs and purges"
