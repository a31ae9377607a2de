#!/usr/bin/env bash
# Builds the real Sigstore of `just sigstore` once, from published modules, and prints its folder:
# cosign, fulcio, rekor-tiles and the timestamp authority.
# The cache lies outside the checkout and is keyed by the packages' versions.
#   build.sh           build what is missing, print the folder
#   build.sh NAME ...  build these alone
#   build.sh --path    print the folder only, building nothing
# About 10 minutes of CPU on two cores the first time, 4 for cosign alone.
set -euo pipefail

# The name in the folder, and the package at its version.
tools='fulcio github.com/sigstore/fulcio@v1.8.8
rekor-tiles github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix@v2.3.0
timestamp-server github.com/sigstore/timestamp-authority/v2/cmd/timestamp-server@v2.1.3
cosign github.com/sigstore/cosign/v3/cmd/cosign@v3.1.1'

cache=${SEALGATE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sealgate}
folder=$cache/sigstore-$(sha256sum <<<"$tools" | cut -c1-16)

if [ "${1:-}" = --path ]; then
  echo "$folder"
  exit 0
fi

mkdir -p "$folder"
# Away from the checkout, whose go.mod files are none of these packages' business.
cd "$folder"
exec 9>"$folder/lock"
flock 9
while read -r name package; do
  [ ! -x "$folder/$name" ] || continue
  [ $# = 0 ] || [[ " $* " = *" $name "* ]] || continue
  command -v go >/dev/null || { echo "sigstore: Go is not installed, so it cannot be built" >&2; exit 69; }
  echo "sigstore: building $package" >&2
  GOBIN=$folder/part CGO_ENABLED=0 go install -trimpath "$package" >&2
  # go install names a program after the last part of its package's path.
  mv "$folder"/part/* "$folder/$name"
done <<<"$tools"
rm -rf "$folder/part"
echo "$folder"
