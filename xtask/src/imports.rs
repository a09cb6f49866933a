//! Shorter names for what the client's module imports from its glue. The bindings end each name in 16 random digits, which no
//! compression makes smaller, in the module and again in the glue: 2 KB of what a page loads. `wasm-opt` shortens only the
//! imports of modules it knows.

use crate::failure::{Failure, Outcome};

/// How the text of a module names the glue before the name of what it imports.
const FROM_GLUE: &str = "\"./client_wasm_bg.js\" \"";

/// The text of the module and the glue, with `i0`, `i1` and so on for the names they share.
pub(crate) fn shortened(module: &str, glue: &str) -> Outcome<(String, String)> {
    let mut parts = module.split(FROM_GLUE);
    let mut short_module = parts.next().unwrap_or_default().to_owned();
    let mut short_glue = glue.to_owned();
    let mut names: Vec<&str> = vec![];
    for part in parts {
        let (name, rest) = part.split_once('"').ok_or_else(|| Failure::new("an import without a name"))?;
        let number = names.iter().position(|known| *known == name).unwrap_or_else(|| {
            names.push(name);
            names.len().saturating_sub(1)
        });
        let short = format!("i{number}");
        short_module.extend([FROM_GLUE, &short, "\"", rest]);
        short_glue = with_word_replaced(&short_glue, name, &short);
    }
    match names.iter().find(|name| with_word_replaced(&short_glue, name, "") != short_glue) {
        Some(name) => Err(Failure::new(format!("{name} is still in the glue"))),
        None if names.is_empty() => Err(Failure::new("the module imports nothing from its glue")),
        None => Ok((short_module, short_glue)),
    }
}

/// Replaces `word` where it stands by itself.
fn with_word_replaced(text: &str, word: &str, by: &str) -> String {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_' || character == '$';
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(word) {
        let stands_alone = !before.ends_with(is_part) && !after.starts_with(is_part);
        result.extend([before, if stands_alone { by } else { word }]);
        rest = after;
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_get_the_same_names_and_nothing_else_is_touched() {
        let module = r#"(import "./client_wasm_bg.js" "__wbg_get_0123" (func $__wbg_get_0123))
            (import "./client_wasm_bg.js" "__wbg_set_4567" (func)) (data "__wbg_get_0123")"#;
        let glue = "{ __wbg_get_0123: (a) => a.__wbg_get_01234, __wbg_set_4567() {} }";
        let (short_module, short_glue) = shortened(module, glue).unwrap();
        assert_eq!(short_glue, "{ i0: (a) => a.__wbg_get_01234, i1() {} }");
        let expected = r#"(import "./client_wasm_bg.js" "i0" (func $__wbg_get_0123))
            (import "./client_wasm_bg.js" "i1" (func)) (data "__wbg_get_0123")"#;
        assert_eq!(short_module, expected);
    }

    #[test]
    fn a_module_of_another_glue_is_refused() {
        assert!(shortened(r#"(import "./another.js" "a" (func))"#, "").is_err());
    }
}
