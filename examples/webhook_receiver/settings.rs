//! What the program is asked to do.

use sendmux_client::webhooks::Verifier;

pub(crate) const USAGE: &str = "\
Usage: webhook_receiver [--listen ADDRESS]

Receives Sendmux webhooks. Without arguments it posts a few to itself and ends.

  --listen ADDRESS   serve on this address, such as 127.0.0.1:8080, until Ctrl-C
  --help             print this

SENDMUX_WEBHOOK_SECRET is the webhook's secret (whsec_…), or several with commas between them
while a secret is being replaced. The API posts to https only: put a proxy with TLS in front.

Exit status: 0 done; 1 it did not work; 2 wrong arguments or settings.";

pub(crate) enum Task {
    Help,
    Rehearse,
    Listen(Listen),
}

pub(crate) struct Listen {
    pub(crate) address: String,
    pub(crate) verifier: Verifier,
}

impl Task {
    /// From the arguments and the environment, or what is wrong with them.
    pub(crate) fn from_environment() -> Result<Self, String> {
        let arguments: Vec<String> = std::env::args_os()
            .skip(1)
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect();
        match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [] => Ok(Self::Rehearse),
            ["--help" | "-h"] => Ok(Self::Help),
            ["--listen", address] => {
                Ok(Self::Listen(Listen { address: (*address).to_owned(), verifier: verifier()? }))
            }
            ["--listen"] => Err("--listen needs an address".to_owned()),
            [other, ..] => Err(format!("`{other}` is not an argument of this program")),
        }
    }
}

fn verifier() -> Result<Verifier, String> {
    const NAME: &str = "SENDMUX_WEBHOOK_SECRET";
    // The error would show what it cannot read.
    let secrets = std::env::var(NAME).map_err(|_| format!("{NAME} is not set, or is no text"))?;
    Verifier::from_secrets(secrets.split(',')).map_err(|error| format!("{NAME}: {error}"))
}
