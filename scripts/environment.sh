#!/bin/sh
# Make the environment: `environment.sh runtime` for running, `environment.sh development` for tests.
# Every missing thing is named in one line with the package that brings it.
set -eu
cd "$(dirname "$0")/.."
VENV=.venv
PYTHON=${PYTHON:-python3}

fail() { echo "$1" >&2; exit 1; }

command -v git >/dev/null || fail "git is missing: apt install git"
command -v "$PYTHON" >/dev/null || fail "Python is missing: apt install python3 python3-venv"
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
    || fail "Python 3.11 or newer is needed: apt install python3.11 python3.11-venv"
"$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || fail "venv is missing: apt install python3-venv"

need_mb=$([ "$1" = runtime ] && echo 1500 || echo 4000)
free_mb=$(df -Pm . | awk 'NR==2 {print $4}')

installed() { [ -f "$VENV/$1.stamp" ] && cmp -s "$VENV/$1.stamp" "requirements/$1.txt"; }
install_lock() {
    installed "$1" && return 0
    [ "$free_mb" -ge "$need_mb" ] || fail "Disk space: $need_mb MB are needed here, $free_mb MB are free"
    [ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
    echo "Installing requirements/$1.txt ..."
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check \
        --no-deps --require-hashes -r "requirements/$1.txt"
    cp "requirements/$1.txt" "$VENV/$1.stamp"
}

install_lock runtime
[ "$1" = development ] || exit 0
install_lock development
if ! "$VENV/bin/python" -c 'import torch' 2>/dev/null; then
    # torch's builds differ, so it is pinned by version and its needs are held by the lock.
    "$VENV/bin/python" -m pip freeze > "$VENV/constraints.txt"
    echo "Installing torch ..."
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check \
        "torch==2.13.0" -c "$VENV/constraints.txt"
fi
if ! command -v chromium >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing chromium ..."
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 \
            || echo "chromium could not be installed: browser tests will be skipped"
    else
        echo "chromium is missing (apt install chromium): browser tests will be skipped"
    fi
fi
