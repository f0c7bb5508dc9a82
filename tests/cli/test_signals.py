"""A signal that arrives while a native module is imported comes out of it as another error."""

import signal

import pytest

from vid2pose3d.cli import app
from vid2pose3d.errors import InputError


def test_a_swallowed_interruption_still_ends_as_one(monkeypatch, capsys):
    def swallow(number):
        def call(*_, **__):
            try:
                app._stop(number)
            except BaseException as error:
                raise InputError("initialization failed") from error
        monkeypatch.setattr(app, "_signals", [])
        monkeypatch.setattr(app, "app", call)

    swallow(signal.SIGINT)
    assert app.run_command([]) == app.INTERRUPTED
    assert "initialization failed" not in capsys.readouterr().err
    swallow(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended:
        app.run_command([])
    assert ended.value.code == app.TERMINATED
