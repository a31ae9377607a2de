//! Files that somebody else may have put there.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use rustix::fs::{FileType, Mode, OFlags, open, stat};

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

fn no_file() -> io::Error {
    io::Error::other("not a file")
}

const READ: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

#[cfg(test)]
mod tests {
    use std::{fs, process::Command, sync::mpsc, thread, time::Duration};

    use super::read_file;

    #[test]
    fn a_file_is_read_up_to_one_byte_more_than_the_limit() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), b"1234").unwrap();
        assert_eq!(read_file(file.path(), 4).unwrap(), b"1234");
        assert_eq!(read_file(file.path(), 2).unwrap(), b"123");
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
