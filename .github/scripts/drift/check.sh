#!/usr/bin/env bash
# Compiles and tests the refreshed documents, and writes the result as Markdown: check.sh RESULT
#
# Succeeds whatever the result is: a pull request that says what fails is worth more than none.
set -euo pipefail

result=$1
if [ -z "$(git status --porcelain)" ]; then
  : >"$result"
  exit 0
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Runs a command with its output in the log.
run() {
  "$@" >"$log" 2>&1
}

# Writes a sentence and the end of the log.
failed() {
  {
    printf '**%s**\n\n<details>\n<summary>The end of the output</summary>\n\n~~~text\n' "$1"
    tail -n 60 "$log" | cut -c 1-300 | tr -d '\033' | sed 's/~~~/ ~ /g'
    printf '~~~\n\n</details>\n'
  } >"$result"
}

if ! run cargo check --locked --workspace --all-targets --features full; then
  failed "The crate does not compile from the new documents."
elif ! run cargo test --locked --workspace --features full --no-fail-fast; then
  failed "The crate compiles from the new documents, but tests fail."
else
  echo "The crate compiles from the new documents, and all tests pass." >"$result"
fi
cat "$result"
