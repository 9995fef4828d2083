#!/bin/sh
# A RUSTC_WORKSPACE_WRAPPER: our crates with the counters by which libFuzzer finds its way, as cargo-fuzz has them on
# nightly compilers, and the crates of others without: curve25519 is slow enough, and not what is looked at.
rustc=$1
shift
exec "$rustc" "$@" -Ccodegen-units=1 -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
