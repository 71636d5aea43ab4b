#!/usr/bin/env bash
# Refreshes the documents and writes the report: refresh.sh REPORT [PAUSE…]
#
# Drift is no failure, as the pull request tells it. An API that cannot be reached is asked again
# after each PAUSE in seconds; a document that is refused stays refused, so that is told at once. One
# that does not compile gets its pull request all the same: check.sh compiles it.
set -euo pipefail

report=$1
shift
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT

for pause in "$@" end; do
  code=0
  cargo xtask update-spec --no-compile --format markdown --output "$report" 2>"$errors" || code=$?
  cat "$errors" >&2
  if [ "$code" -le 1 ]; then
    exit 0
  fi
  if [ "$pause" = end ] || grep --quiet "is refused" "$errors"; then
    exit "$code"
  fi
  sleep "$pause"
done
