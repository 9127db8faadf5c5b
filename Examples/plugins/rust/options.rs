//! Reads a JSON object whose values are text.

use std::collections::BTreeMap;

/// Each option with its text, or with the kind of what was found instead: a secret is shown to nobody.
pub fn read(json: &[u8]) -> Result<BTreeMap<String, Result<String, String>>, String> {
    let text = std::str::from_utf8(json).map_err(|error| error.to_string())?;
    let mut reader = Reader { rest: text.trim_start() };
    let mut options = BTreeMap::new();
    reader.expect('{')?;
    while !reader.take('}') {
        if !options.is_empty() {
            reader.expect(',')?;
        }
        let name = reader.string()?;
        reader.expect(':')?;
        let value = if reader.rest.starts_with('"') { Ok(reader.string()?) } else { Err(reader.other()) };
        options.insert(name, value);
    }
    if reader.rest.is_empty() { Ok(options) } else { Err(format!("expected nothing more, found {}", reader.rest)) }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn take(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        if self.take(wanted) { Ok(()) } else { Err(format!("expected {wanted} in the options, found {:.20}", self.rest)) }
    }

    fn string(&mut self) -> Result<String, String> {
        let mut text = String::new();
        let mut characters = self.rest.strip_prefix('"').ok_or("expected text in the options")?.chars();
        loop {
            match characters.next().ok_or("expected the end of a text, found none")? {
                '"' => break,
                '\\' => match characters.next() {
                    Some('u') => text.push(Self::escaped(&mut characters)?),
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('t') => text.push('\t'),
                    Some('b') => text.push('\u{8}'),
                    Some('f') => text.push('\u{c}'),
                    Some(other @ ('"' | '\\' | '/')) => text.push(other),
                    _ => return Err("expected an escape, found none".into()),
                },
                other => text.push(other),
            }
        }
        self.rest = characters.as_str().trim_start();
        Ok(text)
    }

    /// What follows \u: one unit of UTF-16, or two.
    fn escaped(characters: &mut std::str::Chars) -> Result<char, String> {
        let mut units = vec![Self::unit(characters)?];
        if (0xD800..0xDC00).contains(&units[0]) && characters.as_str().starts_with("\\u") {
            characters.nth(1);
            units.push(Self::unit(characters)?);
        }
        String::from_utf16(&units).ok().and_then(|text| text.chars().next()).ok_or("expected a character".into())
    }

    fn unit(characters: &mut std::str::Chars) -> Result<u16, String> {
        let digits: String = characters.take(4).collect();
        u16::from_str_radix(&digits, 16).map_err(|_| format!("expected four digits, found {digits}"))
    }

    /// What a message says of a value that is no text.
    fn other(&mut self) -> String {
        let end = self.rest.find([',', '}']).unwrap_or(self.rest.len());
        let (found, rest) = self.rest.split_at(end);
        self.rest = rest;
        match found.chars().next() {
            Some('[') => "a list",
            Some('{') => "a section",
            Some('t' | 'f') => "true or false",
            _ => "a number",
        }
        .into()
    }
}
