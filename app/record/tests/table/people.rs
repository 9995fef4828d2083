//! People who sign ops, and a talk between two parties.

use ed25519_dalek::SigningKey;
use record::{
    Add, AuthorKey, Body, Charter, Draft, Invite, KeyPackageHash, LinkId, Name, Note, Op, OpId, PartyId, PartyRef,
    Remove, Role, RoomId, StateId, Table, WhoAdmits,
};

pub fn name(text: &str) -> Name {
    Name::typed(text).expect("a fair name")
}

/// A seat's key and the end of its chain. A clone of it is a copied profile.
#[derive(Clone)]
pub struct Signer {
    pub key: SigningKey,
    pub number: u64,
    pub depth: u64,
    pub previous: OpId,
    pub control: OpId,
}

impl Signer {
    pub fn new(seed: u8) -> Self {
        Self {
            key: SigningKey::from_bytes(&[seed; 32]),
            number: 0,
            depth: 0,
            previous: OpId::NONE,
            control: OpId::NONE,
        }
    }

    pub fn me(&self) -> AuthorKey {
        AuthorKey(self.key.verifying_key().to_bytes())
    }

    pub fn says(&mut self, body: Body) -> Op {
        self.number += 1;
        self.depth += 1;
        let draft = Draft {
            room: RoomId([1; 32]),
            number: self.number,
            previous: self.previous,
            previous_control: self.control,
            depth: self.depth,
            origin: StateId([2; 32]),
            heads: vec![],
            body,
            salt: [0; 16],
        };
        let op = Op::sign(draft, &self.key);
        (self.previous, self.control) = (op.id(), op.last_control());
        op
    }

    /// What it says from now on comes after these.
    pub fn hears<'a>(&mut self, ops: impl IntoIterator<Item = &'a Op>) {
        self.depth = ops.into_iter().map(Op::depth).fold(self.depth, u64::max);
    }

    pub fn notes(&mut self, text: &str) -> Op {
        self.says(Body::Note(Note::new(0, text)))
    }

    pub fn invites(&mut self, link: u8, party: Option<PartyId>, role: Role) -> Op {
        self.says(Body::Invite(Invite { link: LinkId([link; 16]), party, role, expires_at: 0 }))
    }

    /// Gives the seat of this seed, by the link of the same number.
    pub fn adds(&mut self, seed: u8, party: PartyRef, role: Role) -> Op {
        self.says(Body::Add(Add {
            seat: Signer::new(seed).me(),
            key_package: KeyPackageHash([seed; 32]),
            link: LinkId([seed; 16]),
            party,
            role,
            name: name("Somebody"),
            digits_compared: true,
            call_key: None,
        }))
    }

    pub fn agrees(&mut self, add: &Op) -> Op {
        self.says(Body::Agree(add.id()))
    }

    /// Takes a seat away; what it said up to here stays.
    pub fn removes(&mut self, seat: &Signer) -> Op {
        let (last, last_id, last_control) = (seat.number, seat.previous, seat.control);
        self.says(Body::Remove(Remove { seat: seat.me(), last, last_id, last_control }))
    }

    pub fn leaves(&mut self) -> Op {
        let me = self.clone();
        self.removes(&me)
    }
}

/// A convener (1), heads of two parties (2, 3), and of each party an adviser (4 of 2's, 5 of 3's), with all ops so far.
pub struct Talk {
    pub ops: Vec<Op>,
    pub convener: Signer,
    pub heads: [Signer; 2],
    pub advisers: [Signer; 2],
    pub parties: [PartyId; 2],
}

impl Talk {
    pub fn new() -> Self {
        Self::in_which(WhoAdmits::Convener)
    }

    pub fn in_which(who_admits: WhoAdmits) -> Self {
        let mut convener = Signer::new(1);
        let mut heads = [2, 3].map(Signer::new);
        let charter = Charter {
            title: name("Title"),
            party: name("Mediator"),
            name: name("Amina"),
            who_admits,
            call_key: None,
            parties: None,
            terms: None,
        };
        let mut ops = vec![convener.says(Body::Charter(charter))];
        let mut gives = |seed: u8, party: Option<PartyId>, role: Role, second: Option<&mut Signer>| {
            ops.push(convener.invites(seed, party, role));
            let add = convener.adds(seed, party.map_or(PartyRef::New(name("Party")), PartyRef::Existing), role);
            if who_admits == WhoAdmits::TwoSides {
                ops.extend(second.map(|second| second.agrees(&add)));
            }
            let founded = PartyId::founded_by(&add.id());
            ops.push(add);
            founded
        };
        let first = gives(2, None, Role::Head, None);
        let second = gives(3, None, Role::Head, Some(&mut heads[0]));
        gives(4, Some(first), Role::Adviser, Some(&mut heads[1]));
        gives(5, Some(second), Role::Adviser, Some(&mut heads[1]));
        Self { ops, convener, heads, advisers: [4, 5].map(Signer::new), parties: [first, second] }
    }

    pub fn table(&self) -> Table {
        Table::fold(self.convener.me(), self.ops.iter())
    }

    pub fn seated(&self, seed: u8) -> bool {
        self.table().is_seated(&Signer::new(seed).me())
    }

    /// The first head proposes an adviser (9) of its own party.
    pub fn head_proposes(&mut self) -> Op {
        let party = self.parties[0];
        let invite = self.heads[0].invites(9, Some(party), Role::Adviser);
        let add = self.heads[0].adds(9, PartyRef::Existing(party), Role::Adviser);
        self.ops.extend([invite, add.clone()]);
        add
    }
}
