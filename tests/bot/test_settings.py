"""Settings: where they come from, which wins, and what is said of a wrong one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from bot.settings import Settings, load_settings, setting_fields
from retrieval.errors import SettingError

SECRET = "sk-very-secret"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and none of our variables in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in [each for each in os.environ if each.upper().startswith("DANGWU_")]:
        monkeypatch.delenv(name)
    return tmp_path


def refusal() -> SettingError:
    with pytest.raises(SettingError) as caught:
        load_settings()
    assert caught.value.exit_status == 2
    return caught.value


def test_without_any_variable_everything_has_its_default() -> None:
    settings = load_settings()
    assert settings.data_dir == Path("data")
    assert settings.embedding.model == "bundled"
    assert settings.telegram.admins == ()
    assert settings.llm.timeout_s == 30


def test_the_environment_wins_over_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env").write_text("DANGWU_EMBEDDING__MODEL=none\nDANGWU_DATA_DIR=here\n", encoding="utf-8")
    monkeypatch.setenv("DANGWU_DATA_DIR", "there")
    settings = load_settings()
    assert (settings.embedding.model, settings.data_dir) == ("none", Path("there"))


def test_an_empty_variable_switches_the_files_value_off(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").write_text("DANGWU_CHROMA__URL=http://127.0.0.1:8000\n", encoding="utf-8")
    monkeypatch.setenv("DANGWU_CHROMA__URL", "")
    monkeypatch.setenv("DANGWU_LLM__TIMEOUT_S", " ")
    monkeypatch.setenv("DANGWU_DATA_DIR", "")
    settings = load_settings()
    assert settings.chroma.url == ""
    assert settings.llm.timeout_s == 30
    assert settings.data_dir == Path("data")


@pytest.mark.parametrize(
    ("value", "ids"),
    [("1,2", (1, 2)), (" 1， 2 ,", (1, 2)), ("[1, 2]", (1, 2)), ("-100123", (-100123,)), ("", ())],
)
def test_lists_are_separated_by_commas_or_written_as_json(
    value: str, ids: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANGWU_TELEGRAM__ALLOWED_CHATS", value)
    assert load_settings().telegram.allowed_chats == ids


def test_an_unknown_name_in_the_environment_is_refused_with_the_nearest_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DANGWU_EMBEDING__MODEL", "none")
    error = refusal()
    assert "DANGWU_EMBEDING__MODEL" in error.message and "环境变量" in error.message
    assert "DANGWU_EMBEDDING__MODEL" in error.remedy


def test_an_unknown_name_in_the_file_is_refused_with_the_files_path(folder: Path) -> None:
    (folder / ".env").write_text("PATH_OF_ANOTHER=1\nDANGWU_DATADIR=x\n", encoding="utf-8")
    error = refusal()
    assert "DANGWU_DATADIR" in error.message and str(folder / ".env") in error.message
    assert "DANGWU_DATA_DIR" in error.remedy


def test_a_section_without_its_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANGWU_EMBEDDING", "none")
    assert "DANGWU_EMBEDDING__MODEL" in refusal().remedy


def test_names_of_other_programs_in_the_file_are_ignored(folder: Path) -> None:
    (folder / ".env").write_text("OPENAI_API_KEY=x\nDATA_DIR=y\nexport FOO='a b'\n", encoding="utf-8")
    assert load_settings().data_dir == Path("data")


def test_a_byte_order_mark_does_not_hide_the_first_name(folder: Path) -> None:
    (folder / ".env").write_text("DANGWU_DATA_DIR=here\n", encoding="utf-8-sig")
    assert load_settings().data_dir == Path("here")


def test_a_file_in_another_charset_is_refused(folder: Path) -> None:
    (folder / ".env").write_bytes("DANGWU_DATA_DIR=资料\n".encode("gb18030"))
    assert "UTF-8" in refusal().message


def test_a_line_that_is_no_assignment_is_refused_with_its_number(folder: Path) -> None:
    (folder / ".env").write_text("FOO=1\nDANGWU_DATA_DIR : here\n", encoding="utf-8")
    assert "第 2 行" in refusal().message


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DANGWU_LLM__TIMEOUT_S", "0", "大于 0"),
        ("DANGWU_LLM__TIMEOUT_S", "601", "不大于 600"),
        ("DANGWU_LLM__TIMEOUT_S", "半分钟", "数字"),
        ("DANGWU_LLM__ALLOW_INTERNAL", "perhaps", "true 或 false"),
        ("DANGWU_TELEGRAM__ADMINS", "1,张三", "整数"),
        ("DANGWU_TELEGRAM__ADMINS", "[1,", "JSON"),
        ("DANGWU_CHROMA__URL", "127.0.0.1:8000", "http://"),
        ("DANGWU_TELEGRAM__BASE_URL", "http://", "完整地址"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected_and_never_shown(
    name: str, value: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    message = refusal().message
    assert name in message and expected in message
    assert f"“{value}”" not in message


def test_an_endpoint_without_a_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANGWU_LLM__BASE_URL", "http://127.0.0.1:1/v1")
    assert "DANGWU_LLM__MODEL" in refusal().message


@pytest.mark.parametrize("name", ["DANGWU_LLM__API_KEY", "DANGWU_TELEGRAM__TOKEN"])
def test_secrets_show_in_no_representation(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, SECRET)
    settings = load_settings()
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()


def test_a_proxy_with_a_password_shows_in_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANGWU_TELEGRAM__PROXY", f"ftp://user:{SECRET}@127.0.0.1")
    error = refusal()
    assert "DANGWU_TELEGRAM__PROXY" in error.message
    assert SECRET not in error.message + error.remedy


def test_a_proxy_is_kept_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANGWU_TELEGRAM__PROXY", "socks5://user:pass@127.0.0.1:1080")
    assert load_settings().telegram.proxy == SecretStr("socks5://user:pass@127.0.0.1:1080")


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError):
        Settings(_env_file=None).data_dir = Path("elsewhere")  # type: ignore[misc]


def test_every_setting_has_a_description() -> None:
    assert [name for name, field in setting_fields().items() if not field.description] == []
