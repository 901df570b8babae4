"""Loading the settings: file, environment, defaults, error messages, and the sample configuration."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.config import INITIATIVE_PAGE, Settings, load, setting_types
from cmr_watch.config.load import SECTIONS, keys, options, why_another_database
from cmr_watch.config.settings import SubscriptionEntry
from cmr_watch.exceptions import ConfigError
from cmr_watch.models.recipients import SubscriptionRequest

SAMPLE = Path(__file__).parent.parent / "config" / "cmr-watch.toml"
HOME = {"HOME": "/home/anna"}


@pytest.fixture
def load_text(tmp_path: Path):
    def write(text: str | bytes, **environ: str) -> Settings:
        file = tmp_path / "watch.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(file, {**HOME, **environ})

    return write


def error_message(load_text, text: str | bytes, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_text(text, **environ)
    return str(caught.value)


def test_defaults_without_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load(None, HOME)
    assert settings.database.url == "sqlite:////home/anna/.local/state/cmr-watch/cmr-watch.db"
    assert (settings.page.url, settings.mail.host, settings.subscriptions) == (INITIATIVE_PAGE, None, ())
    assert (settings.mail.effective_port, settings.messages.zone.key, settings.file) == (587, "Europe/Brussels", None)


def test_a_full_file(load_text, tmp_path):
    (tmp_path / "password").write_text("sesame\n")
    (tmp_path / "chat").write_text("slack://a/b/c\n")
    settings = load_text(
        """
        [database]
        url = "sqlite:////srv/watch.db"
        [page]
        url = "http://copy.example.eu:8080/list"
        hosts = ["Copy.Example.eu:8080"]
        [fetch]
        deadline = 30
        robots = false
        [mail]
        host = "smtp.example.eu"
        security = "tls"
        user = "watch"
        password_file = "password"
        from = "watch@example.eu"
        [log]
        format = "json"
        [[subscriptions]]
        name = "anna"
        to = "anna@example.eu"
        topics = ["calls"]
        countries = ["France", "pl", "Türkiye"]
        [[subscriptions]]
        name = "chat"
        to_file = "chat"
        """
    )
    assert settings.mail.password == "sesame"
    assert settings.mail.effective_port == 465
    assert (settings.fetch.deadline, settings.fetch.robots, settings.log.format) == (30, False, "json")
    assert settings.page.hosts == ("copy.example.eu:8080",)
    assert settings.subscriptions == (
        SubscriptionRequest("anna@example.eu", ("calls",), ("FR", "PL", "TR"), "anna"),
        SubscriptionRequest("slack://a/b/c", name="chat"),
    )
    assert settings.secrets == ("sesame", "slack://a/b/c")


def test_secrets_are_not_in_the_repr(load_text):
    settings = load_text(
        '[database]\nurl = "postgresql://u:sesame@h/n"\n[[subscriptions]]\nname = "chat"\nto = "slack://a/b/c"'
    )
    assert "sesame" not in repr(settings)
    assert "slack" not in repr(settings)
    assert settings.secrets == ("sesame", "slack://a/b/c")


# ── the environment ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_environment_takes_precedence_over_the_file(load_text):
    settings = load_text(
        "[mail]\nport = 25\n[page]\nhosts = ['a.eu']",
        CMR_WATCH_MAIL_PORT="2525",
        CMR_WATCH_PAGE_HOSTS="b.eu, c.eu",
        CMR_WATCH_FETCH_ROBOTS="no",
    )
    assert (settings.mail.port, settings.page.hosts, settings.fetch.robots) == (2525, ("b.eu", "c.eu"), False)


def test_an_empty_variable_counts_as_not_set(load_text):
    assert load_text("[mail]\nport = 25", CMR_WATCH_MAIL_PORT="").mail.port == 25


def test_a_secret_file_named_by_the_environment(load_text, tmp_path):
    (tmp_path / "s").write_text("sesame ")
    settings = load_text('[mail]\nuser = "u"\npassword = "old"', CMR_WATCH_MAIL_PASSWORD_FILE=str(tmp_path / "s"))
    assert settings.mail.password == "sesame "


def test_a_secret_file_with_a_byte_order_mark(load_text, tmp_path):
    (tmp_path / "s").write_bytes(b"\xef\xbb\xbfsesame\r\n")  # as Windows Notepad saves it
    assert load_text('[mail]\nuser = "u"\npassword_file = "s"').mail.password == "sesame"


def test_a_configuration_file_named_by_the_environment(tmp_path):
    (tmp_path / "x.toml").write_text("[mail]\nport = 26")
    assert load(None, {**HOME, "CMR_WATCH_CONFIG": str(tmp_path / "x.toml")}).mail.port == 26


def test_a_configuration_file_in_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "cmr-watch.toml").write_text("[mail]\nport = 27")
    monkeypatch.chdir(tmp_path)
    assert load(None, HOME).mail.port == 27


@pytest.mark.parametrize(
    ("environ", "database"),
    [
        ({"XDG_STATE_HOME": "/state"}, "sqlite:////state/cmr-watch/cmr-watch.db"),
        ({"XDG_STATE_HOME": "relative"}, "sqlite:////home/anna/.local/state/cmr-watch/cmr-watch.db"),
        ({"CMR_WATCH_DATABASE_URL": "postgresql://h/n"}, "postgresql://h/n"),
    ],
)
def test_default_database(load_text, environ, database):
    assert load_text("", **environ).database.url == database


@pytest.mark.parametrize("service", ["CMR_WATCH", "CMR_WATCH_WEB"])
def test_variables_set_by_kubernetes_are_ignored(load_text, service):
    values = {
        "SERVICE_HOST": "10.0.0.1",
        "SERVICE_PORT": "80",
        "SERVICE_PORT_HTTP": "80",
        "PORT": "tcp://10.0.0.1:80",
        "PORT_80_TCP": "tcp://10.0.0.1:80",
        "PORT_80_TCP_PROTO": "tcp",
        "PORT_80_TCP_PORT": "80",
        "PORT_80_TCP_ADDR": "10.0.0.1",
    }
    assert load_text("", **{f"{service}_{name}": value for name, value in values.items()})


# ── error messages ───────────────────────────────────────────────────────────────────────────────────────────────

ERRORS = [
    ('[mail]\nport = "abc"', '[mail] port: found "abc", expected a whole number from 1 to 65535'),
    ("[mail]\nport = 0", "[mail] port: found 0, expected a whole number from 1 to 65535"),
    ("[mail]\nport = true", "[mail] port: found true, expected a whole number from 1 to 65535"),
    ("[mail]\nprot = 1", '[mail] prot: unknown; did you mean "port"?'),
    ("[log]\nzzz = 1", "[log] zzz: unknown; expected one of level, format"),
    ("[mial]\nport = 1", '[mial]: unknown; did you mean "mail"?'),
    ("[mail]\nport = 1\nport = 2", "is not valid TOML: "),
    ("mail = 3", "mail: found a number (not shown: it may be secret), expected a table [mail]"),
    (b"\xff", "is not UTF-8 text (byte 0)"),
    ('[mail]\nsecurity = "ssl"', '[mail] security: found "ssl", expected one of "starttls", "tls", "plain"'),
    ('[mail]\nhost = "smtp.example.eu"', "[mail] from: is missing, expected the sender address of all mail"),
    ('[mail]\nuser = "u"', "[mail] password_file: is missing; user requires it"),
    ('[mail]\npassword = "p"', "[mail] user: is missing; password requires it"),
    ('[mail]\npassword = "a\\nb"', "found text (not shown: it may be secret), expected a password on a single line"),
    ('[mail]\nuser = "u"\npassword_file = "empty"', "empty is empty"),
    ('[fetch]\nproxy = "socks5://me:sesame@proxy"', 'expected an HTTP proxy such as "http://proxy.example.eu:3128"'),
    ('[fetch]\nproxy = "http://proxy/path"', "[fetch] proxy: found "),
    ('[fetch]\nproxy = "http://proxy:0"', "[fetch] proxy: found "),
    ('[fetch]\nproxy = "proxy:3128"', "[fetch] proxy: found text (not shown: it may be secret), expected"),
    ('[fetch]\ncontact = "Bob"', '[fetch] contact: found "Bob", expected an e-mail address, or a web page such as'),
    ('[fetch]\ncontact = "ftp://a.eu"', "expected an e-mail address, or a web page"),
    ('[operator]\nto = ["a@b.eu", "bob-sesame"]', "expected a list of e-mail addresses and Apprise URLs (not item 2)"),
    ('[mail]\npassword_file = "none"', "none: No such file or directory"),
    ('[mail]\npassword_file = "a"\npassword = "b"', "[mail] password: is set twice, also as password_file"),
    ('[mail]\nca_file = "none.pem"', "none.pem: No such file or directory"),
    ('[mail]\nfrom_name = "a\\r\\nBcc: b"', r'[mail] from_name: found "a\r\nBcc: b", expected a single line of text'),
    ('[page]\nurl = "ftp://a.eu"', '[page] url: found "ftp://a.eu", expected an HTTP or HTTPS URL'),
    ('[page]\nurl = "https://u:p@clustercollaboration.eu"', "expected an HTTP or HTTPS URL without a password"),
    ('[page]\nurl = "https://a.eu:99999/"', "expected an HTTP or HTTPS URL"),
    ('[page]\nurl = "https://a.eu/"', 'to watch it anyway, set hosts = ["a.eu"]'),
    (
        '[web]\nurl = "https://a.eu/watch"',
        '[web] url: found "https://a.eu/watch", expected an HTTP or HTTPS URL without a path',
    ),
    ('[web]\nurl = "https://a.eu/?x=1"', "expected an HTTP or HTTPS URL without a path, password or query string"),
    ('[page]\nhosts = "a.eu"', '[page] hosts: found "a.eu", expected a list of host names such as ["example.eu"]'),
    (
        '[database]\nurl = "mysql://u:sesame@h/n"',
        '[database] url: found text (not shown: it may be secret), expected "sqlite:///FILE" or',
    ),
    ('[database]\nurl = "sqlite:///:memory:"', "[database] url: found "),
    ('[messages]\ntime_zone = "Europe/Bruxelles"', '[messages] time_zone: found "Europe/Bruxelles", expected a time'),
    ('[messages]\ntime_zone = "Europe"', '[messages] time_zone: found "Europe", expected a time zone such as'),
    ('[messages]\ntime_zone = "../etc"', "[messages] time_zone: found "),
    ("[subscriptions]\nto = 'a@b.eu'", "subscriptions: found a table, expected one or more [[subscriptions]]"),
    ("[[subscriptions]]\nto = 'a@b.eu'", "[[subscriptions]] number 1 name: is missing"),
    ("[[subscriptions]]\nname = 'a'", '[[subscriptions]] "a" to: is missing, expected an e-mail address or an Apprise'),
    (
        "[[subscriptions]]\nname = 'a'\nto = 'anna'",
        '"a" to: found text (not shown: it may be secret), expected an',
    ),
    (
        "[[subscriptions]]\nname = 'a'\nto = 'a@b@c'",
        '[[subscriptions]] "a" to: found text (not shown: it may be secret), expected an e-mail',
    ),
    ("[[subscriptions]]\nname = 'a'\nto = 'a..b@x.org'", 'such as "slack://…" (the part before the "@" begins or ends'),
    ("[[subscriptions]]\nname = 'a'\nto = '.a@x.org'", 'such as "slack://…" (the part before the "@" begins or ends'),
    ("[[subscriptions]]\nname = 'a'\nto = 'x@y'", 'such as "slack://…" (the domain "y" has no dot)'),
    ("[[subscriptions]]\nname = 'a'\nto = 'a@b.eu'\nquiet = '07:00-07:00'", "(both times are the same)"),
    ("[[subscriptions]]\nname = 'a'\nto = 'a@b.eu'\nreminders = [0]", "expected a list of days from 1 to 365"),
    ("[mail]\nfrom = 'watch@-x.org'", '"watch@example.eu"'),
    ("[[subscriptions]]\nname = 'a'\nto = 'a@b.eu'\n" * 2, '[[subscriptions]] "a" name: is used twice'),
    (
        "[[subscriptions]]\nname = 'a'\nto = 'a@b.eu'\ntopics = ['call']",
        'topics: found ["call"], expected a list of',
    ),
    ("[[subscriptions]]\nname = 'a'\nto = 'a@b.eu'\ntopics = []", "topics: found [], expected one or more of"),
    ("[[subscriptions]]\nname = 'a'\nto = 'a@b.eu'\ncountries = ['Atlantis']", 'countries: found ["Atlantis"], expect'),
    (
        "[[subscriptions]]\nname = 'a'\nto = 'a@b.eu'\ncountries = ['France', 'Frnace']",
        """such as ["France", "PL"] (not 'Frnace')""",
    ),
    ("[[subscriptions]]\nname = 'a'\nto = 'a@b.eu'\nquiet = '00:00-23:59'", "(that leaves less than an hour a day"),
    ("[[subscriptions]]\nname = 'a'\nadress = 'a@b.eu'", '[[subscriptions]] "a" adress: unknown; '),
]


@pytest.mark.parametrize(("text", "message"), ERRORS)
def test_errors_in_the_file(load_text, tmp_path, text, message):
    (tmp_path / "empty").write_text("\n")
    error = error_message(load_text, text)
    assert message in error
    assert error.startswith(str(tmp_path))
    assert "\n" not in error
    assert "sesame" not in error


SECRET_KEYS = [
    f"[{name}]\n{option.key}"
    for name, section in {**SECTIONS, "[subscriptions]": SubscriptionEntry}.items()
    for option in options(section).values()
    if option.secret
]
URL_KEYS = ["[page]\nurl", "[page]\nhosts", "[web]\nurl", "[archive]\ntimemap", "[fetch]\ncontact", "[mail]\nhost"]
SCALARS = st.sampled_from(
    ['"{}"', "'b@{}:x'", "'slack:/{}'", "'https://u:{}@'", "'tgram//{}@x'", '"{}\\n"', "{}", "{}.5"]
)
VALUES = st.recursive(SCALARS, lambda value: st.one_of(value.map("[{}]".format), value.map("{{ a = {} }}".format)))


def error_of(text: str) -> str:
    """The error message of a configuration, or nothing if it is valid."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "watch.toml"
        file.write_text(text, encoding="utf-8")
        try:
            load(file, HOME)
        except ConfigError as error:
            return str(error)
    return ""


@pytest.mark.parametrize("key", SECRET_KEYS)
@settings(max_examples=25, deadline=None)
@given(value=VALUES)
def test_the_value_of_a_secret_key_is_never_shown(key, value):
    error = error_of(f"{key} = {value.replace('{}', '87654321')}\n")
    assert "87654321" not in error
    assert "\n" not in error


@pytest.mark.parametrize("key", URL_KEYS)
@pytest.mark.parametrize(
    "value",
    [
        "https://u:87654321@a.eu/x y",
        "ftp://87654321@a.eu",
        "u:87654321@a.eu/",
        "https://a.eu:99999/?token=87654321#x",
        "https://u:p/87654321@a.eu:99999",
        "https://u:87654321@a.eu/?next=https://b.eu",
    ],
)
@pytest.mark.parametrize("form", ['"{}"', '["{}"]', '[["{}"]]'])
def test_passwords_in_urls_are_never_shown(key, value, form):
    assert "87654321" not in error_of(f"{key} = {form.format(value)}\n")


@pytest.mark.parametrize("text", ['mail = "87654321"', 'subscriptions = ["slack://87654321"]', "operator = [87654321]"])
def test_a_value_in_the_place_of_a_section_is_not_shown(text):
    assert "87654321" not in error_of(text)


def test_a_name_of_a_secret_file_that_is_the_secret_itself(load_text):
    assert "87654321" not in error_message(load_text, "[mail]\npassword_file = 87654321")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = " + "[" * 100_000, "is not valid TOML: too many brackets in brackets"),
        ("a = " + "{a=" * 100_000, "is not valid TOML: too many brackets in brackets"),
        ("[mail]\nport = " + "9" * 5000, "cannot be read: a number"),
        ("[mail]\nport = 0x" + "f" * 5000, "[mail] port: found a number with too many digits, expected a whole"),
        ("[mail]\nport = " + "9" * 4000, "[mail] port: found 999"),
        ("[mail]\nport = 1e999999", "[mail] port: found Infinity"),
        ("# " + "a" * 5_000_000, "cannot be read: it is larger than 4 MiB"),
    ],
    ids=["arrays", "tables", "decimal", "hexadecimal", "long", "infinite", "large"],
)
def test_absurd_files(load_text, text, reason):
    error = error_message(load_text, text)
    assert reason in error
    assert len(error) < 500


@pytest.mark.parametrize(
    "use", ["{}", '[mail]\npassword_file = "{}"', '[mail]\nca_file = "{}"'], ids=["file", "secret", "certificates"]
)
@pytest.mark.parametrize("kind", ["fifo", "device"])
def test_only_regular_files_are_read(tmp_path, use, kind):
    os.mkfifo(tmp_path / "fifo")
    path = {"fifo": tmp_path / "fifo", "device": Path("/dev/zero")}[kind]
    (tmp_path / "watch.toml").write_text(use.format(path))
    with pytest.raises(ConfigError, match=r"read.*: it is not a regular file$"):
        load(path if use == "{}" else tmp_path / "watch.toml", HOME)


def test_what_drives_a_terminal_is_escaped(load_text):
    error = error_message(load_text, "[mail]\nsecurity = 'tls\u202e\u009b'")
    assert '[mail] security: found "tls\\u202e\\u009b", expected' in error


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"CMR_WATCH_MAIL_PORT": "abc"}, 'environment: CMR_WATCH_MAIL_PORT: found "abc", expected a whole number'),
        ({"CMR_WATCH_MAIL_PROT": "1"}, 'CMR_WATCH_MAIL_PROT: unknown; did you mean "CMR_WATCH_MAIL_PORT"?'),
        ({"CMR_WATCH_MIAL_HOST": "h"}, 'CMR_WATCH_MIAL_HOST: unknown; did you mean "CMR_WATCH_MAIL_HOST"?'),
        ({"CMR_WATCH_CONFG": "x"}, 'CMR_WATCH_CONFG: unknown; did you mean "CMR_WATCH_CONFIG"?'),
        ({"CMR_WATCH_PORT": "80"}, "CMR_WATCH_PORT: unknown; did you mean"),
        ({"CMR_WATCH_MAIL_PASSWORD_FILE": "/nowhere"}, "CMR_WATCH_MAIL_PASSWORD_FILE: cannot read /nowhere: No such"),
        (
            {"CMR_WATCH_MAIL_PASSWORD_FILE": "/run/secrets/mail-password"},
            "No such file or directory; with Docker Compose, store the secret in secrets/mail-password",
        ),
        ({"CMR_WATCH_FETCH_ROBOTS": "maybe"}, 'CMR_WATCH_FETCH_ROBOTS: found "maybe", expected true or false'),
    ],
)
def test_errors_in_the_environment(load_text, environ, message):
    assert message in error_message(load_text, "", **environ)


@pytest.mark.parametrize("name", ["none.toml", "."])
def test_an_unreadable_file(tmp_path, name):
    with pytest.raises(ConfigError, match="cannot be read: "):
        load(tmp_path / name, HOME)


LOCAL, LABEL = "a" * 64, "b" * 63


@pytest.mark.parametrize(
    "address",
    ["a@b.eu", "o'neil+x@b.eu", "root@localhost", "a.b-c_d@x--y.org", f"{LOCAL}@{LABEL}.eu", "é@ü.eu"],
)
def test_valid_addresses(address):
    assert setting_types.ADDRESS.parse(address) == address


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (f"{LOCAL}a@b.eu", 'the part before the "@" is longer than 64 characters'),
        ("é" * 33 + "@b.eu", 'the part before the "@" is longer than 64 characters'),
        (f"a@{LABEL}.{LABEL}.{LABEL}.{LABEL}", "it is longer than 254 characters"),
        (f"a@{LABEL}b.eu", f'"{LABEL}b.eu" is not a domain name'),
        ("a@b..eu", '"b..eu" is not a domain name'),
        ("a@b-.eu", '"b-.eu" is not a domain name'),
        ("a.@b.eu", 'the part before the "@" begins or ends with a dot, or has two in a row'),
        ("a@b", 'the domain "b" has no dot'),
        ("a@b_c.eu", 'the domain "b_c.eu" has an underscore'),
        ("a@ª.ßa-.eu", '"ª.ßa-.eu" is not a domain name'),
        (
            "a@ü\u0640.eu",
            'the domain "ü\u0640.eu" cannot be converted to its ASCII form; write it in that form ("xn--…")',
        ),
        ("a@1.2.3.4", '"1.2.3.4" is an IP address, not a domain name'),
        ("a@x.e", '"x.e" is not a domain name: the part after the last dot is too short'),
    ],
)
def test_addresses_that_no_mail_server_accepts(address, reason):
    with pytest.raises(setting_types.InvalidValue, match=f"^{re.escape(reason)}$"):
        setting_types.ADDRESS.parse(address)


# ── another database ─────────────────────────────────────────────────────────────────────────────────────────────


def database_file(folder: Path, name: str, url: str) -> Path:
    file = folder / name
    file.write_text(f'[database]\nurl = "{url}"\n')
    return file


def test_a_database_beside_that_of_the_service(tmp_path):
    service = database_file(tmp_path, "service.toml", "sqlite:////var/lib/cmr-watch/cmr-watch.db")
    ours = database_file(tmp_path, "ours.toml", "sqlite:////home/anna/x.db")
    other = f"{service} names another one, sqlite:////var/lib/cmr-watch/cmr-watch.db; to use that: --config {service}"
    assert why_another_database(load(ours, HOME), HOME, [service]) == other
    assert why_another_database(load(service, HOME), HOME, [service]) is None
    assert why_another_database(load(ours, HOME), HOME, [tmp_path / "none.toml"]) is None


def test_a_variable_that_replaces_the_database_of_the_file(tmp_path):
    file = database_file(tmp_path, "service.toml", "postgresql://cmr:sesame@db/cmr")
    environ = {**HOME, "CMR_WATCH_DATABASE_URL": "sqlite:////home/anna/x.db"}
    assert why_another_database(load(file, environ), environ, [file]) == (
        f"{file} names another one, postgresql://db/cmr; to use that: unset CMR_WATCH_DATABASE_URL"
    )


def test_the_default_database_without_a_configuration(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "no configuration file was found" in (why_another_database(load(None, HOME), HOME, []) or "")
    environ = {**HOME, "CMR_WATCH_DATABASE_URL": "sqlite:////home/anna/x.db"}
    assert why_another_database(load(None, environ), environ, []) is None
    environ = {**HOME, "CMR_WATCH_DATABASE_URL": "sqlite:///x.db"}
    assert "relative to the current folder" in (why_another_database(load(None, environ), environ, []) or "")


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('user = "w"\npassword = "p"\noauth_token_command = "get token"', "has both a password and an OAuth token"),
        ('user = "w"\noauth_token_command = ["a"]\noauth_token_file = "t"', "has both oauth_token_command and"),
        ('oauth_token_file = "t"', "user: is missing; oauth_token_command and oauth_token_file require it"),
        ('user = "w"\noauth_token_file = "t"\nsecurity = "plain"', "must not be sent unencrypted"),
        ("oauth_token_command = []", "expected a command"),
        ("oauth_token_command = [1]", "expected a command"),
        ('oauth_token_command = "a \'b"', "expected a command"),
    ],
)
@pytest.mark.parametrize("section", ["mail", "bounces"])
def test_contradictions_in_how_to_log_in(tmp_path, section, lines, problem):
    (tmp_path / "x.toml").write_text(
        f'[{section}]\nhost = "h.example"\n{lines}\n[mail]\nfrom = "w@example.eu"\n'
        if section == "bounces"
        else f'[mail]\nfrom = "w@example.eu"\nhost = "h.example"\n{lines}\n'
    )
    with pytest.raises(ConfigError, match=re.escape(problem)):
        load(tmp_path / "x.toml", HOME)


def test_the_words_of_a_command(tmp_path):
    lines = 'from = "w@example.eu"\nhost = "h.example"\nuser = "w"\noauth_token_command = "get-token --for \'a b\'"'
    (tmp_path / "x.toml").write_text(f"[mail]\n{lines}\n")
    assert load(tmp_path / "x.toml", HOME).mail.oauth_token_command == ("get-token", "--for", "a b")


# ── the sample configuration ─────────────────────────────────────────────────────────────────────────────────────


def uncomment(text: str) -> str:
    """The sample with every setting active: the `#` before `key = ` and `[[…]]` removed."""
    return re.sub(r"^# (?=[a-z_]+ = |\[\[)", "", text, flags=re.MULTILINE)


def test_the_sample_changes_no_default(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    sample = load(SAMPLE, HOME)
    assert [getattr(sample, name) for name in SECTIONS] == [getattr(load(None, HOME), name) for name in SECTIONS]


def test_every_setting_is_in_the_sample():
    active = uncomment(SAMPLE.read_text(encoding="utf-8"))
    for name, section in {**SECTIONS, "subscriptions": SubscriptionEntry}.items():
        part = "".join(re.findall(rf"^\[\[?{name}\]\]?$(.*?)(?=^\[\[?[a-z]+\]|\Z)", active, re.MULTILINE | re.DOTALL))
        assert set(re.findall(r"^([a-z_]+) = ", part, re.MULTILINE)) == set(keys(section)), name


def test_the_sample_states_the_actual_defaults(tmp_path):
    text = SAMPLE.read_text(encoding="utf-8")
    without_default = (
        "password",
        "oauth_token_command",
        "_file",
        "user",
        "ca_file",
        "host =",
        "contact",
        "from =",
        "ping",
        "level",
        'url = "sqlite',
    )
    lines = [line for line in uncomment(text).splitlines() if not any(word in line for word in without_default)]
    (tmp_path / "x.toml").write_text("\n".join(lines).partition("[[subscriptions]]")[0])
    stated, actual = load(tmp_path / "x.toml", HOME), load(SAMPLE, HOME)
    assert stated.mail.port == stated.mail.effective_port == actual.mail.effective_port
    for name in ("page", "fetch", "archive", "daemon", "messages", "log"):
        assert getattr(stated, name) == getattr(actual, name)
