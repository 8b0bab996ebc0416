//! Answers as tables for people.

use serde_json::Value;

/// Rows of so many columns, each as wide as its widest cell.
pub(super) struct Table<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(super) fn new(head: [&str; N]) -> Self {
        Self { rows: vec![head.map(str::to_owned)] }
    }

    pub(super) fn row(&mut self, cells: [&Value; N]) {
        self.rows.push(cells.map(text));
    }

    pub(super) fn shown(&self) -> String {
        let mut widths = [0; N];
        for (width, column) in widths.iter_mut().zip(0..) {
            let cells = self.rows.iter().filter_map(|row| row.get::<usize>(column));
            *width = cells.map(|cell| cell.chars().count()).max().unwrap_or_default();
        }
        let mut shown = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths) {
                line += cell;
                line += &" ".repeat(width + 2 - cell.chars().count());
            }
            shown += line.trim_end();
            shown.push('\n');
        }
        shown
    }
}

/// A value as a person reads it: nothing for null and false.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(false) => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        // To the second: people do not read further.
        Value::String(text) => match text.split_once('.') {
            Some((second, rest)) if rest.len() == 7 && rest.ends_with('Z') => format!("{second}Z"),
            _ => text.clone(),
        },
        other => other.to_string(),
    }
}

/// The items of a list.
pub(super) fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list["items"].as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["NAME", "ADMIN", "SEEN"]);
        table.row([&json!("ada"), &json!(true), &json!("2026-11-21T12:00:00.000042Z")]);
        table.row([&json!("玛格丽特的名字"), &json!(false), &json!(null)]);
        assert_eq!(
            table.shown(),
            "NAME     ADMIN  SEEN\n\
             ada      yes    2026-11-21T12:00:00Z\n\
             玛格丽特的名字  -      -\n"
        );
    }
}
