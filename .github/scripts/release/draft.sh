#!/usr/bin/env bash
# Drafts the release of a tag with the files of a folder and their checksums: draft.sh TAG FOLDER NOTES
#
# A draft that a failed run has left is replaced; a release that is published stays as it is. Needs
# GH_TOKEN and GITHUB_REPOSITORY.
set -euo pipefail

tag=$1
folder=$2
notes=$3

(
  cd "$folder"
  rm -f SHA256SUMS
  files=(*)
  [ -f "${files[0]}" ] || { echo "There is nothing to release." >&2; exit 1; }
  sha256sum -- "${files[@]}" >SHA256SUMS
)
state=$(gh release view "$tag" --json isDraft --jq .isDraft 2>/dev/null || echo none)
case "$state" in
  none) ;;
  true) gh release delete "$tag" --yes ;;
  *)
    echo "$tag is published already; raise the version instead." >&2
    exit 1
    ;;
esac
flags=()
case "$tag" in
  *-*) flags+=(--prerelease) ;;
esac
gh release create "$tag" --verify-tag --draft --title "$tag" --notes-file "$notes" \
  ${flags[@]+"${flags[@]}"} "$folder"/*
