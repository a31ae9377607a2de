//! Older signatures in manifests that refer to their image: `--experimental-oci11`, and by default.

use sealgate_testkit::{Answer, Identity, Rule, Signed, base64};

use crate::ask::{BY_RELEASE, Place, Told, ask_with, release};

fn older(place: &Place, image: &sealgate_testkit::Image, identity: &Identity) -> Signed {
    place.world.sign_image_legacy(&image.digest, identity)
}

fn verify(place: &Place, more: &[&str], reference: &str) -> Told {
    place.cosign("verify", &[&BY_RELEASE[..], more, &[reference]].concat())
}

#[test]
fn a_signature_that_refers_to_its_image_is_found_with_and_without_the_flag() {
    let place = Place::new();
    let image = place.registry.push_image("app", Some("v1"), "app");
    let reference = place.pinned("app", &image);
    assert_eq!(verify(&place, &[], &reference).code, 10);
    place.registry.push_referring("app", &image.digest, &[&older(&place, &image, &release())]);
    let flag = "--experimental-oci11";
    for more in [&[][..], &[flag], &[flag, "--new-bundle-format=false"], &[flag, "--strict-compat"]] {
        let told = verify(&place, more, &reference);
        assert_eq!(told.code, 0, "{more:?}: {told:?}");
        assert!(told.stdout.contains("cosign container image signature"), "{told:?}");
    }
    // cosign looks there only where it is told to, and never for attestations.
    assert_eq!(verify(&place, &["--strict-compat"], &reference).code, 10);
    let told = place.cosign("verify-attestation", &[&BY_RELEASE[..], &[flag, &reference]].concat());
    assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{told:?}");
    place.policy("acme/app");
    let told = place.check(&[&reference]);
    assert_eq!(told.code, 0, "{told:?}");
}

#[test]
fn the_flag_puts_what_refers_before_what_the_tag_holds() {
    let place = Place::new();
    let image = place.registry.push_image("app", Some("v1"), "app");
    let reference = place.pinned("app", &image);
    let (tagged, referring) = (older(&place, &image, &release()), older(&place, &image, &release()));
    place.registry.push_legacy("app", &image.digest, &[&tagged]);
    place.registry.push_referring("app", &image.digest, &[&referring]);
    let shows = |told: &Told, signed: &Signed| {
        told.stdout.contains(&format!("\"logIndex\":{}", signed.entries[0].index))
    };
    let told = verify(&place, &[], &reference);
    assert!(told.code == 0 && shows(&told, &tagged) && !shows(&told, &referring), "{told:?}");
    let told = verify(&place, &["--experimental-oci11"], &reference);
    assert!(told.code == 0 && shows(&told, &referring) && !shows(&told, &tagged), "{told:?}");
}

#[test]
fn a_stranger_s_signature_that_refers_neither_passes_nor_hides_the_tag_s() {
    let place = Place::new();
    let image = place.registry.push_image("app", Some("v1"), "app");
    let reference = place.pinned("app", &image);
    let fork = Identity::github("evil/app", "release.yml", "refs/tags/v1.2.3");
    place.registry.push_referring("app", &image.digest, &[&older(&place, &image, &fork)]);
    let other = place.registry.push_image("app", None, "other");
    let of_another = older(&place, &other, &release());
    place.registry.push_referring("app", &image.digest, &[&of_another]);
    for more in [&[][..], &["--experimental-oci11"]] {
        let told = verify(&place, more, &reference);
        assert_eq!((told.code, told.stdout.as_str()), (10, ""), "{told:?}");
    }
    place.policy("acme/app");
    assert_eq!(place.check(&[&reference]).code, 1);
    place.registry.push_legacy("app", &image.digest, &[&older(&place, &image, &release())]);
    for more in [&[][..], &["--experimental-oci11"]] {
        assert_eq!(verify(&place, more, &reference).code, 0);
    }
    assert_eq!(place.check(&[&reference]).code, 0);
}

#[test]
fn who_names_a_signature_asks_about_no_other() {
    let place = Place::new();
    let image = place.registry.push_image("app", Some("v1"), "app");
    let reference = place.pinned("app", &image);
    place.registry.push_referring("app", &image.digest, &[&older(&place, &image, &release())]);
    let bogus = base64(b"bogus");
    for more in [&[][..], &["--experimental-oci11"], &["--strict-compat"]] {
        let told = verify(&place, &[more, &["--signature", &bogus]].concat(), &reference);
        assert_eq!((told.code, told.stdout.as_str()), (12, ""), "{more:?}: {told:?}");
    }
    assert_eq!(verify(&place, &[], &reference).code, 0, "twin");
}

#[test]
fn a_stranger_s_signature_does_not_make_a_dark_place_an_empty_one() {
    let place = Place::new();
    let image = place.registry.push_image("app", Some("v1"), "app");
    let reference = place.pinned("app", &image);
    let fork = Identity::github("evil/app", "release.yml", "refs/tags/v1.2.3");
    place.registry.push_referring("app", &image.digest, &[&older(&place, &image, &fork)]);
    assert_eq!(verify(&place, &[], &reference).code, 10, "twin");
    place.registry.on(Rule::path(".sig", Answer::status(403)));
    for more in [&[][..], &["--experimental-oci11"]] {
        let told = verify(&place, more, &reference);
        assert_eq!(told.code, 1, "{told:?}");
        assert!(told.stderr.contains("signatures could not be looked for"), "{told:?}");
    }
}

#[test]
fn what_is_too_large_among_the_referrers_is_none_of_the_tag_s() {
    let place = Place::new();
    let image = place.registry.push_image("app", Some("v1"), "app");
    let reference = place.pinned("app", &image);
    place.registry.push_referring("app", &image.digest, &[&older(&place, &image, &release())]);
    let root = place.name("root.json");
    let with = |more: &[&str], limit: &str| {
        let words = [&["verify", "--trusted-root", &root], &BY_RELEASE[..], more, &[&reference]].concat();
        ask_with(&words, &[("COSIGN_MAX_ATTACHMENT_SIZE", limit)], b"").code
    };
    assert_eq!((with(&[], "10"), with(&["--strict-compat"], "10")), (10, 10));
    assert_eq!((with(&[], "1MB"), with(&["--strict-compat"], "1MB")), (0, 10), "twin");
}
