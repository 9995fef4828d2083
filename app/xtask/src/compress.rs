//! Files compressed once at build time, so that the relay never compresses.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// Brotli's highest quality: a build pays once for what every visit downloads.
const BROTLI_QUALITY: u32 = 11;
/// Brotli's largest window, 2²⁴ bytes: the whole app fits in it.
const BROTLI_WINDOW: u32 = 24;

/// Tells whether a file of this name gets smaller: text and wasm do, pictures and fonts are compressed already.
pub fn worthwhile(name: &str) -> bool {
    let extension = name.rsplit('.').next().unwrap_or_default();
    matches!(extension, "html" | "js" | "css" | "wasm" | "json" | "svg" | "txt" | "webmanifest")
}

/// Returns the bytes in brotli.
pub fn brotli(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 1 << 16, BROTLI_QUALITY, BROTLI_WINDOW);
    writer.write_all(bytes)?;
    writer.flush()?;
    Ok(writer.into_inner())
}

/// Returns the bytes in gzip, without name and time, so that equal input gives equal output.
pub fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(bytes)?;
    writer.finish()
}

/// Returns what was compressed in brotli.
pub fn from_brotli(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    brotli::Decompressor::new(bytes, 4096).read_to_end(&mut plain)?;
    Ok(plain)
}

/// Returns what was compressed in gzip.
pub fn from_gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut plain)?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_compressed_comes_back() {
        let bytes = b"paper and ink, ".repeat(1_000);
        assert_eq!(from_brotli(&brotli(&bytes).expect("memory")).expect("brotli"), bytes);
        assert_eq!(from_gzip(&gzip(&bytes).expect("memory")).expect("gzip"), bytes);
        assert!(from_brotli(b"junk").is_err() && from_gzip(b"junk").is_err());
    }

    #[test]
    fn pictures_are_left_alone() {
        assert!(worthwhile("assets/web.0123.wasm"));
        assert!(!worthwhile("assets/icon.0123.png"));
    }
}
