//! What is measured, and which figures of it are shown.

/// One mode of the load generator with its settings.
pub struct Part {
    /// The name on the command line.
    pub name: &'static str,
    /// What the table calls it.
    pub title: &'static str,
    /// The mode.
    pub mode: &'static str,
    /// Its settings.
    pub settings: &'static [&'static str],
    /// Its settings for the peers, if others.
    pub peers_settings: Option<&'static [&'static str]>,
    /// Whether the peers are measured too.
    pub beside_peers: bool,
    /// Whether the server is stopped and started again meanwhile.
    pub restarts: bool,
    /// Whether there is an attacker, and another relay to be attacked instead.
    pub attacked: bool,
    /// What is shown, each with the place of the figure in the generator's JSON.
    pub figures: &'static [(&'static str, &'static str)],
}

const THROUGHPUT: &[(&str, &str)] = &[
    ("deliveries/s", "/deliveries_per_s"),
    ("MB/s", "/mb_per_s"),
    ("CPU µs per delivery", "/cpu_us_per_delivery"),
    ("p99 ms", "/p99_ms"),
    ("RSS peak KiB", "/rss_peak_kib"),
    ("deliveries missing", "/missing"),
    ("generator CPU %", "/own_cpu_percent"),
];

/// What a part is unless it says otherwise.
const PART: Part = Part {
    name: "",
    title: "",
    mode: "throughput",
    settings: &[],
    peers_settings: None,
    beside_peers: true,
    restarts: false,
    attacked: false,
    figures: THROUGHPUT,
};

/// Everything there is to measure.
pub const PARTS: [Part; 9] = [
    Part {
        name: "small-rooms",
        title: "50 rooms of 8, 1 KiB",
        settings: &["rooms=50", "members=8", "payload=1024", "window=4"],
        ..PART
    },
    Part {
        name: "large-rooms",
        title: "4 rooms of 128, 1 KiB",
        settings: &["rooms=4", "members=128", "payload=1024", "window=4"],
        ..PART
    },
    Part {
        name: "large-frames",
        title: "20 rooms of 8, 64 KiB",
        settings: &["rooms=20", "members=8", "payload=65536", "window=2"],
        ..PART
    },
    Part {
        name: "rate",
        title: "7,000 deliveries/s, 50 rooms of 8",
        mode: "rate",
        settings: &["rooms=50", "members=8", "payload=1024", "rate=1000"],
        figures: &[
            ("p50 ms", "/p50_ms"),
            ("p99 ms", "/p99_ms"),
            ("p99.9 ms", "/p999_ms"),
            ("CPU µs per delivery", "/cpu_us_per_delivery"),
            ("deliveries missing", "/missing"),
        ],
        ..PART
    },
    Part {
        name: "idle",
        title: "10,000 idle connections (peers: 4,000)",
        mode: "idle",
        settings: &["connections=10000"],
        peers_settings: Some(&["connections=4000"]),
        figures: &[
            ("KiB per connection", "/kib_per_connection"),
            ("RSS KiB", "/rss_after_kib"),
            ("CPU µs per connection", "/cpu_us_per_connection"),
        ],
        ..PART
    },
    Part {
        name: "stalled",
        title: "one of 8 reads nothing, 4 MB/s",
        mode: "stalled",
        settings: &["rooms=1", "members=8", "payload=1024", "rate=4000"],
        figures: &[
            ("RSS growth KiB", "/rss_growth_kib"),
            ("the others' p99 ms", "/p99_ms"),
            ("deliveries missing to the others", "/missing"),
            ("Gap frames it gets", "/stalled/0/gaps"),
            ("close code it gets", "/stalled/0/close_code"),
        ],
        ..PART
    },
    Part {
        name: "flood",
        title: "under attack",
        mode: "flood",
        beside_peers: false,
        attacked: true,
        figures: &[
            ("quiet: p99 ms", "/quiet/p99_ms"),
            ("100 connections of unproven frames: p99 ms", "/frames/p99_ms"),
            ("— ratio to quiet", "/frames/p99_ratio"),
            ("— the same attack on another relay: p99 ms", "/frames/elsewhere/p99_ms"),
            ("— ratio to that", "/frames/p99_ratio_to_elsewhere"),
            ("— RSS peak KiB", "/frames/rss_peak_kib"),
            ("— connections opened", "/frames/attack/opened"),
            ("5,000 silent sockets: p99 ms", "/silent/p99_ms"),
            ("— ratio to quiet", "/silent/p99_ratio"),
            ("— the same attack on another relay: p99 ms", "/silent/elsewhere/p99_ms"),
            ("— ratio to that", "/silent/p99_ratio_to_elsewhere"),
            ("— RSS peak KiB", "/silent/rss_peak_kib"),
            ("— longest open s", "/silent/attack/longest_open_s"),
            ("— closed by the server", "/silent/attack/closed_by_server"),
            ("5,000 requests byte by byte: p99 ms", "/trickle/p99_ms"),
            ("— ratio to quiet", "/trickle/p99_ratio"),
            ("— the same attack on another relay: p99 ms", "/trickle/elsewhere/p99_ms"),
            ("— ratio to that", "/trickle/p99_ratio_to_elsewhere"),
            ("— RSS peak KiB", "/trickle/rss_peak_kib"),
            ("— longest open s", "/trickle/attack/longest_open_s"),
            ("— closed by the server", "/trickle/attack/closed_by_server"),
        ],
        ..PART
    },
    Part {
        name: "file",
        title: "a file to 8, pieces of 64 KiB",
        mode: "file",
        figures: &[
            ("MB/s sent", "/sent_mb_per_s"),
            ("MB/s delivered", "/mb_per_s"),
            ("Gap frames", "/gaps"),
            ("deliveries missing", "/missing"),
        ],
        ..PART
    },
    Part {
        name: "restart",
        title: "restart with 1,000 clients",
        mode: "restart",
        beside_peers: false,
        restarts: true,
        figures: &[
            ("all back s", "/all_back_s"),
            ("most attempts to connect in 100 ms", "/most_attempts_in_100_ms"),
            ("attempts in all", "/attempts"),
            ("frames published", "/published"),
            ("frames published again", "/published_again"),
            ("frames lost", "/lost"),
        ],
        ..PART
    },
];
