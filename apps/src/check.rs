//! `--check`: validation of settings without doing what the program is for.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use sendmux_client::management::Client;

use crate::account::Problem;
use crate::text::sanitize;

/// The findings of a check, printed as they are made.
#[derive(Debug, Default)]
pub(crate) struct Check {
    problems: usize,
}

impl Check {
    pub(crate) fn ok(&mut self, finding: impl Display) {
        self.print("ok", finding);
    }

    pub(crate) fn problem(&mut self, finding: impl Display) {
        self.problems += 1;
        self.print("problem", finding);
    }

    /// Says what the program would do.
    pub(crate) fn plan(&mut self, plan: impl Display) {
        self.print("would", plan);
    }

    /// Prints a line. What nobody can read is a problem.
    fn print(&mut self, label: &str, line: impl Display) {
        let line = sanitize(&line.to_string(), 1000);
        if writeln!(io::stdout(), "{label:<8} {line}").is_err() {
            self.problems += 1;
        }
    }

    /// Checks that the key is accepted and has the permissions.
    pub(crate) async fn account(&mut self, client: &Client, permissions: &[&str]) {
        let connection = match client.get_connection().await {
            Ok(connection) => connection.into_data(),
            Err(error) => {
                let problem = Problem::from(error);
                return self.problem(format!("account at {}: {problem}", client.base_url()));
            }
        };
        self.ok(format!("account at {}: {}", client.base_url(), connection.team.name));
        for permission in permissions {
            match connection.permissions.iter().any(|granted| granted == permission) {
                true => self.ok(format!("permission {permission}")),
                false => self.problem(format!("the key lacks the permission {permission}")),
            }
        }
    }

    /// Returns 0 if there were no problems, otherwise 2.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(if self.problems == 0 { 0 } else { 2 })
    }
}
