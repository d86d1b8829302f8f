//! Says what a TOML parser complains of in words with a cure.

use super::problem::Problem;
use super::reader::Cx;
use std::collections::HashSet;

/// Keeps a parser's complaints, one a line: those that follow in the same line come from the first.
pub(crate) fn tell(errors: &[toml::de::Error], cx: &mut Cx<'_>) {
    let mut lines = HashSet::new();
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        if lines.insert(cx.line_of(&span)) {
            let message = error.message().lines().next().unwrap_or_default();
            let (what, help) = words(message);
            cx.problem(span, "FILE_SYNTAX", what, help);
        }
    }
}

/// Takes out what only follows from a line that could not be read: things missing, and values that the parser made
/// up in place of what it could not understand.
pub(crate) fn only_causes(problems: &mut Vec<Problem>) {
    let broken: HashSet<usize> = problems.iter().filter(|p| p.code == "FILE_SYNTAX").map(|p| p.line).collect();
    problems.retain(|p| {
        let follows = matches!(
            p.code,
            "FILE_MISSING_KEY" | "FILE_UNKNOWN_NAME" | "FILE_NO_CANVAS" | "FILE_UNKNOWN_KEY" | "FILE_DUPLICATE"
        );
        let made_up = broken.contains(&p.line) || (p.line, p.column) == (1, 1);
        p.code == "FILE_SYNTAX" || !(follows || made_up)
    });
}

fn words(message: &str) -> (String, &'static str) {
    let known = [
        ("string values must be quoted", "a value is missing, or is a text without quotes", "write key = \"text\""),
        ("duplicate key", "this key stands twice in its table", "keep one of the two"),
        ("unclosed table", "this section's name is not closed", "end it with ] or ]]"),
        ("invalid basic string", "this text is not closed", "end it with \" in the same line"),
        ("invalid literal string", "this text is not closed", "end it with ' in the same line"),
        ("unclosed array", "this list is not closed", "end it with ]"),
        ("unclosed inline table", "this table is not closed", "end it with }"),
        ("extra `=`", "there is an = too many here", "write key = value with one ="),
    ];
    let found = known.into_iter().find(|(start, ..)| message.starts_with(start));
    found.map_or_else(
        || (message.to_owned(), "check the quotes, brackets and = signs of this line"),
        |(_, what, help)| (what.to_owned(), help),
    )
}
