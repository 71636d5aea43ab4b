//! What to send, from the command line.

use std::fs;

pub(crate) const USAGE: &str = "\
Usage: send_batch [--from ADDRESS --to FILE --subject TEXT --html FILE --key KEY]

Sends one e-mail to everyone in a file, in requests of up to 100. Without
arguments, shows how on a made-up account on this machine.

  --from ADDRESS   who it is from; SENDMUX_API_KEY is the key of its mailbox
  --to FILE        one address a line
  --subject TEXT   subject
  --html FILE      body
  --key KEY        name of this mailing: the same again sends nothing twice
                   within 24 hours
  --help           print this

Exit status: 0 all queued; 1 nothing was; 2 wrong arguments or settings;
3 some were not.";

pub(crate) enum Arguments {
    Help,
    Demo,
    Send(Mailing),
}

pub(crate) struct Mailing {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) subject: String,
    pub(crate) html_body: String,
    pub(crate) key: String,
}

impl Arguments {
    pub(crate) fn read(mut given: impl Iterator<Item = String>) -> Result<Self, String> {
        let names = ["--from", "--to", "--subject", "--html", "--key"];
        let mut values: [Option<String>; 5] = Default::default();
        while let Some(name) = given.next() {
            if matches!(name.as_str(), "--help" | "-h") {
                return Ok(Self::Help);
            }
            let place = names.iter().position(|known| *known == name);
            let place =
                place.ok_or_else(|| format!("`{name}` is not an argument of this program"))?;
            values[place] = Some(given.next().ok_or_else(|| format!("{name} needs a value"))?);
        }
        if values.iter().all(Option::is_none) {
            return Ok(Self::Demo);
        }
        let mut take = |place: usize| {
            values[place].take().ok_or_else(|| format!("{} is missing", names[place]))
        };
        Ok(Self::Send(Mailing {
            from: take(0)?,
            to: lines(&read(&take(1)?)?),
            subject: take(2)?,
            html_body: read(&take(3)?)?,
            key: take(4)?,
        }))
    }
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path} cannot be read: {error}"))
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
