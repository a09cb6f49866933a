"""One WebKitGTK window, driven line by line: WebKit's own driver opens nothing but ephemeral windows.

The only argument is the configuration, in JSON:
  data         folder of everything that lasts (not used where ephemeral)
  ephemeral    whether nothing is written to disk
  cookies      "first-party" or "never"
  itp          whether tracking prevention is on
  features     names of features of the engine to switch on
Each line on standard input is a command, and each is answered by one line, {"value": ...} or {"error": words}:
  {"goto": address}
  {"script": body of an async function}
  {"cookies": address}   the cookies a request for it would bring, HttpOnly ones too: [{"name", "value", "lasts"}]
  {"keep": {"name", "value", "host"}}   a cookie like the product's
  {"lose": name, "of": address}         a cookie less
  {"press": [x, y]}      the first mouse button, by the window system
The window closes when standard input ends. Certificates are not judged.
"""

import json
import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
gi.require_version("Soup", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gdk, Gio, GLib, Gtk, Soup, WebKit2  # noqa: E402


class Window:
    """The window, its one view, and the command under way."""

    def __init__(self, wanted):
        if wanted["ephemeral"]:
            manager = WebKit2.WebsiteDataManager.new_ephemeral()
        else:
            data = wanted["data"]
            manager = WebKit2.WebsiteDataManager(base_data_directory=data, base_cache_directory=data + "/cache")
        manager.set_itp_enabled(wanted["itp"])
        manager.set_tls_errors_policy(WebKit2.TLSErrorsPolicy.IGNORE)
        self.cookies = cookies = manager.get_cookie_manager()
        if not wanted["ephemeral"]:
            cookies.set_persistent_storage(data + "/cookies.sqlite", WebKit2.CookiePersistentStorage.SQLITE)
        never = wanted["cookies"] == "never"
        policy = WebKit2.CookieAcceptPolicy
        cookies.set_accept_policy(policy.NEVER if never else policy.NO_THIRD_PARTY)
        self.view = WebKit2.WebView(web_context=WebKit2.WebContext(website_data_manager=manager))
        self.switch_on(set(wanted["features"]))
        self.loading = False
        self.view.connect("load-changed", self.load_changed)
        self.view.connect("load-failed", self.load_failed)
        self.view.connect("web-process-terminated", lambda *_: self.answer(error="the page's process ended"))
        window = Gtk.Window(default_width=1024, default_height=768)
        window.add(self.view)
        window.show_all()
        self.input = Gio.DataInputStream.new(Gio.UnixInputStream.new(0, False))
        self.listen()

    def switch_on(self, names):
        settings = self.view.get_settings()
        features = WebKit2.Settings.get_all_features()
        for place in range(features.get_length()):
            feature = features.get(place)
            if feature.get_identifier() in names:
                names.remove(feature.get_identifier())
                settings.set_feature_enabled(feature, True)
        if names:
            sys.exit(f"this engine does not know {sorted(names)}")

    def listen(self):
        self.input.read_line_async(GLib.PRIORITY_DEFAULT, None, self.heard)

    def heard(self, stream, result):
        line, _ = stream.read_line_finish_utf8(result)
        if line is None:
            Gtk.main_quit()
            return
        command = json.loads(line)
        if "goto" in command:
            self.may_ask_again = True
            self.load(command["goto"])
        elif "cookies" in command:
            self.cookies.get_cookies(command["cookies"], None, self.found)
        elif "keep" in command:
            self.keep(**command["keep"])
        elif "lose" in command:
            self.cookies.get_cookies(command["of"], None, self.lose, command["lose"])
        elif "press" in command:
            self.press(*command["press"])
        else:
            body = command["script"]
            length = len(body.encode())
            self.view.call_async_javascript_function(body, length, None, None, None, None, self.returned)

    def load(self, address):
        self.loading = True
        self.view.load_uri(address)

    def load_changed(self, _view, event):
        if event == WebKit2.LoadEvent.FINISHED and self.loading:
            self.answer(value=None)

    def load_failed(self, _view, _event, address, error):
        cancelled = error.matches(WebKit2.network_error_quark(), WebKit2.NetworkError.CANCELLED)
        if self.loading and cancelled and self.may_ask_again:
            # Once in some hundred loads, on a machine with more to do than it can, the engine gives one up that nobody has cancelled.
            self.loading = self.may_ask_again = False
            # This load comes to its end first.
            GLib.idle_add(self.load, address)
        elif self.loading:
            self.answer(error=f"{address}: {error.message}")
        return True

    def returned(self, view, result):
        try:
            value = view.call_async_javascript_function_finish(result).to_json(0)
        except GLib.Error as error:
            self.answer(error=error.message)
        else:
            # What JSON has no word for, such as undefined, is null.
            self.answer(value=json.loads(value) if value else None)

    def found(self, manager, result):
        self.answer(
            value=[
                {"name": one.get_name(), "value": one.get_value(), "lasts": one.get_expires() is not None}
                for one in manager.get_cookies_finish(result)
            ]
        )

    def keep(self, name, value, host):
        cookie = Soup.Cookie.new(name, value, host, "/", 86400)
        cookie.set_secure(True)
        cookie.set_http_only(True)
        cookie.set_same_site_policy(Soup.SameSitePolicy.LAX)
        self.cookies.add_cookie(cookie, None, lambda *_: self.answer(value=None))

    def lose(self, manager, result, name):
        gone = [one for one in manager.get_cookies_finish(result) if one.get_name() == name]
        if not gone:
            return self.answer(error=f"there is no cookie {name}")
        manager.delete_cookie(gone[0], None, lambda *_: self.answer(value=None))

    def press(self, x, y):
        for kind in (Gdk.EventType.BUTTON_PRESS, Gdk.EventType.BUTTON_RELEASE):
            if not Gdk.test_simulate_button(self.view.get_window(), x, y, 1, Gdk.ModifierType(0), kind):
                return self.answer(error="the window system presses no button")
        self.answer(value=None)

    def answer(self, **words):
        self.loading = False
        print(json.dumps(words), flush=True)
        self.listen()


Window(json.loads(sys.argv[1]))
Gtk.main()
