from __future__ import annotations

import re
from pathlib import Path

import pytest

from cmr_watch.config import INITIATIVE_PAGE, Settings, load
from cmr_watch.config.load import SECTIONS, keys
from cmr_watch.config.settings import SubscriptionEntry
from cmr_watch.exceptions import ConfigError
from cmr_watch.models import SubscriptionRequest

SAMPLE = Path(__file__).parent.parent / "config" / "cmr-watch.toml"
HOME = {"HOME": "/home/anna"}


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str | bytes, **environ: str) -> Settings:
        file = tmp_path / "watch.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(file, {**HOME, **environ})

    return write


def wrong(written, text: str | bytes, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        written(text, **environ)
    return str(caught.value)


def test_without_a_file_everything_has_a_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load(None, HOME)
    assert settings.database.url == "sqlite:////home/anna/.local/state/cmr-watch/cmr-watch.db"
    assert (settings.page.url, settings.mail.host, settings.subscriptions) == (INITIATIVE_PAGE, None, ())
    assert (settings.mail.port_or_usual, settings.messages.zone.key, settings.file) == (587, "Europe/Brussels", None)


def test_a_full_file(written, tmp_path):
    (tmp_path / "password").write_text("sesame\n")
    (tmp_path / "chat").write_text("slack://a/b/c\n")
    settings = written(
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
    assert settings.mail.port_or_usual == 465
    assert (settings.fetch.deadline, settings.fetch.robots, settings.log.format) == (30, False, "json")
    assert settings.page.hosts == ("copy.example.eu:8080",)
    assert settings.subscriptions == (
        SubscriptionRequest("anna@example.eu", ("calls",), ("FR", "PL", "TR"), "anna"),
        SubscriptionRequest("slack://a/b/c", name="chat"),
    )
    assert settings.secrets == ("sesame", "slack://a/b/c")


def test_secrets_are_not_in_the_repr(written):
    settings = written(
        '[database]\nurl = "postgresql://u:sesame@h/n"\n[[subscriptions]]\nname = "chat"\nto = "slack://a/b/c"'
    )
    assert "sesame" not in repr(settings)
    assert "slack" not in repr(settings)
    assert settings.secrets == ("sesame", "slack://a/b/c")


# ── the environment ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_environment_goes_before_the_file(written):
    settings = written(
        "[mail]\nport = 25\n[page]\nhosts = ['a.eu']",
        CMR_WATCH_MAIL_PORT="2525",
        CMR_WATCH_PAGE_HOSTS="b.eu, c.eu",
        CMR_WATCH_FETCH_ROBOTS="no",
    )
    assert (settings.mail.port, settings.page.hosts, settings.fetch.robots) == (2525, ("b.eu", "c.eu"), False)


def test_an_empty_variable_is_not_set(written):
    assert written("[mail]\nport = 25", CMR_WATCH_MAIL_PORT="").mail.port == 25


def test_a_secret_from_a_file_that_the_environment_names(written, tmp_path):
    (tmp_path / "s").write_text("sesame ")
    settings = written('[mail]\nuser = "u"\npassword = "old"', CMR_WATCH_MAIL_PASSWORD_FILE=str(tmp_path / "s"))
    assert settings.mail.password == "sesame "


def test_the_file_that_the_environment_names(tmp_path):
    (tmp_path / "x.toml").write_text("[mail]\nport = 26")
    assert load(None, {**HOME, "CMR_WATCH_CONFIG": str(tmp_path / "x.toml")}).mail.port == 26


def test_the_file_in_this_folder(tmp_path, monkeypatch):
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
def test_where_the_database_is(written, environ, database):
    assert written("", **environ).database.url == database


@pytest.mark.parametrize("service", ["CMR_WATCH", "CMR_WATCH_WEB"])
def test_variables_that_a_cluster_sets_are_none_of_ours(written, service):
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
    assert written("", **{f"{service}_{name}": value for name, value in values.items()})


# ── what is wrong is named with its place ────────────────────────────────────────────────────────────────────────

WRONG = [
    ('[mail]\nport = "abc"', '[mail] port: found "abc", expected a whole number from 1 to 65535'),
    ("[mail]\nport = 0", "[mail] port: found 0, expected a whole number from 1 to 65535"),
    ("[mail]\nport = true", "[mail] port: found true, expected a whole number from 1 to 65535"),
    ("[mail]\nprot = 1", '[mail] prot: unknown; did you mean "port"?'),
    ("[log]\nzzz = 1", "[log] zzz: unknown; known are level, format"),
    ("[mial]\nport = 1", '[mial]: unknown; did you mean "mail"?'),
    ("[mail]\nport = 1\nport = 2", "is not valid TOML: "),
    ("mail = 3", "mail: found 3, expected a table [mail]"),
    (b"\xff", "is not UTF-8 text (byte 0)"),
    ('[mail]\nsecurity = "ssl"', '[mail] security: found "ssl", expected one of "starttls", "tls", "plain"'),
    ('[mail]\nhost = "smtp.example.eu"', "[mail] from: is missing, expected the address that mail comes from"),
    ('[mail]\nuser = "u"', "[mail] password_file: is missing, expected it beside user"),
    ('[mail]\npassword = "p"', "[mail] user: is missing, expected it beside password"),
    ('[mail]\npassword = "a\\nb"', "found a value that is not shown, expected a password in one line"),
    ('[mail]\npassword_file = "none"', "none: No such file or directory"),
    ('[mail]\npassword_file = "a"\npassword = "b"', "[mail] password: is set twice, also as password_file"),
    ('[mail]\nca_file = "none.pem"', "none.pem: No such file or directory"),
    ('[mail]\nfrom_name = "a\\r\\nBcc: b"', r'[mail] from_name: found "a\r\nBcc: b", expected a line of text'),
    ('[page]\nurl = "ftp://a.eu"', '[page] url: found "ftp://a.eu", expected an http or https address'),
    ('[page]\nurl = "https://u:p@clustercollaboration.eu"', "expected an http or https address without a password"),
    ('[page]\nurl = "https://a.eu:99999/"', "expected an http or https address"),
    ('[page]\nurl = "https://a.eu/"', 'to watch it all the same: hosts = ["a.eu"]'),
    ('[page]\nhosts = "a.eu"', '[page] hosts: found "a.eu", expected a list of host names such as ["example.eu"]'),
    ('[database]\nurl = "mysql://u:sesame@h/n"', '[database] url: found "mysql://…", expected "sqlite:///FILE" or'),
    ('[database]\nurl = "sqlite:///:memory:"', "[database] url: found "),
    ('[messages]\ntime_zone = "Europe/Bruxelles"', '[messages] time_zone: found "Europe/Bruxelles", expected a time'),
    ('[messages]\ntime_zone = "Europe"', '[messages] time_zone: found "Europe", expected a time zone such as'),
    ('[messages]\ntime_zone = "../etc"', "[messages] time_zone: found "),
    ("[subscriptions]\nto = 'a@b.eu'", "subscriptions: found a table, expected one or more [[subscriptions]]"),
    ("[[subscriptions]]\nto = 'a@b.eu'", "[[subscriptions]] number 1 name: is missing"),
    ("[[subscriptions]]\nname = 'a'", '[[subscriptions]] "a" to: is missing, expected an e-mail address or an Apprise'),
    (
        "[[subscriptions]]\nname = 'a'\nto = 'anna'",
        '"a" to: found a value that is not shown, expected an',
    ),
    ("[[subscriptions]]\nname = 'a'\nto = 'a@b@c'", '[[subscriptions]] "a" to: found "a@b@c", expected an e-mail'),
    ("[[subscriptions]]\nname = 'a'\nto = 'a@b.eu'\n" * 2, '[[subscriptions]] "a" name: is used twice'),
    (
        "[[subscriptions]]\nname = 'a'\nto = 'a@b.eu'\ntopics = ['call']",
        'topics: found ["call"], expected a list of',
    ),
    ("[[subscriptions]]\nname = 'a'\nto = 'a@b.eu'\ntopics = []", "topics: found [], expected one or more of"),
    ("[[subscriptions]]\nname = 'a'\nto = 'a@b.eu'\ncountries = ['Atlantis']", 'countries: found ["Atlantis"], expect'),
    ("[[subscriptions]]\nname = 'a'\nadress = 'a@b.eu'", '[[subscriptions]] "a" adress: unknown; '),
]


@pytest.mark.parametrize(("text", "sentence"), WRONG)
def test_what_is_wrong_is_named(written, tmp_path, text, sentence):
    said = wrong(written, text)
    assert sentence in said
    assert said.startswith(str(tmp_path))
    assert "\n" not in said
    assert "sesame" not in said


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"CMR_WATCH_MAIL_PORT": "abc"}, 'environment: CMR_WATCH_MAIL_PORT: found "abc", expected a whole number'),
        ({"CMR_WATCH_MAIL_PROT": "1"}, 'CMR_WATCH_MAIL_PROT: unknown; did you mean "CMR_WATCH_MAIL_PORT"?'),
        ({"CMR_WATCH_MIAL_HOST": "h"}, 'CMR_WATCH_MIAL_HOST: unknown; did you mean "CMR_WATCH_MAIL_HOST"?'),
        ({"CMR_WATCH_CONFG": "x"}, 'CMR_WATCH_CONFG: unknown; did you mean "CMR_WATCH_CONFIG"?'),
        ({"CMR_WATCH_PORT": "80"}, "CMR_WATCH_PORT: unknown; did you mean"),
        ({"CMR_WATCH_MAIL_PASSWORD_FILE": "/nowhere"}, "CMR_WATCH_MAIL_PASSWORD_FILE: cannot read /nowhere: No such"),
        ({"CMR_WATCH_FETCH_ROBOTS": "maybe"}, 'CMR_WATCH_FETCH_ROBOTS: found "maybe", expected true or false'),
    ],
)
def test_what_is_wrong_in_the_environment_is_named(written, environ, sentence):
    assert sentence in wrong(written, "", **environ)


@pytest.mark.parametrize("name", ["none.toml", "."])
def test_a_file_that_cannot_be_read(tmp_path, name):
    with pytest.raises(ConfigError, match="cannot be read: "):
        load(tmp_path / name, HOME)


# ── the sample ───────────────────────────────────────────────────────────────────────────────────────────────────


def commented_out(text: str) -> str:
    """The sample with every setting live: the `#` before `key = ` and `[[…]]` taken away."""
    return re.sub(r"^# (?=[a-z_]+ = |\[\[)", "", text, flags=re.MULTILINE)


def test_the_sample_loads_and_says_what_holds_without_it(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    sample = load(SAMPLE, HOME)
    assert [getattr(sample, name) for name in SECTIONS] == [getattr(load(None, HOME), name) for name in SECTIONS]


def test_every_setting_is_in_the_sample():
    live = commented_out(SAMPLE.read_text(encoding="utf-8"))
    for name, section in {**SECTIONS, "subscriptions": SubscriptionEntry}.items():
        part = "".join(re.findall(rf"^\[\[?{name}\]\]?$(.*?)(?=^\[\[?[a-z]+\]|\Z)", live, re.MULTILINE | re.DOTALL))
        assert set(re.findall(r"^([a-z_]+) = ", part, re.MULTILINE)) == set(keys(section)), name


def test_the_defaults_in_the_sample_are_true(tmp_path):
    text = SAMPLE.read_text(encoding="utf-8")
    off = ("password", "_file", "user", "ca_file", "host =", "contact", "from =", 'url = "sqlite')
    lines = [line for line in commented_out(text).splitlines() if not any(word in line for word in off)]
    (tmp_path / "x.toml").write_text("\n".join(lines).partition("[[subscriptions]]")[0])
    live, plain = load(tmp_path / "x.toml", HOME), load(SAMPLE, HOME)
    assert live.mail.port == live.mail.port_or_usual == plain.mail.port_or_usual
    assert (live.page, live.fetch, live.messages, live.log) == (plain.page, plain.fetch, plain.messages, plain.log)
