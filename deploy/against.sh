#!/usr/bin/env bash
# Builds api and worker of another commit into .bin/against/<commit>, unless they
# are there, and prints that folder. Styles and scripts of the pages, which
# nothing measures, are this commit's.
#
#   deploy/against.sh COMMIT
set -euo pipefail

commit=$(git rev-parse --verify --short=12 "$1^{commit}")
out=$PWD/.bin/against/$commit
if [[ ! -x $out/worker ]]; then
  echo "building api and worker of $commit" >&2
  mkdir -p "$out"
  git worktree add --quiet --force --detach "$out/tree" "$commit"
  trap 'git worktree remove --force "$out/tree"' EXIT
  cp -rn api/web/dist/. "$out/tree/api/web/dist/"
  CGO_ENABLED=0 go -C "$out/tree" build -o "$out/api" ./api >&2
  go -C "$out/tree" build -o "$out/worker" ./worker >&2
fi
echo "$out"
