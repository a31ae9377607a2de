//! The image in a folder, judged by the name that it has, without network.

use std::{path::Path, sync::Arc};

use sealgate::{
    Answer, Snapshot,
    oci::Layout,
    policy::{Request, decide},
    verify::Reference,
};

use crate::own::Fault;

/// Opens the folder, and pins the request to the image in it.
///
/// # Errors
/// A folder that is no layout of one image, or of another one than was named.
pub(super) fn open(folder: &str, request: &mut Request) -> Result<Layout, Fault> {
    let layout = Layout::open(Path::new(folder)).map_err(|error| {
        let (code, help) = (error.code(), error.help());
        let fault = Fault::own(&error).hint(help);
        Fault { text: format!("{code}: {}", fault.text), ..fault }
    })?;
    let digest = layout.digest();
    match request.reference.digest() {
        Some(named) if named != digest => {
            return Err(Fault::usage(format!("the folder holds {digest}, not {named}")));
        }
        Some(_) => {}
        // What the tag means elsewhere cannot be known here: these bytes are judged, under that name.
        None => {
            let pinned = format!("{}@{digest}", request.reference.name());
            request.reference = Reference::parse(&pinned).map_err(|error| Fault::own(&error))?;
        }
    }
    Ok(layout)
}

/// Judges what is in the folder.
pub(super) fn answer(layout: &Layout, request: &Request, snapshot: &Snapshot) -> Answer {
    let now = crate::clock::now();
    let evidence = layout.evidence(request.reference.written(), now, false);
    let verdict = decide(&snapshot.policies, request, &evidence, &snapshot.roots, now);
    Answer {
        verdict: Arc::new(verdict),
        evidence: Some(Arc::new(evidence)),
        cached: false,
        still_gathering: false,
    }
}
