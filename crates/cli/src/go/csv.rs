//! One record of comma-separated values, as Go's `encoding/csv` reads it.

/// Reads the first record: fields in double quotes may hold commas, ends of lines and doubled quotes.
///
/// # Errors
/// Go's text, with the column in bytes.
pub(crate) fn record(text: &str) -> Result<Vec<String>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let wrong = |place: usize, what: &str| {
        let before = text.get(..place).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.len() - before.rfind('\n').map_or(0, |end| end + 1) + 1;
        match line {
            1 => format!("parse error on line 1, column {column}: {what}"),
            line => format!("record on line 1; parse error on line {line}, column {column}: {what}"),
        }
    };
    let lines = text.trim_start_matches(['\r', '\n']);
    if lines.is_empty() {
        return Err("EOF".into());
    }
    let (mut fields, mut place) = (Vec::new(), text.len() - lines.len());
    loop {
        let rest = text.get(place..).unwrap_or_default();
        let Some(quoted) = rest.strip_prefix('"') else {
            let end = rest.find([',', '\n']).unwrap_or(rest.len());
            let field = rest.get(..end).unwrap_or(rest);
            if let Some(quote) = field.find('"') {
                return Err(wrong(place + quote, "bare \" in non-quoted-field"));
            }
            let comma = rest.get(end..).is_some_and(|after| after.starts_with(','));
            fields.push(if comma { field } else { field.trim_end_matches('\r') }.to_owned());
            if !comma {
                return Ok(fields);
            }
            place += end + 1;
            continue;
        };
        let (mut field, mut inner) = (String::new(), quoted);
        loop {
            let Some((part, after)) = inner.split_once('"') else {
                return Err(wrong(text.len(), "extraneous or missing \" in quoted-field"));
            };
            field.push_str(part);
            if let Some(after) = after.strip_prefix('"') {
                field.push('"');
                inner = after;
                continue;
            }
            fields.push(std::mem::take(&mut field));
            let end = text.len() - after.len();
            if after.starts_with(',') {
                place = end + 1;
                break;
            }
            if matches!(after, "" | "\r") || after.starts_with('\n') || after.starts_with("\r\n") {
                return Ok(fields);
            }
            return Err(wrong(end - 1, "extraneous or missing \" in quoted-field"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::record;

    #[test]
    fn records_read_as_in_go() {
        for (text, fields) in [
            ("", &[][..]),
            ("a", &["a"]),
            ("a,b", &["a", "b"]),
            ("a,", &["a", ""]),
            (",", &["", ""]),
            (" a , b ", &[" a ", " b "]),
            ("\"a,b\",c", &["a,b", "c"]),
            ("\"a\"\"b\"", &["a\"b"]),
            ("\"a\nb\"", &["a\nb"]),
            ("a\nb", &["a"]),
            ("\n\na\r\nb", &["a"]),
            ("\"\"", &[""]),
            ("x\n\"", &["x"]),
            ("a\r", &["a"]),
            ("\"a\"\r", &["a"]),
        ] {
            assert_eq!(record(text).unwrap(), fields, "{text:?}");
        }
        for (text, why) in [
            ("\"x", "parse error on line 1, column 3: extraneous or missing \" in quoted-field"),
            ("a\"b", "parse error on line 1, column 2: bare \" in non-quoted-field"),
            ("\"a=1\"x,b", "parse error on line 1, column 5: extraneous or missing \" in quoted-field"),
            ("a,\"", "parse error on line 1, column 4: extraneous or missing \" in quoted-field"),
            ("\n", "EOF"),
            ("é\"", "parse error on line 1, column 3: bare \" in non-quoted-field"),
            (
                "\"a\nb",
                "record on line 1; parse error on line 2, column 2: extraneous or missing \" in quoted-field",
            ),
            (
                "\"a\n\"x",
                "record on line 1; parse error on line 2, column 1: extraneous or missing \" in quoted-field",
            ),
        ] {
            assert_eq!(record(text).unwrap_err(), why, "{text:?}");
        }
    }
}
