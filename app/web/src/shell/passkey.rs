//! Passkeys that give a secret of their own for a salt: the PRF extension of WebAuthn level 3, section 10.1.4.
//!
//! web-sys has no settled types for it: what the browser takes and gives is built and read as plain objects.

use std::net::IpAddr;

use js_sys::{Array, ArrayBuffer, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::DomException;
use zeroize::Zeroizing;

use super::entropy;

/// How long a person has, in milliseconds.
const TIMEOUT: u32 = 120_000;
/// What the passkey shall sign with, as COSE (RFC 9053) numbers it: nobody checks a signature here, so whatever it can.
const ALGORITHMS: [i32; 3] = [-7, -8, -257];
/// What the system calls it. Never the name of a talk or a person: it is kept outside this page.
const NAME: &str = "Nonpaper";

/// Why a passkey gave no secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoSecret {
    /// The person broke it off, took too long, or has none that fits: browsers do not tell which.
    NotGiven,
    /// The passkey or the browser cannot do it.
    Unable,
}

/// Returns whether the browser says that it can ask passkeys for secrets, at an address where it lets a page have any.
pub async fn offered() -> bool {
    let Some(window) = web_sys::window() else { return false };
    let host = host();
    // Passkeys belong to a name, never to a number.
    if host.starts_with('[') || host.parse::<IpAddr>().is_ok() {
        return false;
    }
    let Ok(class) = property(&window, "PublicKeyCredential") else { return false };
    let Ok(asked) = call(&class, "getClientCapabilities", &[]) else { return false };
    let Ok(answer) = JsFuture::from(asked).await else { return false };
    property(&answer, "extension:prf").is_ok_and(|can| can.is_truthy())
}

/// Makes a passkey and returns its id. Whether it gives a secret shows only when it is asked.
pub async fn make() -> Result<Vec<u8>, NoSecret> {
    let kinds = ALGORITHMS.iter().map(|number| object(&[("type", "public-key".into()), ("alg", (*number).into())]));
    let options = object(&[
        ("challenge", bytes(&entropy::bytes::<32>())),
        ("rp", object(&[("id", host().into()), ("name", NAME.into())])),
        (
            "user",
            object(&[("id", bytes(&entropy::bytes::<16>())), ("name", NAME.into()), ("displayName", NAME.into())]),
        ),
        ("pubKeyCredParams", kinds.collect::<Array>().into()),
        (
            "authenticatorSelection",
            object(&[("residentKey", "discouraged".into()), ("userVerification", "required".into())]),
        ),
        ("timeout", TIMEOUT.into()),
        ("extensions", object(&[("prf", object(&[]))])),
    ]);
    let made = ask("create", options).await?;
    let can = property(&prf(&made)?, "enabled")?.is_truthy();
    let id: ArrayBuffer = property(&made, "rawId")?.dyn_into().map_err(unable)?;
    can.then(|| Uint8Array::new(&id).to_vec()).ok_or(NoSecret::Unable)
}

/// Asks a passkey for its secret for a salt.
pub async fn secret(credential: &[u8], salt: &[u8; 32]) -> Result<Zeroizing<[u8; 32]>, NoSecret> {
    let allowed = object(&[("type", "public-key".into()), ("id", bytes(credential))]);
    let options = object(&[
        ("challenge", bytes(&entropy::bytes::<32>())),
        ("rpId", host().into()),
        ("allowCredentials", Array::of1(&allowed).into()),
        ("userVerification", "required".into()),
        ("timeout", TIMEOUT.into()),
        ("extensions", object(&[("prf", object(&[("eval", object(&[("first", bytes(salt))]))]))])),
    ]);
    let given = ask("get", options).await?;
    let first = property(&property(&prf(&given)?, "results")?, "first")?;
    let first: ArrayBuffer = first.dyn_into().map_err(unable)?;
    let first = Uint8Array::new(&first);
    let secret = Zeroizing::new(first.to_vec());
    first.fill(0, 0, first.length());
    Ok(Zeroizing::new(secret.as_slice().try_into().map_err(|_| NoSecret::Unable)?))
}

async fn ask(what: &str, options: JsValue) -> Result<JsValue, NoSecret> {
    let navigator = web_sys::window().ok_or(NoSecret::Unable)?.navigator();
    let asked = call(&property(&navigator, "credentials")?, what, &[object(&[("publicKey", options)])])?;
    JsFuture::from(asked).await.map_err(|error| match error.dyn_ref::<DomException>() {
        Some(error) if error.name() == "NotAllowedError" => NoSecret::NotGiven,
        _ => NoSecret::Unable,
    })
}

/// What the extension says of a credential.
fn prf(credential: &JsValue) -> Result<JsValue, NoSecret> {
    let results: Function = property(credential, "getClientExtensionResults")?.dyn_into().map_err(unable)?;
    property(&results.call0(credential).map_err(unable)?, "prf")
}

fn call(of: &JsValue, method: &str, arguments: &[JsValue]) -> Result<Promise, NoSecret> {
    let method: Function = property(of, method)?.dyn_into().map_err(unable)?;
    let answer = method.apply(of, &arguments.iter().collect::<Array>()).map_err(unable)?;
    answer.dyn_into().map_err(unable)
}

fn property(of: &JsValue, name: &str) -> Result<JsValue, NoSecret> {
    let found = Reflect::get(of, &name.into()).map_err(unable)?;
    if found.is_undefined() || found.is_null() { Err(NoSecret::Unable) } else { Ok(found) }
}

fn object(properties: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in properties {
        // A plain object takes every property.
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

fn host() -> String {
    web_sys::window().and_then(|window| window.location().hostname().ok()).unwrap_or_default()
}

fn unable(_: JsValue) -> NoSecret {
    NoSecret::Unable
}
