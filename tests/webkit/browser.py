"""One WebKitGTK window, driven line by line: WebKit's own driver opens nothing but ephemeral windows.

The only argument is the configuration, in JSON:
  data         folder of everything that lasts (not used where ephemeral)
  ephemeral    whether nothing is written to disk
  cookies      "first-party" or "never"
  itp          whether tracking prevention is on
  features     names of features of the engine to switch on
Each line on standard input is a command, {"goto": address} or {"script": body of an async function}; each is answered by
one line, {"value": ...} or {"error": words}. The window closes when standard input ends. Certificates are not judged.
"""

import json
import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gio, GLib, Gtk, WebKit2  # noqa: E402


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
        cookies = manager.get_cookie_manager()
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
            self.loading = True
            self.view.load_uri(command["goto"])
        else:
            body = command["script"]
            length = len(body.encode())
            self.view.call_async_javascript_function(body, length, None, None, None, None, self.returned)

    def load_changed(self, _view, event):
        if event == WebKit2.LoadEvent.FINISHED and self.loading:
            self.answer(value=None)

    def load_failed(self, _view, _event, address, error):
        if self.loading:
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

    def answer(self, **words):
        self.loading = False
        print(json.dumps(words), flush=True)
        self.listen()


Window(json.loads(sys.argv[1]))
Gtk.main()
