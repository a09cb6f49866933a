//! The two forms of a mail, made of one template: plain text, and HTML that says the same.
//!
//! A template is a mail's plain form (`crate::template`). What a line begins with is its mark: `# ` is shown large, `> ` is a link,
//! `- ` is one of a list; lines without one are a paragraph, and an empty line ends it.

use crate::html::in_html;
use crate::language::Language;
use crate::template::Values;

/// Colors, for the many mail programs that keep a style sheet. Those that drop it are left to their own, light or dark: nothing below
/// sets one color without the other.
const STYLE: &str = "\
:root{color-scheme:light dark}
body{background:#fff;color:#0b0c0c}
a{color:#1b4f8f}
.code{background:#f2f4f6}
@media (prefers-color-scheme:dark){
body{background:#14181b;color:#eef1f3}
a{color:#9cc4ff}
.code{background:#20262b}
}
";
const FONT: &str = "font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif";
const PARAGRAPH: &str = "<p style=\"margin:0 0 16px\">";
const LIST: &str = "<ul style=\"margin:0 0 16px;padding:0 0 0 24px\">\n";
/// Spaced by its style alone: whoever copies the code gets its digits and nothing else.
const CODE: &str = "margin:0 0 16px;padding:12px 16px;border:1px solid #6b7278;\
     font:bold 32px/1.25 ui-monospace,Menlo,Consolas,monospace;letter-spacing:.12em";

/// How a line is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Plain,
    Large,
    Link,
    Item,
    End,
}

fn marked(line: &str) -> (Mark, &str) {
    for (prefix, mark) in [("# ", Mark::Large), ("> ", Mark::Link), ("- ", Mark::Item)] {
        if let Some(rest) = line.strip_prefix(prefix) {
            return (mark, rest);
        }
    }
    (if line.is_empty() { Mark::End } else { Mark::Plain }, line)
}

/// The lines below the subject, and how each is shown. The template's own marks count, not what a value begins with.
fn body<'a>(template: &'a str, values: &Values) -> impl Iterator<Item = (Mark, &'a str)> {
    values.lines(template).skip(1).skip_while(|line| line.is_empty()).map(marked)
}

/// The subject: the first line.
pub(super) fn subject(template: &str, values: &Values) -> String {
    values.fill_line(template.lines().next().unwrap_or_default(), str::to_owned)
}

/// The plain form. Its lines end as mail's do.
pub(super) fn text(template: &str, values: &Values) -> String {
    let mut text = String::new();
    for (mark, line) in body(template, values) {
        if mark == Mark::Item {
            text.push_str("- ");
        }
        text.push_str(&values.fill_line(line, str::to_owned));
        text.push_str("\r\n");
    }
    text
}

/// What closes the lines of one mark, where each does not close itself.
const fn ending(mark: Mark) -> &'static str {
    match mark {
        Mark::Plain => "</p>\n",
        Mark::Item => "</ul>\n",
        Mark::Large | Mark::Link | Mark::End => "",
    }
}

/// The same as a page of its own, in lines that mail can carry.
pub(super) fn html(template: &str, values: &Values, language: Language) -> String {
    let tag = language.tag();
    let title = in_html(&subject(template, values));
    // The language is said twice: many programs show what is in the body and nothing around it.
    let mut html = format!(
        "<!doctype html>\n<html lang=\"{tag}\" dir=\"ltr\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"supported-color-schemes\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body style=\"margin:0;padding:16px;{FONT}\">\n\
         <div lang=\"{tag}\" dir=\"ltr\" style=\"max-width:36em;margin:0 auto;overflow-wrap:anywhere;{FONT}\">\n"
    );
    let mut before = Mark::End;
    for (mark, line) in body(template, values) {
        let value = values.fill_line(line, in_html);
        if mark != before {
            html.push_str(ending(before));
        }
        match mark {
            Mark::Plain if before == Mark::Plain => html.extend(["<br>\n", &value]),
            Mark::Plain => html.extend([PARAGRAPH, &value]),
            Mark::Large => html.extend(["<p class=\"code\" style=\"", CODE, "\">", &value, "</p>\n"]),
            Mark::Link => {
                html.extend([PARAGRAPH, "<a href=\"", &value, "\">", &value, "</a></p>\n"]);
            }
            Mark::Item => {
                if before != Mark::Item {
                    html.push_str(LIST);
                }
                html.extend(["<li>", &value, "</li>\n"]);
            }
            Mark::End => {}
        }
        before = mark;
    }
    html.push_str(ending(before));
    html.push_str("</div>\n</body>\n</html>\n");
    html
}
