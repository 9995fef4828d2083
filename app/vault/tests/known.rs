//! Bytes made by another implementation of the same formats (Argon2id, HKDF, HMAC and XChaCha20-Poly1305 of @noble).

use std::fmt::Write;

use sha2::{Digest, Sha256};
use vault::{BackupHeader, Batch, Cost, DataKey, Header, ROOT, RecoveryCode, Store, StoreId, open_backup, seal_backup};

const ID: StoreId = StoreId([7; 16]);
const CHEAP: Cost = Cost { memory: 32, passes: 2, lanes: 1 };
const NAME: &str = "b89e7122e9b2f2afe5a0d3a0d7478d49a39552471bb53708316e6cabab15387f";
const ROW: &str =
    "0909090909090909090909090909090909090909090909092f2949014024c28a7c5939749c3775abe1cb42250273e9b5c66c2b65012754";
const ROOT_ROW: &str = "0909090909090909090909090909090909090909090909092e6d29790bb376fe1848875a6577f75918034bae627d84d022e4204925b4faa4\
     e2bf095ab6c661e2279b63ecbed024015542b2e293";
const HEADER: &str = "8301500707070707070707070707070707070783820083500202020202020202020202020202020283182002015848030303030303030303\
     0303030303030303030303030303030f6b1cc879434564d08a8d15764e86d59f29fca4a14398e3140b6138fbabb5f6871baae1f8ebd150de\
     b19cf9a42b29fe8201834a63726564656e7469616c5820040404040404040404040404040404040404040404040404040404040404040458\
     48060606060606060606060606060606060606060606060606b456b796c658593285c7e32fb03d9df3b206059faa8f06d597f5baf00b910b\
     04fac46adeb5a31631d8a95a303a007f7b82028158480a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a1dbc574d554a87e68d4b\
     d622505b0c298f420f517c982e9fa746cbaa861ce74d892d224543bb1f0ab46dc2f12eedab99";
/// Of a backup of 64 KiB of threes and "the end".
const BACKUP: &str = "962715247ecf2ac1c3eb51a9dc086ee89bb44185d89f9a79ca33deeb25f3a1f8";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("into memory");
        text
    })
}

#[test]
fn rows_and_root() {
    let mut store = Store::new(ID, &DataKey::from_random([1; 32]), 1);
    let batch = Batch { puts: vec![(b"a key".to_vec(), b"a value".to_vec())], deletes: vec![] };
    let sealed = store.seal(&batch, |nonce| nonce.fill(9));
    let [(name, row), (root, root_row)] = &sealed.puts[..] else { panic!("a row and the root") };
    assert_eq!((hex(name), hex(row)), (NAME.into(), ROW.into()));
    assert_eq!((*root, hex(root_row)), (ROOT, ROOT_ROW.into()));
}

#[test]
fn header() {
    let key = DataKey::from_random([1; 32]);
    let mut header = Header::new(ID);
    header.set_passphrase(&key, "correct horse", CHEAP, [2; 16], [3; 24]).expect("fair");
    header.set_passkey(&key, b"credential", [4; 32], &[5; 32], [6; 24]);
    header.set_recovery(&key, &RecoveryCode::from_random([8; 16]), [10; 24]);
    assert_eq!(hex(&header.encode()), HEADER);
}

#[test]
fn backup() {
    let mut plain = vec![3; 64 << 10];
    plain.extend_from_slice(b"the end");
    let key = CHEAP.stretch("a passphrase", &[1; 16]).expect("fair");
    let file = seal_backup(&BackupHeader::new(CHEAP, [1; 16], [2; 19]), &key, &plain);
    assert_eq!(hex(&Sha256::digest(&file)), BACKUP);
    assert_eq!(*open_backup(&file, &key).expect("opens"), plain);
}
