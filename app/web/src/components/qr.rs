//! A QR code, drawn as one path.

use std::fmt::Write;

use leptos::prelude::*;
use qrcode::{Color, EcLevel, QrCode};

use crate::words::words;

/// Modules of quiet around the code, as ISO/IEC 18004 asks.
const QUIET: usize = 4;

/// A QR code of the text. Nothing for a text that no code can hold.
#[component]
pub fn Qr(text: String) -> impl IntoView {
    QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).ok().map(|code| {
        let width = code.width();
        let edge = width + 2 * QUIET;
        view! {
            <svg
                class="qr"
                role="img"
                aria-label=words().qr_of_the_link
                viewBox=format!("0 0 {edge} {edge}")
                shape-rendering="crispEdges"
            >
                <path d=dark_runs(&code.to_colors(), width) />
            </svg>
        }
    })
}

/// Draws each horizontal run of dark modules as one rectangle.
fn dark_runs(modules: &[Color], width: usize) -> String {
    let mut path = String::new();
    for (y, row) in modules.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] == Color::Dark {
                let length = run.len();
                // Writing to a string cannot fail.
                let _ = write!(path, "M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET);
            }
            x += run.len();
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_dark_modules_become_rectangles_inside_the_quiet_zone() {
        use Color::{Dark, Light};
        let modules = [Dark, Dark, Light, Light, Light, Dark, Dark, Light, Dark];
        assert_eq!(dark_runs(&modules, 3), "M4 4h2v1h-2zM6 5h1v1h-1zM4 6h1v1h-1zM6 6h1v1h-1z");
    }
}
