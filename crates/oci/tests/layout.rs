//! Folders from strangers: each with a twin that differs in one thing and gives the evidence.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may stop"
)]

#[path = "layout/folder.rs"]
mod folder;

use std::{
    fs,
    os::unix::fs::symlink,
    process::Command,
    sync::{Arc, mpsc},
    thread,
    time::Instant,
};

use folder::{Made, SIGNATURES, descriptor};
use sealgate_oci::{Layout, LayoutError, limits};
use sealgate_verify::{Digest, Entry, GapCause, Place};
use serde_json::json;

fn entry(made: &Made) -> Entry {
    made.open().unwrap().entry(false)
}

fn causes(entry: &Entry) -> Vec<(Place, GapCause)> {
    entry.gaps.iter().map(|gap| (gap.place, gap.cause)).collect()
}

#[test]
fn a_layout_gives_the_evidence_that_its_image_has() {
    let made = Made::signed();
    let found = entry(&made);
    assert_eq!(causes(&found), []);
    assert_eq!(found.digest, made.image);
    assert!(made.image.matches(found.manifest.as_deref().unwrap()));
    let places: Vec<Place> = found.items.iter().map(|item| item.place).collect();
    assert_eq!(places, [Place::Referrers, Place::SignatureTag, Place::AttestationTag]);
    assert_eq!(found.items[1].annotations["dev.cosignproject.cosign/signature"], "c2ln");
    assert!(found.looked_in.contains(&Place::Referrers) && found.looked_in.contains(&Place::SignatureTag));
}

#[test]
fn an_index_of_images_has_its_bundles_too() {
    let made = Made::index();
    let found = entry(&made);
    assert_eq!(causes(&found), []);
    assert!(made.open().unwrap().is_index());
    assert_eq!(found.items.iter().map(|item| item.place).collect::<Vec<_>>(), [Place::Referrers]);
}

#[test]
fn a_bundle_of_another_image_in_the_same_folder_is_none_of_this_one() {
    let made = Made::signed();
    made.bundle(&Digest::sha256(b"another image"), b"{\"other\":1}");
    assert_eq!(entry(&made).items.len(), 3);
    made.bundle(&made.image, b"{\"own\":1}");
    assert_eq!(entry(&made).items.len(), 4);
}

#[test]
fn a_blob_that_is_no_file_is_a_gap() {
    let started = Instant::now();
    for (what, make) in [
        ("link", (|path, outside| symlink(outside, path).unwrap()) as fn(&std::path::Path, &std::path::Path)),
        ("folder", |path, _| fs::create_dir(path).unwrap()),
        ("pipe", |path, _| assert!(Command::new("mkfifo").arg(path).status().unwrap().success())),
    ] {
        let made = Made::signed();
        let outside = tempfile::NamedTempFile::new().unwrap();
        let path = made.blob_path(&made.payload);
        // The very bytes, so that only the kind of the file can be what is refused.
        fs::rename(&path, outside.path()).unwrap();
        make(&path, outside.path());
        let found = entry(&made);
        assert!(causes(&found).contains(&(Place::SignatureTag, GapCause::Malformed)), "{what}: {found:?}");
        assert!(!found.items.iter().any(|item| item.place == Place::SignatureTag), "{what}");
    }
    assert!(started.elapsed().as_secs() < 20);
    assert_eq!(causes(&entry(&Made::signed())), []);
}

#[test]
fn what_is_swapped_for_a_link_or_a_pipe_is_neither_followed_nor_waited_for() {
    let made = Made::signed();
    let path = made.blob_path(&made.payload);
    let beside = |name: &str| made.path(name);
    fs::copy(&path, beside("file")).unwrap();
    assert!(Command::new("mkfifo").arg(beside("pipe")).status().unwrap().success());
    symlink(beside("pipe"), beside("link")).unwrap();
    let layout = made.open().unwrap();
    assert_eq!(causes(&layout.entry(false)), [], "twin");
    let (done, is_done) = mpsc::channel();
    let reading = thread::spawn(move || {
        // Long enough to meet each of them in the middle of being opened.
        for _ in 0..300 {
            layout.entry(false);
        }
        done.send(()).unwrap();
    });
    let started = Instant::now();
    while is_done.try_recv().is_err() {
        assert!(started.elapsed().as_secs() < 20, "a pipe is waited for");
        for name in ["pipe", "link", "file"] {
            // Whatever is there keeps its name beside, so that it can be put there again.
            let next = beside("next");
            if name == "file" {
                fs::copy(beside(name), &next).unwrap();
            } else if name == "pipe" {
                fs::hard_link(beside(name), &next).unwrap();
            } else {
                symlink(beside("pipe"), &next).unwrap();
            }
            fs::rename(&next, &path).unwrap();
        }
    }
    reading.join().unwrap();
}

#[test]
fn folders_of_blobs_are_not_followed_elsewhere() {
    let made = Made::signed();
    let elsewhere = tempfile::tempdir().unwrap();
    let blobs = made.path("blobs");
    let opened = made.open().unwrap();
    fs::rename(&blobs, elsewhere.path().join("blobs")).unwrap();
    symlink(elsewhere.path().join("blobs"), &blobs).unwrap();
    assert_eq!(made.open().unwrap_err().code(), "layout-not-a-file");
    // Nor where the link came after the folder was opened.
    let found = opened.entry(false);
    assert!(found.items.is_empty() && found.manifest.is_none());
    for place in [Place::Manifest, Place::Referrers, Place::SignatureTag, Place::AttestationTag] {
        assert!(causes(&found).contains(&(place, GapCause::Malformed)), "{found:?}");
    }
    fs::remove_file(&blobs).unwrap();
    fs::rename(elsewhere.path().join("blobs"), &blobs).unwrap();
    assert_eq!(causes(&entry(&made)), []);
}

#[test]
fn bytes_under_anothers_digest_are_a_gap() {
    for of_layer in [true, false] {
        let made = Made::signed();
        let name = if of_layer { &made.payload } else { &made.signatures };
        let mut bytes = fs::read(made.blob_path(name)).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(made.blob_path(name), &bytes).unwrap();
        let found = entry(&made);
        assert!(causes(&found).contains(&(Place::SignatureTag, GapCause::DigestMismatch)), "{found:?}");
        assert!(!found.items.iter().any(|item| item.place == Place::SignatureTag));
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(made.blob_path(name), &bytes).unwrap();
        assert_eq!(causes(&entry(&made)), []);
    }
}

#[test]
fn a_referrer_under_anothers_digest_is_a_gap() {
    let made = Made::signed();
    let bytes = fs::read(made.blob_path(&made.referrer)).unwrap();
    let other = Digest::sha256(b"something else");
    fs::rename(made.blob_path(&made.referrer), made.blob_path(&other)).unwrap();
    assert!(causes(&entry(&made)).contains(&(Place::Referrers, GapCause::DigestMismatch)));
    fs::remove_file(made.blob_path(&other)).unwrap();
    fs::write(made.blob_path(&made.referrer), bytes).unwrap();
    assert_eq!(causes(&entry(&made)), []);
}

#[test]
fn what_is_listed_and_not_there_is_a_gap() {
    for pick in [0, 1, 2] {
        let made = Made::signed();
        let name = [&made.payload, &made.signatures, &made.bundle][pick];
        fs::remove_file(made.blob_path(name)).unwrap();
        let place = if pick == 2 { Place::Referrers } else { Place::SignatureTag };
        assert_eq!(causes(&entry(&made)), [(place, GapCause::UnexpectedAnswer)]);
    }
}

#[test]
fn an_image_that_is_not_what_it_is_called_is_no_image() {
    let made = Made::signed();
    let path = made.blob_path(&made.image);
    let whole = fs::read(&path).unwrap();
    assert!(made.open().is_ok());
    fs::write(&path, b"{\"evil\":1}").unwrap();
    assert_eq!(made.open().unwrap_err().code(), "layout-digest-mismatch");
    fs::remove_file(&path).unwrap();
    assert_eq!(made.open().unwrap_err().code(), "layout-unreadable");
    fs::write(&path, whole).unwrap();
    assert!(made.open().is_ok());
}

#[test]
fn a_layer_of_another_size_than_it_says_is_a_gap() {
    for (more, gaps) in [(1, vec![(Place::SignatureTag, GapCause::Malformed)]), (0, vec![])] {
        let made = Made::signed();
        let size = fs::metadata(made.blob_path(&made.payload)).unwrap().len();
        let layer = json!({"mediaType": "x/y", "digest": made.payload, "size": size + more});
        made.replace_signatures(&[layer]);
        assert_eq!(causes(&entry(&made)), gaps);
    }
}

#[test]
fn payloads_are_read_up_to_the_limit() {
    let most = usize::try_from(limits::SIMPLE_SIGNING_BYTES).unwrap();
    for (length, gaps) in [(most, vec![]), (most + 1, vec![(Place::SignatureTag, GapCause::Limit)])] {
        let made = Made::signed();
        let layer = made.layer("application/vnd.dev.cosign.simplesigning.v1+json", &vec![b'x'; length]);
        made.replace_signatures(&[layer]);
        assert_eq!(causes(&entry(&made)), gaps);
    }
}

#[test]
fn signatures_are_handed_on_up_to_the_limit() {
    for (count, gaps) in
        [(limits::ITEMS, vec![]), (limits::ITEMS + 1, vec![(Place::SignatureTag, GapCause::Limit)])]
    {
        let made = Made::bare();
        let layer = made.layer("x/y", b"payload");
        made.replace_signatures(&vec![layer; count]);
        let found = entry(&made);
        assert_eq!((found.items.len(), causes(&found)), (limits::ITEMS, gaps));
    }
}

#[test]
fn a_manifest_stuffed_to_the_limit_does_not_crowd_out_the_others() {
    for (count, gaps) in
        [(limits::ITEMS - 1, vec![]), (limits::ITEMS * 2, vec![(Place::Referrers, GapCause::Limit)])]
    {
        let made = Made::bare();
        let (referrer, bundle) = made.bundle(&made.image, b"{\"a\":\"bundle\"}");
        let layer = made.layer("application/vnd.dev.cosign.simplesigning.v1+json", b"tiny");
        // Blobs are looked through by their names, so its name is made to come first.
        let stuffed = (0..)
            .map(|number| {
                let manifest = json!({
                    "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "artifactType": "application/vnd.dev.cosign.artifact.sig.v1+json",
                    "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": made.config, "size": 37},
                    "layers": vec![layer.clone(); count], "annotations": {"number": number.to_string()},
                    "subject": {"mediaType": "m", "digest": made.image, "size": 2},
                });
                manifest.to_string()
            })
            .find(|manifest| Digest::sha256(manifest.as_bytes()).hex() < referrer.hex())
            .unwrap();
        made.put(stuffed.as_bytes());
        let found = entry(&made);
        assert!(found.items.iter().any(|item| bundle.matches(&item.bytes)), "the bundle is there");
        assert_eq!((found.items.len(), causes(&found)), (limits::ITEMS, gaps));
        let tiny: Vec<_> = found.items.iter().filter(|item| item.bytes.as_ref() == b"tiny").collect();
        assert!(tiny.iter().all(|item| Arc::ptr_eq(&item.bytes, &tiny[0].bytes)), "it is read once");
    }
}

#[test]
fn blobs_are_looked_through_up_to_the_limit() {
    let made = Made::bare();
    let have = fs::read_dir(made.path("blobs/sha256")).unwrap().count();
    for number in have..limits::LAYOUT_BLOBS {
        fs::write(made.path("blobs/sha256").join(format!("{number}")), b"").unwrap();
    }
    assert_eq!(causes(&entry(&made)), []);
    fs::write(made.path("blobs/sha256/one-more"), b"").unwrap();
    assert_eq!(causes(&entry(&made)), [(Place::Referrers, GapCause::Limit)]);
}

#[test]
fn manifests_are_looked_through_up_to_the_limit() {
    let made = Made::bare();
    let mut left = limits::LAYOUT_SCANNED_BYTES;
    // The image's configuration is JSON too, and so among what is looked through.
    left -= fs::metadata(made.blob_path(&made.config)).unwrap().len();
    let mut number = 0;
    while left > 0 {
        let length = usize::try_from(left.min(limits::MANIFEST_BYTES)).unwrap();
        let text = format!("{{\"n\":{number}");
        made.put(format!("{text}{}}}", " ".repeat(length - text.len() - 1)).as_bytes());
        left -= length as u64;
        number += 1;
    }
    assert_eq!(causes(&entry(&made)), []);
    made.put(b"{}\n");
    assert_eq!(causes(&entry(&made)), [(Place::Referrers, GapCause::Limit)]);
}

#[test]
fn an_index_that_cannot_be_read_is_no_layout() {
    let made = Made::signed();
    let good = fs::read(made.path("index.json")).unwrap();
    let text = String::from_utf8(good.clone()).unwrap();
    let deep =
        format!("{{\"schemaVersion\":2,\"manifests\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for bad in [
        text[..text.len() / 2].to_owned(),
        text.replacen("{", "{\"schemaVersion\":2,", 1),
        text.replace("sha256:", "sha256:../../../../etc/"),
        text.replace(&made.image.hex(), "../../../../../../../../../../../../etc/passwd"),
        deep,
        "[]".to_owned(),
        String::new(),
    ] {
        fs::write(made.path("index.json"), &bad).unwrap();
        assert_eq!(made.open().unwrap_err().code(), "layout-malformed", "{}", &bad[..bad.len().min(200)]);
    }
    fs::write(made.path("index.json"), &good).unwrap();
    assert!(made.open().is_ok());
}

#[test]
fn an_index_is_read_up_to_the_limit() {
    let made = Made::signed();
    let file = fs::OpenOptions::new().append(true).open(made.path("index.json")).unwrap();
    let text = fs::read_to_string(made.path("index.json")).unwrap();
    let room = usize::try_from(limits::MANIFEST_BYTES).unwrap() - text.len();
    fs::write(made.path("index.json"), text + &" ".repeat(room)).unwrap();
    assert!(made.open().is_ok());
    file.set_len(limits::MANIFEST_BYTES + 1).unwrap();
    assert_eq!(made.open().unwrap_err().code(), "layout-limit-exceeded");
    // However long it is, it is not read.
    file.set_len(1 << 40).unwrap();
    assert_eq!(made.open().unwrap_err().code(), "layout-limit-exceeded");
}

#[test]
fn an_index_that_is_a_link_is_not_followed() {
    let made = Made::signed();
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().join("index.json");
    fs::rename(made.path("index.json"), &target).unwrap();
    symlink(&target, made.path("index.json")).unwrap();
    assert_eq!(made.open().unwrap_err().code(), "layout-not-a-file");
    fs::remove_file(made.path("index.json")).unwrap();
    assert_eq!(made.open().unwrap_err().code(), "layout-unreadable");
    fs::rename(&target, made.path("index.json")).unwrap();
    assert!(made.open().is_ok());
}

#[test]
fn a_layout_is_about_one_image() {
    let made = Made::signed();
    let second = made.put(b"{\"second\":1}");
    let image = |digest: &Digest| descriptor(digest, 12, "dev.cosignproject.cosign/image");
    made.index_of(&[image(&made.image), image(&second)]);
    assert_eq!(made.open().unwrap_err().code(), "layout-ambiguous");
    made.index_of(&[descriptor(&made.signatures, 12, SIGNATURES)]);
    assert_eq!(made.open().unwrap_err().code(), "layout-without-image");
    made.index_of(&[]);
    assert_eq!(made.open().unwrap_err().code(), "layout-without-image");
    made.index_of(&[image(&made.image)]);
    assert_eq!(made.open().unwrap().digest(), &made.image);
    // Another one that cosign did not mark is what other tools may run.
    made.index_of(&[descriptor(&second, 12, ""), image(&made.image)]);
    assert_eq!(made.open().unwrap_err().code(), "layout-ambiguous");
    // Nobody marked anything: the only one is meant, two are not.
    made.index_of(&[descriptor(&made.image, 12, "")]);
    assert_eq!(made.open().unwrap().digest(), &made.image);
    made.index_of(&[descriptor(&made.image, 12, ""), descriptor(&second, 12, "")]);
    assert_eq!(made.open().unwrap_err().code(), "layout-ambiguous");
}

#[test]
fn every_reason_has_its_own_code() {
    let mut codes = LayoutError::CODES.to_vec();
    codes.dedup();
    assert_eq!(codes.len(), LayoutError::CODES.len());
    assert_eq!(Layout::open("/nowhere".as_ref()).unwrap_err().code(), "layout-unreadable");
    assert!(Layout::open("/nowhere".as_ref()).unwrap_err().is_absent());
}
