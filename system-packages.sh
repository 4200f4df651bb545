#!/bin/sh
# Installs the system packages of Debian and its kin that a part of MR-CPR needs.
#
#   ./system-packages.sh demo     what `make demo` needs: a Python venv, OpenCV's libraries, and
#                                 Pango for the calibration report's PDF
#   ./system-packages.sh test     the same, a C compiler for the host firmware, and in CI also
#                                 the AVR's compiler and emulator, cppcheck, a screen, a browser,
#                                 node and an OpenXR runtime's root (elsewhere: `test-all`)
#   ./system-packages.sh flash    what builds and flashes the mannequin's firmware
#   ./system-packages.sh voice    espeak-ng, for spoken advice (`mrcpr run --voice`)
#   ./system-packages.sh video    ffmpeg, for `mrcpr replay --video` as an .mp4 in H.264
#   ./system-packages.sh report   Pango, for the calibration report and the review's sheets as PDFs
#   ./system-packages.sh fuzz     what `make fuzz` needs: clang with its libFuzzer
#   ./system-packages.sh test-all everything the tests can use, whether or not CI is set
#
# Says what it installs, installs only what is missing, uses sudo when not root. On a system
# without apt it says what is needed and goes on: what is absent is then named by `mrcpr doctor`.
set -eu

base="python3-venv libgl1 libegl1 libglib2.0-0 libusb-1.0-0 libudev1 libxcb1 ca-certificates"
pango="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
base="$base $pango"
tests="gcc libc6-dev make"
avr="gcc-avr binutils-avr avr-libc"
emulator="libsimavr-dev libelf-dev pkg-config cppcheck"
full="$avr $emulator xvfb mmdebstrap debian-archive-keyring chromium libgles2 libportaudio2 espeak-ng ffmpeg poppler-utils"
# A node from elsewhere brings its own npm; Debian's would not go beside it.
command -v npm >/dev/null 2>&1 || full="$full nodejs npm"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || full="$full postgresql"

case "${1:-}" in
demo) wanted="$base" ;;
test)
    wanted="$base $tests"
    case "${CI:-}" in true | 1) wanted="$wanted $full" ;; esac
    ;;
test-all) wanted="$base $tests $full" ;;
flash) wanted="$avr make avrdude" ;;
voice) wanted="espeak-ng" ;;
video) wanted="ffmpeg" ;;
report) wanted="$pango" ;;
fuzz) wanted="$base $tests clang libclang-rt-dev" ;;
*)
    sed -n '2,17s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac

# A Python that already makes virtual environments (pyenv, conda, ...) needs no python3-venv.
if "${PYTHON:-python3}" -c 'import ensurepip, venv' 2>/dev/null; then
    wanted=$(printf '%s' "$wanted" | sed 's/python3-venv//')
fi

if ! command -v apt-get >/dev/null 2>&1; then
    echo "system-packages: no apt here; on this system please install what stands for:$wanted"
    exit 0
fi

missing=""
for package in $wanted; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || {
        echo "system-packages: missing:$missing"
        echo "system-packages: not root and no sudo: ask an administrator for: apt-get install$missing"
        exit 1
    }
    sudo="sudo"
fi
echo "system-packages: installing with apt:$missing"
$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq
# shellcheck disable=SC2086 # a list of packages is meant
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
