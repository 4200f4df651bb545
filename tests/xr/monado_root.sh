#!/bin/sh
# Give the tests a Monado 25 OpenXR runtime, and print the root directory it lives in.
#
# Takes nothing. Prints one line on stdout: "/" when the system itself has Monado ≥ 25
# (Debian 13), else the path of a Debian trixie root with Monado and Mesa unpacked in the
# user's cache. Everything else goes to stderr. Needs no root rights, no chroot, no mounts.
# Running it twice does nothing the second time; a root is either whole or not there.
#
#   --find   print the root if there is one, build nothing (exit 1 if there is none)
#
# The mirror is the one this machine's own apt uses; MRCPR_DEBIAN_MIRROR overrides it.
set -eu

SUITE=trixie
PACKAGES=monado-service,libopenxr1-monado,mesa-vulkan-drivers,libgl1-mesa-dri,libglx-mesa0,\
libegl-mesa0,libgl1,libegl1,libopengl0,libgles2
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/mrcpr
ROOT=$CACHE/monado-root
STAMP=$ROOT/.whole

say() { echo "monado_root: $*" >&2; }
die() { say "$*"; exit 1; }

system_has_monado() {
    command -v monado-service >/dev/null && command -v dpkg-query >/dev/null &&
        for package in monado-service libopenxr1-monado mesa-vulkan-drivers; do
            dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' || return 1
        done &&
        dpkg --compare-versions "$(dpkg-query -W -f '${Version}' monado-service)" ge 25
}

root_is_whole() { [ -f "$STAMP" ] && [ "$(cat "$STAMP")" = "$SUITE $PACKAGES" ]; }

mirror() {
    if [ -n "${MRCPR_DEBIAN_MIRROR:-}" ]; then echo "$MRCPR_DEBIAN_MIRROR"; return; fi
    # The archive of the running release itself, not its security or update suites.
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
        awk -v release="$codename" '$2 == release { print $1; exit }'
}

if system_has_monado; then say "this system has Monado"; echo /; exit 0; fi
if root_is_whole; then say "found in $ROOT"; echo "$ROOT"; exit 0; fi
[ "${1:-}" != --find ] || exit 1

[ "$(uname -m)" = x86_64 ] || die "only x86-64 is supported; on Debian 13 install monado-service"
command -v mmdebstrap >/dev/null || die "mmdebstrap is missing: apt-get install mmdebstrap"
grep -qi debian /etc/os-release || [ -n "${MRCPR_DEBIAN_MIRROR:-}" ] ||
    die "this is not Debian: set MRCPR_DEBIAN_MIRROR to a Debian mirror"
MIRROR=$(mirror)
[ -n "$MIRROR" ] || die "apt knows no mirror of its own release: set MRCPR_DEBIAN_MIRROR"

mkdir -p "$CACHE"
exec 9>"$CACHE/monado-root.lock"
flock 9
if root_is_whole; then say "another run has built $ROOT"; echo "$ROOT"; exit 0; fi

PART=$(mktemp -d "$CACHE/monado-root.part.XXXXXX")
trap 'rm -rf "$PART"' EXIT
trap 'exit 130' INT TERM
say "unpacking Debian $SUITE with Monado into $ROOT (about a minute, 0.6 GB, once)"
# chrootless: nothing is run in the root (extract runs no package scripts), so anyone may.
mmdebstrap --quiet --mode=chrootless --variant=extract --include="$PACKAGES" \
    --aptopt='Acquire::Languages "none"' "$SUITE" "$PART/tree" "$MIRROR" >&2 9>&- ||
    die "mmdebstrap could not unpack $SUITE (if a key is missing: apt-get install debian-archive-keyring)"
rm -rf "$PART/tree/usr/share/doc" "$PART/tree/usr/share/man" "$PART/tree/usr/share/locale" \
    "$PART/tree/var/cache/apt" "$PART/tree/var/lib/apt/lists"
[ -x "$PART/tree/usr/bin/monado-service" ] || die "the unpacked root has no monado-service"
echo "$SUITE $PACKAGES" >"$PART/tree/.whole"
rm -rf "$ROOT"
mv -T "$PART/tree" "$ROOT"
say "built $ROOT ($(du -sh "$ROOT" | cut -f1))"
echo "$ROOT"
