//! What an operator may know: sums, in the text format of Prometheus. No label names anybody or anything that a client chose.

use core::fmt::Write;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use relay_core::{Counts, Relay};
use wire::CloseReason;

/// What became of a request for a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handshake {
    Admitted,
    TurnedAway,
    Full,
    TooManyOfSource,
}

impl Handshake {
    const ALL: [Handshake; 4] =
        [Handshake::Admitted, Handshake::TurnedAway, Handshake::Full, Handshake::TooManyOfSource];

    fn label(self) -> &'static str {
        match self {
            Handshake::Admitted => "admitted",
            Handshake::TurnedAway => "turned_away",
            Handshake::Full => "full",
            Handshake::TooManyOfSource => "too_many_of_source",
        }
    }
}

/// What the server counts besides the relay's own counts.
#[derive(Default)]
pub(crate) struct Metrics {
    handshakes: [AtomicU64; 4],
    sockets: AtomicU64,
    /// Whether the relay can exchange frames with others: 0 or 1.
    linked: AtomicU64,
    link_losses: AtomicU64,
}

impl Metrics {
    pub(crate) fn handshake(&self, what: Handshake) {
        self.handshakes[what as usize].fetch_add(1, Relaxed);
    }

    pub(crate) fn socket(&self) {
        self.sockets.fetch_add(1, Relaxed);
    }

    pub(crate) fn linked(&self, linked: bool) {
        if self.linked.swap(u64::from(linked), Relaxed) == 1 && !linked {
            self.link_losses.fetch_add(1, Relaxed);
        }
    }

    /// Returns the page that Prometheus reads.
    pub(crate) fn page(&self, relay: &Relay) -> String {
        let mut page = Page(String::new());
        let counts: &Counts = relay.counts();
        page.gauge("connections", "Connections to the relay.", relay.connections() as u64);
        page.gauge(
            "topics",
            "Topics that somebody is subscribed to or has proved, or of which frames are held.",
            relay.topics() as u64,
        );
        page.gauge(
            "frame_bytes",
            "Bytes of frames that wait or are held, each counted once.",
            relay.frame_bytes() as u64,
        );
        page.gauge("held_frames", "Frames held for those who subscribe later.", relay.held().frames as u64);
        page.gauge("linked", "Whether frames are exchanged with other relays.", self.linked.load(Relaxed));
        page.counter("link_losses", "Times the link to other relays was lost.", self.link_losses.load(Relaxed));
        page.counter("published", "Frames taken for publishing.", counts.published);
        page.counter("published_bytes", "Bytes of their payloads.", counts.published_bytes);
        page.counter("delivered", "Deliver frames put into queues.", counts.delivered);
        page.counter("refused", "Published frames that were refused.", counts.refused);
        page.counter("gaps", "Gap frames put into queues.", counts.gaps);
        page.counter("held_back", "Times a publisher was made to wait for readers.", counts.held_back);
        page.counter("sockets", "Accepted sockets.", self.sockets.load(Relaxed));
        page.head("handshakes", "counter", "Requests for a connection.");
        for what in Handshake::ALL {
            let count = self.handshakes[what as usize].load(Relaxed);
            page.sample("handshakes_total", &format!("{{result=\"{}\"}}", what.label()), count);
        }
        page.head("closed", "counter", "Connections closed by the relay, by close code.");
        for reason in CloseReason::ALL {
            let count = counts.closed.get(&reason.code()).copied().unwrap_or_default();
            page.sample("closed_total", &format!("{{code=\"{}\"}}", reason.code()), count);
        }
        page.0
    }
}

struct Page(String);

impl Page {
    fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "gauge", help);
        self.sample(name, "", value);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "counter", help);
        self.sample(&format!("{name}_total"), "", value);
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let total = if kind == "counter" { "_total" } else { "" };
        self.line(format_args!("# HELP relay_{name}{total} {help}"));
        self.line(format_args!("# TYPE relay_{name}{total} {kind}"));
    }

    fn sample(&mut self, name: &str, labels: &str, value: u64) {
        self.line(format_args!("relay_{name}{labels} {value}"));
    }

    fn line(&mut self, line: core::fmt::Arguments<'_>) {
        // A string takes everything.
        let _ = writeln!(self.0, "{line}");
    }
}
