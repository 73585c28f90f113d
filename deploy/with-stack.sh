#!/usr/bin/env bash
# Runs a command with the local stack under it, and stops the stack afterwards,
# however the command ends.
#
#   deploy/with-stack.sh DATA [options of "local up"] -- COMMAND…
#
# COMMAND finds the stack's addresses in its environment, and its exit status
# is this script's. A stack that is up on DATA already is used and left alone.
set -euo pipefail

data=$1
shift
options=()
while [[ $1 != -- ]]; do
  options+=("$1")
  shift
done
shift

stop() {
  status=$?
  trap '' INT TERM # a second Ctrl-C does not leave servers behind
  .bin/local down --data "$data" || status=1
  if [[ $status -ne 0 ]]; then echo "the servers' data and logs are in $data"; fi
  exit "$status"
}
if ! .bin/local status --data "$data" &>/dev/null; then
  trap stop EXIT
fi

.bin/local up --data "$data" "${options[@]}" --detach
set -a
# shellcheck source=/dev/null
. "$data/env"
set +a
"$@"
