#!/usr/bin/env bash
# Installs the Debian packages that building and running Anpei on this machine
# needs, when one is missing: PostgreSQL and OCR, C headers for the latter, PDF
# tools, a browser for tests, and fonts for Chinese. Says nothing when all are
# there.
set -euo pipefail

packages=(
  postgresql-15                                          # run by deploy/local as clusters of its own
  tesseract-ocr tesseract-ocr-chi-sim tesseract-ocr-eng  # OCR and its languages
  g++ libtesseract-dev libleptonica-dev                  # what activities/ocr is built with
  poppler-utils poppler-data                             # the text of PDF files, Chinese ones too
  fonts-droid-fallback                                   # letters in Chinese
  chromium fonts-noto-cjk                                # the pages as tests see them
)

if ! command -v dpkg-query >/dev/null; then
  echo "This is neither Debian nor Ubuntu, so nothing is installed. Please see to it that these are there:"
  printf '  %s\n' "${packages[@]}"
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
    missing+=("$package")
  fi
done
if [[ ${#missing[@]} -eq 0 ]]; then
  exit 0
fi

echo "installing from Debian: ${missing[*]}"
sudo=()
if [[ $EUID -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "That needs root, and sudo is not here. Please run as root:" >&2
    echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  sudo=(sudo)
fi

log=$(mktemp)
cluster=/etc/postgresql-common/createcluster.conf
# Leave the machine as it was: no log, and Debian's own settings.
tidy() {
  rm -f "$log"
  if "${sudo[@]}" test -e "$cluster.anpei"; then "${sudo[@]}" mv "$cluster.anpei" "$cluster"; fi
}
trap tidy EXIT
# Quiet unless it fails.
apt() {
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >"$log" 2>&1 </dev/null || { cat "$log" >&2; exit 1; }
}

apt update
if [[ " ${missing[*]} " == *" postgresql-15 "* ]]; then
  # Debian's package would create and start a cluster of its own, which nobody
  # asked for: it is told not to, for as long as this installation takes.
  apt install -y --no-install-recommends postgresql-common
  "${sudo[@]}" cp -p "$cluster" "$cluster.anpei"
  echo "create_main_cluster = false" | "${sudo[@]}" tee -a "$cluster" >/dev/null
fi
apt install -y --no-install-recommends "${missing[@]}"
