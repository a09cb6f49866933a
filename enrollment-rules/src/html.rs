//! Words of others within our own HTML.

/// Text as it stands in HTML, between tags or in an attribute's quotes. Five characters, so no crate for it.
#[must_use]
pub fn in_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        assert_eq!(in_html("<a href='x\"&'>"), "&lt;a href=&#39;x&quot;&amp;&#39;&gt;");
    }
}
