//! Paths as Go joins them: cleaned by their letters alone.

/// `filepath.Join`.
pub(crate) fn join(folder: &str, name: &str) -> String {
    clean(&if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") })
}

/// `filepath.Clean`.
pub(crate) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.join("/")) {
        (true, path) => format!("/{path}"),
        (false, path) if path.is_empty() => ".".to_owned(),
        (false, path) => path,
    }
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn paths_are_cleaned_as_go_cleans_them() {
        for (folder, joined) in [
            ("/a/b/../c", "/a/c/x"),
            ("a/./b//", "a/b/x"),
            ("../../a", "../../a/x"),
            ("/..", "/x"),
            ("", "x"),
            (".", "x"),
            ("a/..", "x"),
        ] {
            assert_eq!(join(folder, "x"), joined, "{folder}");
        }
    }
}
