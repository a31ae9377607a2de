# Every verb is one line. `just --list` shows them; none needs `just` itself.

# Builds everything, without a release.
build:
    cargo build --workspace

# All tests that need no network and no Go: the README's second command.
test:
    cargo test --workspace

# The README's first command: the webhook judges signed and unsigned images.
demo:
    cargo demo

# Formats the code.
fmt:
    cargo fmt --all

# Lints with warnings denied.
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# Licences, bans and sources of every dependency.
deny:
    cargo deny check bans licenses sources

# The webhook against a real API server; builds the control plane once (needs Go).
cluster:
    testdata/controlplane/build.sh && cargo test --workspace --test cluster -- --ignored --nocapture

# Images signed by the real Sigstore, judged by `sealgate`; builds its tools once (needs Go).
sigstore:
    testdata/sigstore/build.sh && cargo test --workspace --test sigstore -- --ignored --nocapture

# Some 2,000 command lines for real cosign and sealgate, compared; then both measured. Builds cosign once (needs Go).
beside-cosign kit="../shared/cosign-kit":
    cargo build --release --package sealgate-cli
    testdata/cosign/compare.py "$(testdata/sigstore/build.sh cosign)/cosign" target/release/sealgate --kit {{kit}}
    testdata/cosign/measure.py "$(testdata/sigstore/build.sh cosign)/cosign" target/release/sealgate --kit {{kit}}

# Everything that must hold before a change lands.
ci:
    .ci/run
