#!/usr/bin/env bash
# Packs the programs and what is needed to deploy them: archive.sh VERSION TARGET FOLDER
#
# The programs are those in target/release. Equal files give equal archives.
set -euo pipefail

name=sendmux-$1-$2
folder=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$folder" "$work/$name/bin"
for program in overview exporter alert report; do
  install -m 755 "target/release/sendmux-$program" "$work/$name/bin/"
done
cp LICENSE-APACHE LICENSE-MIT apps/README.md apps/alert.example.toml "$work/$name/"
cp apps/dashboards/sendmux.json "$work/$name/dashboard.json"
cp -R deploy/prometheus deploy/systemd "$work/$name/"
chmod -R u=rwX,go=rX "$work/$name"

tar --create --directory "$work" --sort=name --owner=0 --group=0 --numeric-owner \
  --mtime="@$(git log -1 --format=%ct)" "$name" | gzip --no-name --best >"$folder/$name.tar.gz"
