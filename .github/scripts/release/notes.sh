#!/usr/bin/env bash
# Prints the changelog's section of a tag, which has to be that of the version: notes.sh TAG
set -euo pipefail

tag=$1
version=$(sed -n '/^\[workspace.package\]/,/^\[/ s/^version = "\(.*\)"$/\1/p' Cargo.toml)
if [ "$tag" != "v$version" ]; then
  echo "The tag is $tag, but the version of Cargo.toml is $version." >&2
  exit 1
fi
notes=$(awk -v title="## [$version]" '
  index($0, title) == 1 { found = 1; next }
  /^## \[/ || /^\[[^]]*\]: / { found = 0 }
  found' CHANGELOG.md)
if [ -z "${notes//[[:space:]]/}" ]; then
  echo "CHANGELOG.md has nothing under \"## [$version]\"." >&2
  exit 1
fi
printf '%s\n' "$notes"
