//! The target `core`: under `cargo xtask fuzz` with libFuzzer, otherwise on the files it is given.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| relay_fuzz::core(bytes));

#[cfg(not(fuzzing))]
fn main() -> anyhow::Result<()> {
    let paths: Vec<std::path::PathBuf> = std::env::args_os().skip(1).map(Into::into).collect();
    relay_fuzz::replay(relay_fuzz::core, &paths).map(drop)
}
