//! Files that somebody else may have put there.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use rustix::{
    fs::{FileType, Mode, OFlags, Stat, open, stat},
    io::Errno,
    process::geteuid,
};

/// Reads a regular file up to one byte more than `limit`, so that whoever asked sees that there is more. Links are followed.
///
/// # Errors
/// The system's, and one of its own for what is no file: a pipe is not waited for, a device does nothing.
// THREAT: a pipe that is put there between the question what it is and its opening.
// See a_pipe_is_refused_whenever_it_comes.
pub fn read_file(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    if !FileType::from_raw_mode(stat(path)?.st_mode).is_file() {
        return Err(no_file());
    }
    let file = File::from(open(path, READ, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(no_file());
    }
    let mut bytes = Vec::new();
    file.take(u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether somebody else may have written a file, or could put another in its place: anybody, or an owner who is neither root, nor
/// who runs this, nor whose folder it is in. Links are followed; what is not there is nobody's.
///
/// # Errors
/// The system's.
// THREAT: a file that says where trust begins, in a folder that anybody may write.
// See a_choice_that_anybody_could_write_is_not_believed.
pub fn is_anybodys(path: &Path) -> io::Result<bool> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (folder, file) = match (stat(folder), stat(path)) {
        (Ok(folder), Ok(file)) => (folder, file),
        (Err(Errno::NOENT | Errno::NOTDIR), _) | (_, Err(Errno::NOENT | Errno::NOTDIR)) => return Ok(false),
        (Err(error), _) | (_, Err(error)) => return Err(error.into()),
    };
    let writes = |facts: &Stat| Mode::from_raw_mode(facts.st_mode).contains(Mode::WOTH);
    let keeps = |facts: &Stat| Mode::from_raw_mode(facts.st_mode).contains(Mode::SVTX);
    let own = geteuid().as_raw();
    // In a folder such as /tmp anybody may write, and nobody remove what another wrote.
    let of_folder = writes(&folder) && !keeps(&folder) || ![0, own].contains(&folder.st_uid) && own != 0;
    Ok(of_folder || writes(&file) || ![0, own, folder.st_uid].contains(&file.st_uid))
}

fn no_file() -> io::Error {
    io::Error::other("not a file")
}

const READ: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _, process::Command, sync::mpsc, thread, time::Duration};

    use super::{is_anybodys, read_file};

    #[test]
    fn a_file_is_read_up_to_one_byte_more_than_the_limit() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), b"1234").unwrap();
        assert_eq!(read_file(file.path(), 4).unwrap(), b"1234");
        assert_eq!(read_file(file.path(), 2).unwrap(), b"123");
    }

    #[test]
    fn what_others_may_write_is_anybodys() {
        let folder = tempfile::tempdir().unwrap();
        let (inner, file) = (folder.path().join("inner"), folder.path().join("inner/file"));
        assert!(!is_anybodys(&file).unwrap(), "what is not there is nobody's");
        fs::create_dir(&inner).unwrap();
        fs::write(&file, b"").unwrap();
        let modes = |of_folder: u32, of_file: u32| {
            fs::set_permissions(&inner, fs::Permissions::from_mode(of_folder)).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(of_file)).unwrap();
            is_anybodys(&file).unwrap()
        };
        assert!(!modes(0o700, 0o600));
        assert!(!modes(0o775, 0o664), "a group is chosen");
        assert!(modes(0o777, 0o600));
        assert!(modes(0o700, 0o602));
        assert!(!modes(0o1777, 0o600), "as in /tmp");
        // Where tests run as root, files can be given away.
        if std::os::unix::fs::chown(&file, Some(65_533), None).is_ok() {
            assert!(modes(0o700, 0o600), "a stranger's file in our folder");
            std::os::unix::fs::chown(&inner, Some(65_533), None).unwrap();
            assert!(!modes(0o700, 0o600), "root in the home of who called it");
        }
    }

    #[test]
    fn a_pipe_is_refused_whenever_it_comes() {
        let folder = tempfile::tempdir().unwrap();
        let name = |name: &str| folder.path().join(name);
        fs::write(name("file"), b"1").unwrap();
        assert!(Command::new("mkfifo").arg(name("pipe")).status().unwrap().success());
        assert_eq!(read_file(&name("pipe"), 4).unwrap_err().to_string(), "not a file");
        assert!(read_file(&name("file"), 4).is_ok(), "twin");
        let (path, (done, is_done)) = (name("either"), mpsc::channel());
        fs::hard_link(name("file"), &path).unwrap();
        thread::spawn(move || {
            for _ in 0..5_000 {
                // Which of the two it met says nothing; that it came back does.
                read_file(&path, 4).ok();
            }
            done.send(()).unwrap();
        });
        loop {
            for one in ["pipe", "file"] {
                fs::hard_link(name(one), name("next")).unwrap();
                fs::rename(name("next"), name("either")).unwrap();
            }
            match is_done.recv_timeout(Duration::ZERO) {
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                ended => return ended.expect("a pipe is waited for"),
            }
        }
    }
}
