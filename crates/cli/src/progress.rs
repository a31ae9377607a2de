//! How far slow work is, for a person who waits. Scripts never see it.

use std::{pin::pin, time::Duration};

use futures_util::{Stream, StreamExt as _};
use tokio::time::{Instant, timeout};

use crate::Console;

/// Hands over everything that a stream brings, up to the first error, and tells a waiting person how many of `total` came.
pub(crate) async fn watched<T, E>(
    answers: impl Stream<Item = T>,
    total: usize,
    console: &mut Console<'_>,
    mut take: impl FnMut(usize, T, &mut Console<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut answers = pin!(answers);
    let (started, mut count) = (Instant::now(), 0);
    let mut next_word = PATIENCE;
    loop {
        let answer = match console.has_progress() {
            true => timeout(next_word, answers.next()).await,
            false => Ok(answers.next().await),
        };
        match answer {
            Ok(Some(answer)) => {
                take(count, answer, console)?;
                count += 1;
            }
            Ok(None) => break,
            Err(_) => {
                console.progress(&line(count, total, started.elapsed()));
                next_word = TICK;
            }
        }
    }
    console.end_progress();
    Ok(())
}

fn line(done: usize, total: usize, elapsed: Duration) -> String {
    let of = if total == 1 { String::new() } else { format!(", {done} of {total} images done") };
    format!("asking the registry for {} s{of}", elapsed.as_secs())
}

/// Before the first word.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two words.
const TICK: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use std::{io, time::Duration};

    use futures_util::stream;

    use super::watched;
    use crate::Console;

    fn told(columns: Option<usize>, term: &str, wait: Duration) -> String {
        let mut talk = Vec::new();
        let environment = [("TERM".to_owned(), term.to_owned())].into();
        let mut console =
            Console::new(environment, io::empty(), io::sink(), &mut talk).on_terminals(None, columns);
        let runtime = crate::runtime::network().unwrap();
        runtime.block_on(async {
            tokio::time::pause();
            let slow = stream::once(async move { tokio::time::sleep(wait).await });
            watched(slow, 1, &mut console, |_, (), _| Ok::<_, ()>(())).await.unwrap();
        });
        assert_eq!(console.finish(0), 0);
        drop(console);
        String::from_utf8(talk).unwrap()
    }

    #[test]
    fn slow_work_is_told_on_one_line_that_is_erased_and_only_to_a_person() {
        let (slow, quick) = (Duration::from_secs(3), Duration::from_millis(900));
        let shown = told(Some(80), "xterm", slow);
        assert!(shown.contains("\rasking the registry for 2 s"), "{shown:?}");
        assert!(shown.ends_with("\r\u{1b}[K") && !shown.contains('\n'), "{shown:?}");
        assert_eq!(told(Some(80), "xterm", quick), "");
        assert_eq!(told(None, "xterm", slow), "");
        assert_eq!(told(Some(80), "dumb", slow), "");
        let narrow = told(Some(21), "xterm", slow);
        assert!(narrow.split(['\r', '\u{1b}']).all(|part| part.chars().count() <= 20), "{narrow:?}");
    }
}
