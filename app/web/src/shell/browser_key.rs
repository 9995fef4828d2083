//! A key that only this browser can use: WebCrypto never gives its bytes, not even to this page.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesGcmParams, AesKeyGenParams, CryptoKey, SubtleCrypto};
use zeroize::Zeroizing;

use super::entropy;

const NONCE_BYTES: usize = 12;

/// The browser does not do it, or what was wrapped is not what this key wrapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused;

/// Makes a key.
pub async fn make() -> Result<CryptoKey, Refused> {
    let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
    let kind = AesKeyGenParams::new("AES-GCM", 256);
    let made = subtle()?.generate_key_with_object(&kind, false, &usages).map_err(refused)?;
    Ok(JsFuture::from(made).await.map_err(refused)?.unchecked_into())
}

/// Seals a secret with it; the nonce stands in front.
pub async fn wrap(key: &CryptoKey, aad: &[u8], secret: &[u8]) -> Result<Vec<u8>, Refused> {
    let nonce: &[u8] = &entropy::bytes::<NONCE_BYTES>();
    let wrapped = subtle()?.encrypt_with_object_and_u8_array(&params(nonce, aad), key, secret).map_err(refused)?;
    let wrapped = JsFuture::from(wrapped).await.map_err(refused)?;
    Ok([nonce, &Uint8Array::new(&wrapped).to_vec()].concat())
}

/// Opens what was sealed.
pub async fn unwrap(key: &CryptoKey, aad: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let (nonce, wrapped) = wrapped.split_at_checked(NONCE_BYTES).ok_or(Refused)?;
    let secret = subtle()?.decrypt_with_object_and_u8_array(&params(nonce, aad), key, wrapped).map_err(refused)?;
    let given = Uint8Array::new(&JsFuture::from(secret).await.map_err(refused)?);
    let secret = Zeroizing::new(given.to_vec());
    given.fill(0, 0, given.length());
    Ok(secret)
}

fn params(nonce: &[u8], aad: &[u8]) -> AesGcmParams {
    let params = AesGcmParams::new("AES-GCM", &Uint8Array::from(nonce));
    params.set_additional_data(&Uint8Array::from(aad));
    params
}

fn subtle() -> Result<SubtleCrypto, Refused> {
    let window = web_sys::window().ok_or(Refused)?;
    Ok(window.crypto().map_err(refused)?.subtle())
}

fn refused(_: JsValue) -> Refused {
    Refused
}
