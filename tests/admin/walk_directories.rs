//! The console: from the directories to a person and their devices, importing, and what each may see of it.

use thirtyfour::Key;

use crate::console::{Desk, Screen};
use crate::support::folder::Folder;
use crate::support::{Arrival, Browser, Kind, Product, Site, Wire, eventually};

async fn enrolled(site: &Site, address: &str) -> Wire {
    let mut wire = Wire::to(&site.origin);
    wire.enroll(site, address, Kind::Own).await;
    wire
}

async fn is_out(device: &mut Wire) {
    eventually("the device to be out", async || {
        (device.get("/api/v1/device").await.status == 401).then_some(())
    })
    .await;
}

/// From the console's first page to a person.
async fn to_person(screen: &Screen, address: &str) {
    screen.press("Directories").await;
    screen.reads("Add a domain").await;
    screen.press("example.com").await;
    screen.press(address).await;
    screen.reads("Authentication").await;
}

#[tokio::test]
async fn an_administrator_revokes_a_persons_authentication_as_the_guide_says() {
    let product = Product::start(&[("RESEND_AFTER_SECONDS", "0")]).await;
    let site = product.demo();
    let (ada, other) = (site.person("ada").await, site.person("other").await);
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, &ada.address).await;
    let phone = Browser::open().await;
    phone.goto(&link).await;
    phone.enroll(&site, &ada.address, Kind::Own, &arrival.url).await;
    let mut laptop = enrolled(&site, &ada.address).await;
    let mut others = enrolled(&site, &other.address).await;

    let screen = Screen::signed_in(&product, &site).await;
    to_person(&screen, &ada.address).await;
    screen.reads("2 devices are enrolled").await;
    screen.press("Revoke authentication").await;
    let asked = screen.dialog().await;
    assert!(asked.contains("2 devices") && asked.contains(&ada.address), "{asked}");
    screen.press("Cancel").await;
    screen.no_dialog().await;
    assert_eq!(laptop.get("/api/v1/device").await.status, 200);
    screen.press("Revoke authentication").await;
    screen.dialog().await;
    screen.press("Revoke authentication").await;
    let done = screen.browser.see("#done-part").await.text().await.unwrap();
    assert!(done.contains("2 devices were revoked") && done.contains("Cancel does not undo it"), "{done}");
    screen.press("Save and exit").await;
    screen.pressable(&ada.address).await;

    is_out(&mut laptop).await;
    assert_eq!(others.get("/api/v1/device").await.status, 200);
    eventually("the phone to be asked to enroll again", async || {
        phone.goto(&link).await;
        phone.url().await.starts_with(&format!("{}/enroll?", site.origin)).then_some(())
    })
    .await;
    phone.enroll(&site, &ada.address, Kind::Own, &arrival.url).await;
    screen.browser.complained_only_of(&[401]).await;
}

#[tokio::test]
async fn one_device_is_revoked_and_addresses_change_by_saving_only() {
    let product = Product::start(&[("RESEND_AFTER_SECONDS", "0")]).await;
    let site = product.demo();
    let ada = site.person("ada").await;
    let mut phone = enrolled(&site, &ada.address).await;
    let screen = Screen::signed_in(&product, &site).await;
    to_person(&screen, &ada.address).await;
    screen.write("Aliases", "one@example.com\ntwo@example.com").await;
    screen.press("Revoke").await;
    screen.press("Revoke this device").await;
    screen.reads("One device was revoked").await;
    is_out(&mut phone).await;
    assert_eq!(screen.value("Aliases").await, "one@example.com\ntwo@example.com", "what is typed stays");
    screen.press("Directories").await;
    screen.press("Leave without saving").await;
    screen.reads("Add a domain").await;
    assert_eq!(site.admin.user(&ada.id).await["aliases"], serde_json::json!([]));
    to_person(&screen, &ada.address).await;
    screen.write("Primary address", &site.person("taken").await.address).await;
    screen.press("Save and exit").await;
    screen.reads("somebody has this address already").await;
    screen.write("Primary address", "renamed@example.com").await;
    screen.tick("Disabled").await;
    screen.press("Save and exit").await;
    screen.press("Disable and save").await;
    screen.reads("saved").await;
    let user = site.admin.user(&ada.id).await;
    assert_eq!((&user["address"], &user["disabled"]), (&"renamed@example.com".into(), &true.into()));
}

#[tokio::test]
async fn a_selection_a_domain_and_everyone_are_revoked_after_one_question_with_numbers() {
    let product = Product::start(&[("RESEND_AFTER_SECONDS", "0")]).await;
    let site = product.demo();
    let (ada, grace) = (site.person("ada").await, site.person("grace").await);
    let screen = Screen::signed_in(&product, &site).await;
    let mut phones = [enrolled(&site, &ada.address).await, enrolled(&site, &grace.address).await];
    screen.press("Directories").await;
    screen.press("example.com").await;
    screen.tick("Select all on this page").await;
    screen.reads("2 selected").await;
    screen.press("Revoke authentication").await;
    let asked = screen.dialog().await;
    assert!(asked.contains("2 devices") && asked.contains("2 people"), "{asked}");
    screen.press("Revoke authentication").await;
    screen.reads("2 devices were revoked").await;
    for phone in &mut phones {
        is_out(phone).await;
    }

    let mut phone = enrolled(&site, &ada.address).await;
    screen.press("Directories").await;
    screen.press("Revoke authentication").await;
    let asked = screen.dialog().await;
    assert!(asked.contains("one device") && asked.contains("one person"), "{asked}");
    screen.press("Revoke authentication").await;
    screen.reads("One device was revoked").await;
    is_out(&mut phone).await;

    let mut phone = enrolled(&site, &ada.address).await;
    screen.press("Revoke authentication of everyone").await;
    screen.dialog().await;
    screen.press("Cancel").await;
    screen.no_dialog().await;
    assert_eq!(phone.get("/api/v1/device").await.status, 200);
    screen.press("Revoke authentication of everyone").await;
    screen.dialog().await;
    screen.press("Revoke authentication of everyone").await;
    screen.reads("One device was revoked").await;
    is_out(&mut phone).await;
}

#[tokio::test]
async fn what_takes_a_touch_asks_for_the_passkey_and_goes_on() {
    // Times are whole seconds here: of a single one, too little may be left for the action after the touch.
    let product = Product::start(&[("TOUCH_SECONDS", "4")]).await;
    let site = product.demo();
    let ada = site.person("ada").await;
    let mut phone = enrolled(&site, &ada.address).await;
    let screen = Screen::signed_in(&product, &site).await;
    screen.press("Directories").await;
    let in_session = "return fetch('/api/v1/admin/session').then((answer) => answer.json()).then((session) => session.touched_until);";
    eventually("the touch to be too old", async || {
        screen.browser.script(in_session).await.is_null().then_some(())
    })
    .await;
    screen.press("Revoke authentication of everyone").await;
    // In whichever order it is asked: what it does, and for the passkey.
    eventually("the device to be out", async || {
        for words in ["Revoke authentication of everyone", "Use my passkey"] {
            if screen.browser.shows("dialog[open]").await && screen.offers_in_dialog(words).await {
                screen.press(words).await;
            }
        }
        (phone.get("/api/v1/device").await.status == 401).then_some(())
    })
    .await;
    screen.reads("One device was revoked").await;
}

#[tokio::test]
async fn a_file_is_checked_line_by_line_and_imported_as_a_whole() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let folder = Folder::new("import");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let wrong = file("wrong.csv", "address,aliases\nada@example.com,\nada@example.com,\nnobody,\n");
    let right = file(
        "right.csv",
        "\u{feff}address,aliases\r\nada@example.com,a@example.com\r\ngrace@example.com,\r\n",
    );
    let screen = Screen::signed_in(&product, &site).await;
    screen.press("Directories").await;
    screen.press("Import people").await;
    screen.field("File").await.send_keys(&wrong).await.unwrap();
    screen.press("Send and check").await;
    screen.reads("What this file would do").await;
    screen.reads("Line 3").await;
    screen.reads("This address is in an earlier line already.").await;
    screen.reads("This is not a mail address that can be used.").await;
    screen.press("Cancel, and choose another file").await;
    screen.field("File").await.send_keys(&right).await.unwrap();
    screen.press("Send and check").await;
    screen.reads("What this file would do").await;
    assert!(site.admin.get("/users").await["users"].as_array().unwrap().is_empty());
    screen.press("Import 2 people").await;
    let asked = screen.dialog().await;
    assert!(asked.contains("2 people are added"), "{asked}");
    screen.press("Import").await;
    screen.reads("The import is done").await;
    assert_eq!(site.admin.get("/users").await["users"].as_array().unwrap().len(), 2);
    screen.browser.complained_only_of(&[401]).await;
}

#[tokio::test]
async fn the_help_desk_finds_a_person_and_revokes_and_sees_nothing_else() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let ada = site.person("ada").await;
    let mut phone = enrolled(&site, &ada.address).await;
    let mut administrator = Desk::open(&product, &site).await;
    let body = serde_json::json!({ "name": "Help Desk", "address": "desk@example.org", "role": "help_desk" });
    let invited = administrator.post("/administrators", &body, 201).await;
    let screen = Screen::open().await;
    screen.set_up(&site, invited["url"].as_str().unwrap()).await;
    screen.press("People").await;
    screen.browser.is_at(&format!("{}/admin/users", site.origin)).await;
    // As soon as it is known who this is.
    screen.pressable("People").await;
    for hidden in [
        "Directories",
        "Account settings",
        "Audit",
        "Interactions",
        "Administrators",
        "API tokens",
        "Announcement",
    ] {
        assert!(!screen.offers(hidden).await, "{hidden}");
    }
    screen.write("Find a person", &ada.address[..3]).await;
    screen.press("Search").await;
    screen.press(&ada.address).await;
    screen.pressable("Revoke authentication").await;
    for hidden in ["Save and exit", "Delete this person", "Add this person"] {
        assert!(!screen.offers(hidden).await, "{hidden}");
    }
    screen.press("Revoke authentication").await;
    screen.dialog().await;
    screen.press("Revoke authentication").await;
    screen.reads("One device was revoked").await;
    is_out(&mut phone).await;
}

#[tokio::test]
async fn a_person_is_revoked_with_the_keyboard_alone() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let ada = site.person("ada").await;
    let mut phone = enrolled(&site, &ada.address).await;
    let screen = Screen::signed_in(&product, &site).await;
    screen.enter("Directories").await;
    screen.reads("Add a domain").await;
    screen.enter("example.com").await;
    screen.enter(&ada.address).await;
    screen.pressable("Revoke authentication").await;
    screen.enter("Revoke authentication").await;
    screen.dialog().await;
    // Escape is the way out, and leads back to where one was.
    screen.browser.key(Key::Escape).await;
    screen.no_dialog().await;
    assert_eq!(screen.focused().await, "Revoke authentication");
    screen.browser.key(Key::Enter).await;
    screen.dialog().await;
    screen.enter("Revoke authentication").await;
    screen.reads("One device was revoked").await;
    is_out(&mut phone).await;
    screen.enter("Save and exit").await;
    screen.pressable(&ada.address).await;
}
