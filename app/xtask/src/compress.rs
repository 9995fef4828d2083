//! Files compressed once at build time, so that the relay never compresses.

use std::io::Write;

use flate2::Compression;
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

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_was_compressed_comes_back() {
        let bytes = b"paper and ink, ".repeat(1_000);
        let mut back = Vec::new();
        brotli::Decompressor::new(&brotli(&bytes).expect("memory")[..], 4096).read_to_end(&mut back).expect("brotli");
        assert_eq!(back, bytes);
        let mut back = Vec::new();
        flate2::read::GzDecoder::new(&gzip(&bytes).expect("memory")[..]).read_to_end(&mut back).expect("gzip");
        assert_eq!(back, bytes);
    }

    #[test]
    fn pictures_are_left_alone() {
        assert!(worthwhile("assets/web.0123.wasm"));
        assert!(!worthwhile("assets/icon.0123.png"));
    }
}
