//! A web server with manners of all kinds, on loopback.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use super::TufFiles;

/// How one path is answered instead of with its file.
#[derive(Clone, Debug)]
pub enum Manner {
    /// These bytes as they are, the head included.
    Raw(Vec<u8>),
    /// A body that never ends, of blanks.
    Endless,
    /// The file, a byte at a time with a pause between.
    Drip(Duration),
    /// Nothing at all for so long.
    Silent(Duration),
}

#[derive(Debug, Default)]
struct Shared {
    files: Mutex<TufFiles>,
    manners: Mutex<BTreeMap<String, Manner>>,
    journal: Mutex<Vec<String>>,
    ended: AtomicBool,
}

/// A running mirror; dropping it ends its thread.
#[derive(Debug)]
pub struct TufMirror {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl TufMirror {
    /// Serves these files.
    pub fn start(files: &TufFiles) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { files: Mutex::new(files.clone()), ..Shared::default() });
        let seen = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if seen.ended.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), shared) = (stream, Arc::clone(&seen)) else { continue };
                // A client that hangs up is no news for a test.
                std::thread::spawn(move || answer(stream, &shared).ok());
            }
        });
        Self { address, shared, thread: Some(thread) }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves these files from now on.
    pub fn serve(&self, files: &TufFiles) {
        *self.shared.files.lock().unwrap() = files.clone();
    }

    /// Answers one path in that manner from now on.
    pub fn misbehave(&self, path: &str, manner: Manner) {
        self.shared.manners.lock().unwrap().insert(path.to_owned(), manner);
    }

    /// Every request so far: its line and headers.
    pub fn journal(&self) -> Vec<String> {
        self.shared.journal.lock().unwrap().clone()
    }

    /// The paths asked for so far.
    pub fn asked(&self) -> Vec<String> {
        let path = |request: &String| {
            request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned()
        };
        self.journal().iter().map(path).collect()
    }
}

impl Drop for TufMirror {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the listener.
        TcpStream::connect(self.address).ok();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn answer(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut request = String::new();
    let mut reader = BufReader::new(stream.try_clone()?);
    while !request.ends_with("\r\n\r\n") {
        if reader.read_line(&mut request)? == 0 {
            return Ok(());
        }
    }
    let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
    shared.journal.lock().unwrap().push(request);
    let manner = shared.manners.lock().unwrap().get(&path).cloned();
    let file = shared.files.lock().unwrap().get(&path).cloned();
    let head = |status: &str, length: Option<usize>| {
        let length = length.map(|length| format!("Content-Length: {length}\r\n")).unwrap_or_default();
        format!("HTTP/1.1 {status}\r\n{length}Connection: close\r\n\r\n")
    };
    match (manner, file) {
        (Some(Manner::Raw(bytes)), _) => stream.write_all(&bytes),
        (Some(Manner::Endless), _) => {
            stream.write_all(head("200 OK", None).as_bytes())?;
            loop {
                stream.write_all(&[b' '; 4096])?;
            }
        }
        (Some(Manner::Drip(pause)), Some(file)) => {
            stream.write_all(head("200 OK", Some(file.len())).as_bytes())?;
            for byte in file {
                stream.write_all(&[byte])?;
                std::thread::sleep(pause);
            }
            Ok(())
        }
        (Some(Manner::Silent(pause)), _) => {
            std::thread::sleep(pause);
            Ok(())
        }
        (_, Some(file)) => {
            stream.write_all(head("200 OK", Some(file.len())).as_bytes())?;
            stream.write_all(&file)
        }
        (_, None) => stream.write_all(head("404 Not Found", Some(0)).as_bytes()),
    }
}
