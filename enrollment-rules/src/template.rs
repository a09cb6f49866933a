//! Templates: text with values in it.
//!
//! A line that begins with `{if NAME}` is there only where that holds, and `{NAME}` is a value. The first line of a mail's plain form
//! is its subject.

use crate::html::in_html;

/// What a template is filled with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Values {
    /// Conditions that hold.
    holds: Vec<&'static str>,
    values: Vec<(&'static str, String)>,
}

impl Values {
    /// The same, with a value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.push((name, value.into()));
        self
    }

    /// The same, with a condition if it holds.
    #[must_use]
    pub fn when(mut self, condition: &'static str, holds: bool) -> Self {
        if holds {
            self.holds.push(condition);
        }
        self
    }

    /// A mail in plain text: its subject, and the rest.
    #[must_use]
    pub fn fill_text(&self, template: &str) -> (String, String) {
        let filled = self.fill(template, str::to_owned);
        let (subject, text) = filled.split_once('\n').unwrap_or((&filled, ""));
        (subject.to_owned(), text.trim_start().to_owned())
    }

    /// A page. The values are text in it, whatever they hold.
    #[must_use]
    pub fn fill_html(&self, template: &str) -> String {
        self.fill(template, in_html)
    }

    /// The lines that are there, not yet filled.
    pub fn lines<'a>(&self, template: &'a str) -> impl Iterator<Item = &'a str> {
        template.lines().filter_map(|line| self.kept(line))
    }

    /// One line, from left to right, once: what a value holds is no placeholder.
    #[must_use]
    pub fn fill_line(&self, line: &str, written: impl Fn(&str) -> String) -> String {
        let mut parts = line.split('{');
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').unwrap_or(("", part));
            let value = self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| written(value));
            filled.push_str(&value.unwrap_or_default());
            filled.push_str(rest);
        }
        filled
    }

    fn fill(&self, template: &str, written: impl Fn(&str) -> String) -> String {
        let mut filled = String::new();
        for line in self.lines(template) {
            filled.push_str(&self.fill_line(line, &written));
            filled.push('\n');
        }
        filled
    }

    fn kept<'a>(&self, line: &'a str) -> Option<&'a str> {
        let Some((condition, rest)) = line.strip_prefix("{if ").and_then(|line| line.split_once('}')) else {
            return Some(line);
        };
        self.holds.contains(&condition).then_some(rest)
    }

    /// Whether a placeholder of this name would be filled.
    #[cfg(test)]
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values.iter().any(|(known, _)| *known == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_markup_or_a_placeholder() {
        let odd = Values::default().with("account", "<b>{help}</b>").with("help", "x");
        assert_eq!(odd.fill_html("<p>{account}"), "<p>&lt;b&gt;{help}&lt;/b&gt;\n");
        assert_eq!(odd.fill_text("{account}\n\nx").0, "<b>{help}</b>");
    }

    #[test]
    fn a_line_with_a_condition_is_there_only_where_it_holds() {
        let values = Values::default().when("yes", true).when("no", false);
        assert_eq!(values.fill_html("a\n{if yes}b\n{if no}c\n{if other}d"), "a\nb\n");
    }
}
