"""Events posted to a real web server that fails in every way."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path

import pytest

from edgewright.agent import Credentials, SinkError, Stored, open_sink
from edgewright.agent.delivery.sinks.deadline import Deadline
from edgewright.errors import UsageError

from .servers import Receiver, certificate, free_port

SECRET = "s3cr3t-w0rd"


def stored(*numbers: int) -> list[Stored]:
    return [Stored(n, f"id{n}", json.dumps({"sequence": n})) for n in numbers]


@pytest.fixture
def receiver():
    one = Receiver()
    yield one
    one.close()


def received(receiver: Receiver) -> list[int]:
    return [json.loads(body)["sequence"] for body in receiver.bodies]


class TestDelivery:
    def test_each_event_is_posted_with_its_key(self, receiver):
        assert open_sink(receiver.url).send(stored(1, 2, 3)) == 3
        assert received(receiver) == [1, 2, 3]
        assert [headers["Idempotency-Key"] for headers in receiver.headers] == ["id1", "id2", "id3"]

    @pytest.mark.parametrize("code", [0, 401, 403, 404, 408, 429, 500, 503])
    def test_what_can_heal_is_tried_again(self, receiver, code):
        receiver.answers = [200, code]
        sink = open_sink(receiver.url)
        assert sink.send(stored(1, 2, 3)) == 1
        receiver.answers = [code]
        with pytest.raises(SinkError):
            sink.send(stored(2, 3))
        assert sink.send(stored(2, 3)) == 2
        assert received(receiver) == [1, 2, 3]

    def test_an_event_that_is_refused_for_good_is_logged_and_passed_over(self, receiver, caplog):
        receiver.answers = [400]
        with caplog.at_level(logging.ERROR, "edgewright"):
            assert open_sink(receiver.url).send(stored(1, 2)) == 2
        assert received(receiver) == [2]
        assert "id1" in caplog.text

    def test_a_wrong_password_is_said_to_be_one(self, receiver):
        receiver.answers = [401]
        with pytest.raises(SinkError, match="are user and password"):
            open_sink(receiver.url, Credentials(user="door", password=SECRET)).send(stored(1))

    def test_nobody_there(self):
        with pytest.raises(SinkError, match="no answer"):
            open_sink(f"http://127.0.0.1:{free_port()}/").send(stored(1))


class TestSecrets:
    def test_a_password_in_the_url_is_refused_and_not_repeated(self):
        with pytest.raises(UsageError) as caught:
            open_sink(f"https://user:{SECRET}@host/x")
        assert SECRET not in str(caught.value)

    def test_credentials_go_into_the_header_only(self, receiver):
        credentials = Credentials(user="door", password=SECRET)
        sink = open_sink(receiver.url, credentials)
        sink.send(stored(1))
        assert receiver.headers[0]["Authorization"].startswith("Basic ")
        assert SECRET not in sink.name + repr(credentials)

    def test_a_file_that_others_can_read_is_refused(self, tmp_path):
        path = tmp_path / "c.toml"
        path.write_text(f'password = "{SECRET}"')
        path.chmod(0o644)
        with pytest.raises(UsageError, match="chmod 600") as caught:
            Credentials.read(path)
        assert SECRET not in str(caught.value)

    def test_what_a_file_says_is_all(self, tmp_path):
        path = tmp_path / "c.toml"
        path.write_text('ca = "of-the-file.pem"')
        path.chmod(0o600)
        environment = {"EDGEWRIGHT_USER": "u", "EDGEWRIGHT_PASSWORD": "p", "EDGEWRIGHT_TOKEN": "t"}
        assert Credentials.read(None, environment) == Credentials("u", "p", "t")
        assert Credentials.read(path, environment) == Credentials(ca="of-the-file.pem")

    @pytest.mark.parametrize("text", [f'passwort = "{SECRET}"', f"password = {SECRET}", "password = 5"])
    def test_mistakes_in_the_file_do_not_show_the_secret(self, tmp_path, text):
        path = tmp_path / "c.toml"
        path.write_text(text)
        path.chmod(0o600)
        with pytest.raises(UsageError) as caught:
            Credentials.read(path)
        assert SECRET not in str(caught.value)


class TestEncryption:
    def test_an_unknown_certificate_is_refused_and_a_known_one_accepted(self, receiver, tmp_path: Path):
        with certificate(tmp_path) as (known, key):
            url = receiver.use_tls(known, key)
            with pytest.raises(SinkError, match="the certificate was not accepted: self-signed certificate"):
                open_sink(url).send(stored(1))
            assert open_sink(url, Credentials(ca=str(known))).send(stored(1)) == 1

    def test_another_name_in_the_certificate_is_refused(self, receiver, tmp_path: Path):
        with certificate(tmp_path, "elsewhere") as (known, key):
            url = receiver.use_tls(known, key)
            with pytest.raises(SinkError, match=r"(?i)certificate|hostname"):
                open_sink(url, Credentials(ca=str(known))).send(stored(1))


def test_a_deadline_that_is_closed_at_any_moment_leaves_no_thread():
    """Also between two looks of the thread that watches."""

    class Closing(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            was_closed = self.is_set()
            deadline.close()
            return was_closed

    deadline = Deadline()
    deadline._closed = Closing()
    watching = threading.Thread(target=deadline._watch, args=[deadline._closed], daemon=True)
    watching.start()
    watching.join(30)
    assert not watching.is_alive()
