//! Standard Webhooks' published vector and Stripe's published cases.

use vitrine_commerce::signature::{
    SignatureError, StandardHeaders, sign_standard, sign_stripe, verify_standard, verify_stripe,
};
use vitrine_media::Secret;

const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
const AT: i64 = 1_649_367_553;

fn secret(text: &str) -> Secret {
    Secret::new(text.into())
}

fn whsec() -> Secret {
    secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
}

fn check(signature: &str, timestamp: &str, body: &[u8], now: i64) -> Result<(), SignatureError> {
    verify_standard(&[whsec()], StandardHeaders { id: ID, timestamp, signature }, body, now)
}

#[test]
fn the_published_vector_of_standard_webhooks() {
    let signature = sign_standard(&whsec(), ID, AT, BODY).unwrap();
    assert_eq!(signature, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    let stamp = AT.to_string();
    assert_eq!(check(&signature, &stamp, BODY, AT), Ok(()));
    let wrong = "v1,R3PTzyfHASBKHH98a7yexTwaJ4yNIcGhFQc1yuN+BPU=";
    assert_eq!(check(wrong, &stamp, BODY, AT), Err(SignatureError::Forged));
    let several = format!("v1,tFtCZ5RDCPxzWQRWXWPgrCgE2frDBe9gjpbWQxnVfsQ= {wrong} {signature} v1a,x");
    assert_eq!(check(&several, &stamp, BODY, AT), Ok(()));
    for at in [AT - 301, AT + 301] {
        assert_eq!(check(&signature, &stamp, BODY, at), Err(SignatureError::Stale));
    }
    assert_eq!(check(&signature, &stamp, BODY, AT + 300), Ok(()));
    assert_eq!(check(&signature, "", BODY, AT), Err(SignatureError::Malformed));
    assert_eq!(check("", &stamp, BODY, AT), Err(SignatureError::Forged));
    // A beginning of the right signature is not the right signature.
    assert_eq!(check("v1,tZ1I", &stamp, BODY, AT), Err(SignatureError::Forged));
    assert_eq!(check("v1,", &stamp, BODY, AT), Err(SignatureError::Forged));
    let reserialised = br#"{"username":"test_user","email":"test@example.com"}"#;
    assert_eq!(check(&signature, &stamp, reserialised, AT), Err(SignatureError::Forged));
    let headers = StandardHeaders { id: ID, timestamp: &stamp, signature: &signature };
    assert_eq!(
        verify_standard(&[secret("whsec_AAAA"), whsec()], headers, BODY, AT),
        Ok(()),
        "the old and the new secret"
    );
    assert_eq!(verify_standard(&[secret("whsec_!!")], headers, BODY, AT), Err(SignatureError::Secret));
    assert_eq!(verify_standard(&[], headers, BODY, AT), Err(SignatureError::Forged));
}

#[test]
fn no_flipped_bit_is_taken() {
    let signature = sign_standard(&whsec(), ID, AT, BODY).unwrap();
    let stripe_secret = secret("whsec_test_secret");
    let header = sign_stripe(&stripe_secret, AT, BODY).unwrap();
    for at in 0..signature.len() * 8 {
        let mut bytes = signature.clone().into_bytes();
        bytes[at / 8] ^= 1 << (at % 8);
        let Ok(text) = String::from_utf8(bytes) else { continue };
        assert!(check(&text, &AT.to_string(), BODY, AT).is_err(), "{text}");
    }
    for at in 0..header.len() * 8 {
        let mut bytes = header.clone().into_bytes();
        bytes[at / 8] ^= 1 << (at % 8);
        let Ok(text) = String::from_utf8(bytes) else { continue };
        // Hex in capitals says the same bytes.
        let same = text.to_lowercase() == header;
        assert!(same || verify_stripe(std::slice::from_ref(&stripe_secret), &text, BODY, AT).is_err(), "{text}");
    }
    for at in 0..BODY.len() * 8 {
        let mut body = BODY.to_vec();
        body[at / 8] ^= 1 << (at % 8);
        assert!(check(&signature, &AT.to_string(), &body, AT).is_err());
        assert!(verify_stripe(std::slice::from_ref(&stripe_secret), &header, &body, AT).is_err());
    }
}

#[test]
fn the_published_cases_of_stripe() {
    let body = b"{\n  \"id\": \"evt_test_webhook\",\n  \"object\": \"event\",\n  \"data\": { \"object\": { \"id\": \"rdr_123\", \"object\": \"terminal.reader\" } }\n}";
    let key = secret("whsec_test_secret");
    let verify = |header: &str, now| verify_stripe(std::slice::from_ref(&key), header, body, now);
    let good = sign_stripe(&key, AT, body).unwrap();
    assert_eq!(verify(&good, AT), Ok(()));
    for header in ["bad_header", "i'm not even a real signature header", "", "v1=00", "t=,v1=00", "t=x,v1=00"] {
        assert_eq!(verify(header, AT), Err(SignatureError::Malformed), "{header}");
    }
    assert_eq!(verify(&good.replace("v1=", "v0="), AT), Err(SignatureError::Forged), "only v0");
    assert_eq!(verify(&format!("t={AT},v1=bad_signature"), AT), Err(SignatureError::Forged));
    assert_eq!(verify(&format!("{good},v1=bad_signature"), AT), Ok(()), "one of two fits");
    assert_eq!(verify(&good, AT + 301), Err(SignatureError::Stale));
    assert_eq!(
        verify(&sign_stripe(&key, 12_345, body).unwrap(), AT),
        Err(SignatureError::Stale),
        "always with a tolerance"
    );
    assert_eq!(verify(&format!("t={},{good}", AT + 9), AT), Err(SignatureError::Malformed), "two time stamps");
    let old = secret("whsec_old");
    assert_eq!(verify_stripe(&[old, key.clone()], &good, body, AT), Ok(()));
}
