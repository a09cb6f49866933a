//! The support matrix: `support.json`, of which the build makes a constant.

use super::browser::{Browser, Engine, Version};
use super::{Answer, Finding};

// MINIMUM: per engine, the version that has all the page and its wasm module need.
include!(concat!(env!("OUT_DIR"), "/support.rs"));

/// The finding `supported`. An engine or a version that is not known may be newer than this table.
#[must_use]
pub fn finding(browser: &Browser) -> Finding {
    let minimum = MINIMUM.iter().find(|(engine, _)| *engine == browser.engine).map(|(_, minimum)| minimum);
    let answer = match (&browser.version, minimum) {
        (Some(version), Some(minimum)) if version < minimum => Answer::No,
        (Some(_), Some(_)) => Answer::Yes,
        _ => Answer::Unknown,
    };
    Finding::new(answer, browser.seen())
}

#[cfg(test)]
mod tests {
    use super::super::browser::Brand;
    use super::*;

    fn answer(engine: Engine, version: Option<(u16, u16)>) -> Answer {
        let version = version.map(|(major, minor)| Version { major, minor });
        finding(&Browser { engine, brand: Brand::Other, version }).answer
    }

    #[test]
    fn the_table_is_the_data_file() {
        let rows: Vec<serde_json::Value> = serde_json::from_str(include_str!("../../support.json")).unwrap();
        for (engine, name) in
            [(Engine::Chromium, "chromium"), (Engine::Gecko, "gecko"), (Engine::WebKit, "webkit")]
        {
            let needed = rows.iter().filter(|row| row["engine"] == name && row["feature"] != "device_key");
            let newest = needed.map(|row| Version::parse(row["minimum"].as_str().unwrap()).unwrap()).max();
            let minimum = MINIMUM.iter().find(|(of, _)| *of == engine).map(|(_, minimum)| *minimum);
            assert_eq!(minimum, newest, "{name}");
        }
    }

    #[test]
    fn below_the_minimum_is_outdated_and_at_it_is_not() {
        for (engine, minimum) in MINIMUM {
            let Version { major, minor } = minimum;
            assert_eq!(answer(engine, Some((major, minor))), Answer::Yes);
            assert_eq!(answer(engine, Some((major, minor + 1))), Answer::Yes);
            assert_eq!(answer(engine, Some((major + 1, 0))), Answer::Yes);
            assert_eq!(answer(engine, Some((major - 1, 99))), Answer::No);
        }
        assert_eq!(answer(Engine::WebKit, Some((15, 0))), Answer::No);
        // Too old for a device key is not too old.
        assert_eq!(answer(Engine::Chromium, Some((120, 0))), Answer::Yes);
    }

    #[test]
    fn an_unknown_engine_or_version_is_not_called_outdated() {
        assert_eq!(answer(Engine::Other, Some((1, 0))), Answer::Unknown);
        for engine in [Engine::Chromium, Engine::Gecko, Engine::WebKit, Engine::Other] {
            assert_eq!(answer(engine, None), Answer::Unknown);
        }
    }
}
