#!/usr/bin/env bash
# Everything about the code that can be told without running it. Each check
# runs whether or not the one before it passed, so that one run shows all.
#
# VULNDB names a copy of Go's vulnerability database, a folder or a .tgz of
# one; without it that check says that it did not run.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
bin=$PWD/.bin
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

tidy() {
  local failed=0
  for module in . deploy deploy/local deploy/tools; do
    if ! (cd "$module" && go mod tidy -diff) &>"$tmp/tidy"; then
      echo "run go mod tidy in $module, which would change"
      grep -vE ' h1:|^diff|^---|^\+\+\+' "$tmp/tidy" | grep '^[-+a-z]' # without the checksums that follow from it
      failed=1
    fi
  done
  return $failed
}

# What is generated is what the contracts say: run make generate when it differs.
generated() {
  local failed=0 part
  (cd schemas/db && "$bin/sqlc" diff) || failed=1
  cp -r schemas/rest "$tmp/rest"
  for part in models server client; do
    (cd "$tmp/rest" && "$bin/oapi-codegen" -config $part.yaml openapi.yaml) || failed=1
    diff -u schemas/rest/$part.gen.go "$tmp/rest/$part.gen.go" || failed=1
  done
  return $failed
}

formatted() { "$bin/golangci-lint" fmt --diff; } # gofumpt and the order of imports

# The local stack's own package is vetted and not linted: the linters, which vet
# too, would read the whole Temporal server for it, five minutes and 5 GB long.
vet() { (cd deploy/local && go vet . ./codec); }

lint() {
  local failed=0
  "$bin/golangci-lint" run --show-stats=false ./... || failed=1
  (cd deploy && "$bin/golangci-lint" run --show-stats=false ./...) || failed=1
  (cd deploy/local && "$bin/golangci-lint" run --show-stats=false ./bank/... ./identity/... ./outbox/... ./sandbox/...) || failed=1
  return $failed
}

deterministic() { "$bin/workflowcheck" ./workflows/...; }

# A vulnerability that our code can reach fails, unless deploy/vulnerabilities.txt
# names it and says why it does not hurt.
vulnerabilities() {
  local db=$VULNDB found known new
  if [[ -f $db ]]; then
    mkdir "$tmp/vulndb" && tar -xzf "$db" -C "$tmp/vulndb" || return 1
    db=$tmp/vulndb
  fi
  if [[ -d $db/db ]]; then db=$db/db; fi
  for module in . deploy; do
    "$bin/govulncheck" -C "$module" -db "file://$(realpath "$db")" ./... >>"$tmp/vulnerabilities"
    case $? in
      0 | 3) ;; # 3: some found
      *) cat "$tmp/vulnerabilities"; return 1 ;;
    esac
  done
  found=$(sed -n 's/^Vulnerability #[0-9]*: //p' "$tmp/vulnerabilities" | sort -u)
  known=$(sed -n 's/^\(GO-[0-9-]*\) ..*/\1/p' deploy/vulnerabilities.txt | sort)
  new=$(comm -23 <(echo "$found") <(echo "$known"))
  if [[ -n $new ]]; then
    cat "$tmp/vulnerabilities"
    return 1
  fi
}

failed=()
check() {
  local name=$1 start=$SECONDS
  printf '  %-28s' "$name"
  if "$2" >"$tmp/out" 2>&1; then
    printf 'ok %5d s\n' $((SECONDS - start))
  else
    printf 'FAILED\n'
    sed 's/^/      /' "$tmp/out"
    failed+=("$name")
  fi
}

check 'go.mod is tidy' tidy
check 'generated code is current' generated
check 'formatting' formatted
check 'go vet' vet
check 'linters, import table' lint
check 'workflows are deterministic' deterministic
if [[ -n ${VULNDB:-} ]]; then
  check 'known vulnerabilities' vulnerabilities
else
  printf '  %-28s%s\n' 'known vulnerabilities' 'not looked up: no database was given (VULNDB=a folder or .tgz)'
fi

if [[ ${#failed[@]} -gt 0 ]]; then
  printf '%d of the checks failed:' ${#failed[@]}
  printf ' “%s”' "${failed[@]}"
  printf '\n'
  exit 1
fi
