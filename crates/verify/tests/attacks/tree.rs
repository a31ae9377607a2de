//! Inclusion proofs and checkpoints of trees that do not hold the entry, or are nobody's.

use sealgate_testkit::{Checkpoint, Format, LogEntry, NoteSignature, Proof, Recipe, SigningKey, World, log};

use crate::{Line, each_recipe, image, recipe, release};

fn proof(recipe: &mut Recipe, change: fn(&mut Proof)) {
    recipe.patches.proof.add(change);
}

fn with(recipe: &mut Recipe, change: fn(&mut LogEntry)) {
    recipe.patches.entry.add(change);
}

const PROOF: &str = "inclusion-proof-invalid";

// The log is the attacker's accomplice here: it signs a checkpoint for whatever the proof says.
const PROOFS: &[Line<Recipe>] = &[
    ("the only leaf", "", |recipe| {
        recipe.patches.body_bytes.add(|_| ());
        recipe.logs.truncate(1);
        alone(recipe);
    }),
    ("the only leaf with a sibling", PROOF, |recipe| {
        alone(recipe);
        proof(recipe, |proof| proof.hashes.push(vec![7; 32]));
    }),
    ("an index at the size", PROOF, |recipe| proof(recipe, |proof| proof.index = proof.size)),
    ("another index", PROOF, |recipe| proof(recipe, |proof| proof.index -= 1)),
    ("a tree of nothing", PROOF, |recipe| proof(recipe, |proof| proof.size = 0)),
    ("the largest tree", PROOF, |recipe| proof(recipe, |proof| proof.size = i64::MAX as u64)),
    ("the largest index", PROOF, |recipe| {
        proof(recipe, |proof| (proof.index, proof.size) = (i64::MAX as u64 - 1, i64::MAX as u64))
    }),
    ("an index of 2 to the 63rd", "bundle-unreadable", |recipe| proof(recipe, |proof| proof.index = 1 << 63)),
    ("a tree of 2 to the 64th", "bundle-unreadable", |recipe| proof(recipe, |proof| proof.size = u64::MAX)),
    ("a hash too many", PROOF, |recipe| proof(recipe, |proof| proof.hashes.push(vec![7; 32]))),
    ("a hash too few", PROOF, |recipe| {
        proof(recipe, |proof| {
            proof.hashes.pop();
        })
    }),
    ("no hashes", PROOF, |recipe| proof(recipe, |proof| proof.hashes.clear())),
    ("hashes in another order", PROOF, |recipe| proof(recipe, |proof| proof.hashes.reverse())),
    ("a hash of 31 bytes", "bundle-malformed", |recipe| {
        proof(recipe, |proof| {
            proof.hashes[0].pop();
        })
    }),
    ("63 hashes", PROOF, |recipe| proof(recipe, |proof| proof.hashes.resize(63, vec![7; 32]))),
    ("64 hashes", "bundle-limit-exceeded", |recipe| {
        proof(recipe, |proof| proof.hashes.resize(64, vec![7; 32]))
    }),
    ("another root", PROOF, |recipe| proof(recipe, |proof| proof.root = vec![7; 32])),
    ("the root of a tree without prefixes", PROOF, |recipe| {
        // Two leaves hashed as inner nodes are: RFC 6962 sets them apart.
        proof(recipe, |proof| {
            (proof.index, proof.size) = (0, 2);
            proof.hashes = vec![vec![7; 32]];
            proof.root = log::node_hash(&[7; 32], &[7; 32]).to_vec();
        });
    }),
];

// A tree whose one leaf is the entry.
fn alone(recipe: &mut Recipe) {
    let root = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let leaf = root.clone();
    recipe.patches.body_bytes.add(move |body| *leaf.lock().unwrap() = log::leaf_hash(body).to_vec());
    recipe.patches.proof.add(move |proof| {
        (proof.index, proof.size) = (0, 1);
        proof.hashes.clear();
        proof.root.clone_from(&root.lock().unwrap());
    });
}

#[test]
fn a_proof_leads_from_this_entry_to_the_root() {
    each_recipe(&recipe(), PROOFS);
}

#[test]
fn a_proof_of_a_newer_log_leads_there_too() {
    each_recipe(&World::shared().recipe_v2(&image(), &release()), PROOFS);
}

const CHECKPOINT: &str = "checkpoint-invalid";

const AGREEMENT: &[Line<Recipe>] = &[
    ("the proof names another root", CHECKPOINT, |recipe| {
        with(recipe, |entry| entry.proof.as_mut().unwrap().root[0] ^= 1)
    }),
    ("the proof names a root of 31 bytes", CHECKPOINT, |recipe| {
        with(recipe, |entry| entry.proof.as_mut().unwrap().root.truncate(31))
    }),
    ("the proof names another size", CHECKPOINT, |recipe| {
        with(recipe, |entry| entry.proof.as_mut().unwrap().size += 1)
    }),
    ("the checkpoint is empty", "bundle-incomplete", |recipe| {
        with(recipe, |entry| entry.checkpoint = Some(String::new()))
    }),
    ("the checkpoint is absent", "bundle-incomplete", |recipe| with(recipe, |entry| entry.checkpoint = None)),
    ("the proof is absent", "bundle-incomplete", |recipe| with(recipe, |entry| entry.proof = None)),
];

#[test]
fn proof_and_checkpoint_agree() {
    each_recipe(&recipe(), AGREEMENT);
    each_recipe(&recipe().with(|recipe| recipe.format = Format::V02), AGREEMENT);
    each_recipe(&World::shared().recipe_v2(&image(), &release()), AGREEMENT);
}

fn note(recipe: &mut Recipe, change: fn(&mut Checkpoint)) {
    recipe.patches.checkpoint.add(change);
}

fn text(recipe: &mut Recipe, change: fn(&str) -> String) {
    recipe.patches.checkpoint_text.add(move |text| {
        let changed = change(text);
        assert_ne!(changed, *text);
        *text = changed;
    });
}

fn witness() -> NoteSignature {
    NoteSignature { name: "witness.example".into(), hint: vec![1, 2, 3, 4], key: SigningKey::p256() }
}

const NOTES: &[Line<Recipe>] = &[
    ("a line more", "", |recipe| note(recipe, |note| note.extra.push("timestamp 1".into()))),
    ("a witness behind", "", |recipe| note(recipe, |note| note.signatures.push(witness()))),
    ("a witness before", "", |recipe| note(recipe, |note| note.signatures.insert(0, witness()))),
    ("a witness alone", CHECKPOINT, |recipe| note(recipe, |note| note.signatures = vec![witness()])),
    ("the log as its own witness", CHECKPOINT, |recipe| {
        note(recipe, |note| note.signatures[0].name = "witness.example".into())
    }),
    ("a witness under the log's name", CHECKPOINT, |recipe| {
        note(recipe, |note| note.signatures[0].key = SigningKey::p256())
    }),
    ("a wrong signature of the log beside the right one", "", |recipe| {
        note(recipe, |note| {
            let wrong = NoteSignature { key: SigningKey::p256(), ..note.signatures[0].clone() };
            note.signatures.insert(0, wrong);
        })
    }),
    ("a wrong hint", CHECKPOINT, |recipe| note(recipe, |note| note.signatures[0].hint = vec![0; 4])),
    ("a hint cut short", CHECKPOINT, |recipe| note(recipe, |note| note.signatures[0].hint.truncate(3))),
    ("no signature", CHECKPOINT, |recipe| note(recipe, |note| note.signatures.clear())),
    ("another origin", CHECKPOINT, |recipe| note(recipe, |note| note.origin = "log.example".into())),
    ("an origin that ends in the log's", CHECKPOINT, |recipe| {
        note(recipe, |note| note.origin = format!("evil.{}", note.origin))
    }),
    ("an origin that begins with the log's", CHECKPOINT, |recipe| {
        note(recipe, |note| note.origin = format!("{}.evil.test", note.signatures[0].name))
    }),
    ("an origin in upper case", CHECKPOINT, |recipe| {
        note(recipe, |note| note.origin = note.origin.to_uppercase())
    }),
    ("an origin with a blank", CHECKPOINT, |recipe| note(recipe, |note| note.origin.push(' '))),
    ("another tree of the log", "", |recipe| {
        note(recipe, |note| note.origin = format!("{} - 42", note.signatures[0].name))
    }),
    ("a tree that is no number", CHECKPOINT, |recipe| {
        note(recipe, |note| note.origin = format!("{} - x", note.signatures[0].name))
    }),
    ("another size", CHECKPOINT, |recipe| note(recipe, |note| note.size.push('0'))),
    ("a size with a zero", CHECKPOINT, |recipe| note(recipe, |note| note.size = format!("0{}", note.size))),
    ("a size with a plus", CHECKPOINT, |recipe| note(recipe, |note| note.size = format!("+{}", note.size))),
    ("a size with a blank", CHECKPOINT, |recipe| note(recipe, |note| note.size.push(' '))),
    ("a size in hexadecimal", CHECKPOINT, |recipe| {
        note(recipe, |note| note.size = format!("0x{}", note.size))
    }),
    ("another root", CHECKPOINT, |recipe| {
        note(recipe, |note| note.root = sealgate_testkit::base64(&[7; 32]))
    }),
    ("a root of 31 bytes", CHECKPOINT, |recipe| {
        note(recipe, |note| note.root = sealgate_testkit::base64(&[7; 31]))
    }),
    ("a root without padding", CHECKPOINT, |recipe| {
        note(recipe, |note| note.root = note.root.replace('=', ""))
    }),
    ("an empty line in it", CHECKPOINT, |recipe| {
        note(recipe, |note| note.extra = vec![String::new(), "x".into()])
    }),
    ("a NUL in it", CHECKPOINT, |recipe| note(recipe, |note| note.extra.push("x\0".into()))),
    ("line ends of another system", CHECKPOINT, |recipe| text(recipe, |text| text.replace('\n', "\r\n"))),
    ("a blank line more", CHECKPOINT, |recipe| text(recipe, |text| text.replacen("\n\n", "\n\n\n", 1))),
    ("no blank line", CHECKPOINT, |recipe| text(recipe, |text| text.replacen("\n\n", "\n", 1))),
    ("a hyphen for the dash", CHECKPOINT, |recipe| text(recipe, |text| text.replacen('\u{2014}', "-", 1))),
    ("words behind the signature", CHECKPOINT, |recipe| text(recipe, |text| format!("{text}hello\n"))),
    ("words before the origin", CHECKPOINT, |recipe| text(recipe, |text| format!("hello\n{text}"))),
];

#[test]
fn a_checkpoint_is_by_the_entry_s_own_log() {
    each_recipe(&recipe(), NOTES);
    each_recipe(&World::shared().recipe_v2(&image(), &release()), NOTES);
}
