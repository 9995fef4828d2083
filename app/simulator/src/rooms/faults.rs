//! Everything that can go wrong, and how often it did.

macro_rules! faults {
    ($($name:ident $text:literal,)*) => {
        /// Something that goes wrong in a schedule.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Fault {
            $(#[doc = concat!("Counts: ", $text, ".")] $name,)*
        }

        impl Fault {
            /// Every fault, in the order of the report.
            pub const ALL: &[Fault] = &[$(Fault::$name,)*];

            /// What the report calls it.
            pub fn text(self) -> &'static str {
                match self {
                    $(Fault::$name => $text,)*
                }
            }
        }
    };
}

faults! {
    Dropped "frame dropped on a link",
    Duplicated "frame doubled on a link",
    Delayed "frame held up on a link",
    Reordered "frame overtaken on a link",
    CutOneWay "one way between a seat and its relay cut",
    CutBothWays "both ways cut, the connection closed",
    HalfOpen "half-open connection: nothing passes and nobody is told",
    SlowReader "seat stops reading",
    Gap "queue overflow, answered by a gap",
    ClosedSlow "connection closed for reading slowly",
    RelayCrash "relay killed with all it knew",
    BridgeCut "two relays parted",
    BridgeOneWay "two relays parted in one direction",
    Replayed "frame replayed by the relay",
    Corrupted "frame corrupted by the relay",
    Withheld "frame withheld by the relay",
    KilledBeforeWrite "killed before a storage write",
    KilledAfterWrite "killed after a storage write, later effects lost",
    WriteFailed "storage write failed",
    CommitterDiedBefore "committer killed before publishing",
    CommitterDiedAfter "committer killed after publishing",
    RolledBack "last transactions lost",
    Restored "seat restored from a backup",
    Wiped "store wiped",
    Left "page closed for good, nobody told",
    ClockSkewed "clock wrong",
    ClockStepped "clock set while running",
    Slept "30 days without anybody",
    AllOffline "all offline, then back one by one",
    OnlyNewcomer "only the newest seat online",
    NeverTogether "session of seats that meet nobody else",
    WelcomeLost "welcome lost at the door",
    WelcomeLate "welcome late at the door",
    WelcomeFirst "welcome before its commit",
    RivalCommits "two commits on one state",
    CommitBesideRemoval "commit by a seat that a rival commit removes",
    RemovalUnderway "removal said while its seat wrote",
    Outsider "room of another group given everything the relay saw",
    RemovedListened "removed seat given everything the relay saw",
    HostileCommit "commit of a hostile member",
    HostileSiblings "two siblings of a hostile member to different halves",
    HostileBeacon "beacon of a hostile member where it does not stand",
    HostileLie "lie in a frame of a hostile member",
    HostileTwin "ops with one number by a hostile member",
    HostileForgery "note in another name by a hostile member",
    HostileGossip "op handed on to those it was not said to by a hostile member",
}

/// How often each fault was hit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hits(Vec<u64>);

impl Default for Hits {
    fn default() -> Self {
        Self(vec![0; Fault::ALL.len()])
    }
}

impl Hits {
    /// Counts one more.
    pub fn hit(&mut self, fault: Fault) {
        self.0[fault as usize] += 1;
    }

    /// Returns how often the fault was hit.
    pub fn of(&self, fault: Fault) -> u64 {
        self.0[fault as usize]
    }

    /// Adds those of another schedule.
    pub fn add(&mut self, other: &Hits) {
        for (sum, more) in self.0.iter_mut().zip(&other.0) {
            *sum += more;
        }
    }
}
