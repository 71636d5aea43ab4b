//! Aligned columns.

/// How a column is aligned.
#[derive(Clone, Copy)]
pub(crate) enum Align {
    Left,
    Right,
}

/// One cell: the text that counts for the width, and how it is painted.
pub(crate) struct Cell {
    text: String,
    painted: Option<String>,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), painted: None }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, painted: None }
    }
}

impl Cell {
    pub(crate) fn painted(text: String, painted: String) -> Self {
        Self { text, painted: Some(painted) }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// The rows under a header, two blanks between columns.
pub(crate) fn render<const N: usize>(header: [(&str, Align); N], rows: Vec<[Cell; N]>) -> String {
    let mut widths = header.map(|(title, _)| title.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let titles = header.map(|(title, _)| Cell::from(title));
    let mut text = line(&header, &widths, &titles);
    for row in &rows {
        text.push_str(&line(&header, &widths, row));
    }
    text
}

fn line<const N: usize>(
    header: &[(&str, Align); N],
    widths: &[usize; N],
    cells: &[Cell; N],
) -> String {
    let mut line = String::from(" ");
    for (index, cell) in cells.iter().enumerate() {
        let blanks = " ".repeat(widths[index] - cell.width());
        let shown = cell.painted.as_deref().unwrap_or(&cell.text);
        line.push(' ');
        match header[index].1 {
            Align::Left => line.extend([shown, &blanks]),
            Align::Right => line.extend([blanks.as_str(), shown]),
        }
        line.push(' ');
    }
    format!("{}\n", line.trim_end())
}
