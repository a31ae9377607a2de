#!/usr/bin/env bash
# Builds the control plane of the real-cluster test once and prints where it is.
# The cache lies outside the checkout and is keyed by the sources, so a second call costs nothing.
#   build.sh          build if need be, print the path
#   build.sh --path   print the path only, building nothing
# About 8 minutes of CPU, 2.2 GB of memory and 5 GB of Go's build cache the first time.
set -euo pipefail
cd "$(dirname "$0")"

cache=${SEALGATE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sealgate}
key=$(cat go.mod go.sum main.go | sha256sum | cut -c1-16)
program=$cache/controlplane-$key/controlplane

if [ "${1:-}" = --path ] || [ -x "$program" ]; then
  echo "$program"
  exit 0
fi
command -v go >/dev/null || { echo "controlplane: Go is not installed, so it cannot be built" >&2; exit 69; }

# Two builds at once would fight for memory; the second waits and finds the work done.
mkdir -p "$(dirname "$program")"
exec 9>"$(dirname "$program")/lock"
flock 9
if [ ! -x "$program" ]; then
  echo "controlplane: building Kubernetes 1.36.3 and etcd 3.6.8 once, several minutes" >&2
  # Unstamped it calls itself v0.0.0, and clients that ask for a minimum version refuse it.
  stamp=k8s.io/component-base/version
  CGO_ENABLED=0 go build -trimpath -buildvcs=false \
    -ldflags "-s -w -X $stamp.gitVersion=v1.36.3 -X $stamp.gitMajor=1 -X $stamp.gitMinor=36" \
    -o "$program.part" . >&2
  mv "$program.part" "$program"
fi
echo "$program"
