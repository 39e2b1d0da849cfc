"""Models of sentence-transformers, by folder or by their name on the hub; all that can go wrong with that."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from retrieval.errors import SettingError

_TIMEOUT_S = 10.0
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of model: what messages call it, and what to do where there is none.

    ``owner`` is whose a model is that has no owner in its name.
    """

    noun: str
    short: str
    remedy: str
    without_extra: str
    owner: str = ""

    def load(self, name: str, make: Callable[[str, bool], _T]) -> _T:
        """What ``make`` gives for the place of the model, and whether that is on this machine.

        SettingError where there is no such model, it does not load, or the extra is missing.
        """
        folder = Path(name).expanduser()
        if not folder.is_dir() and _looks_like_path(name):
            raise SettingError(f"找不到{self.noun}的文件夹：{name}", remedy=self.remedy)
        if importlib.util.find_spec("sentence_transformers") is None:
            raise SettingError(
                f"要用{self.short} {name}，还缺 sentence-transformers。", remedy=self.without_extra
            )
        is_local = folder.is_dir() or self._is_downloaded(name)
        if not is_local:
            self._require_on_hub(name)
        try:
            from transformers.utils.logging import disable_progress_bar

            disable_progress_bar()  # type: ignore[no-untyped-call]
            return make(str(folder) if folder.is_dir() else name, is_local)
        # The library lets through whatever transformers, the hub client, torch and the file formats raise.
        except Exception as exc:
            raise SettingError(
                f"不能载入{self.noun} {name}（{_first_line(exc)}）。", remedy=self.remedy
            ) from exc

    def _is_downloaded(self, name: str) -> bool:
        from huggingface_hub import try_to_load_from_cache
        from huggingface_hub.errors import HFValidationError

        try:
            found: list[Any] = [try_to_load_from_cache(each, "config.json") for each in self._names(name)]
        except HFValidationError as exc:
            raise SettingError(f"这不是一个模型名：{name}", remedy=self.remedy) from exc
        return any(isinstance(each, str) for each in found)

    def _require_on_hub(self, name: str) -> None:
        """Ask the hub once; the library itself would ask again and again for more than a minute."""
        from huggingface_hub import HfApi
        from huggingface_hub.errors import RepositoryNotFoundError

        for each in self._names(name):
            try:
                HfApi().model_info(each, timeout=_TIMEOUT_S)
                return
            except RepositoryNotFoundError:
                continue
            # Network errors of whichever http library the hub client uses.
            except Exception as exc:
                raise SettingError(
                    f"没有名为 {name} 的本地模型，也连不上模型库（{_first_line(exc)}）。", remedy=self.remedy
                ) from exc
        raise SettingError(f"模型库里没有这个{self.noun}：{name}", remedy=self.remedy)

    def _names(self, name: str) -> tuple[str, ...]:
        return (f"{self.owner}/{name}", name) if self.owner and "/" not in name else (name,)


def _first_line(exc: Exception) -> str:
    return str(exc).strip().partition("\n")[0] or type(exc).__name__


def _looks_like_path(name: str) -> bool:
    # Hub names are "name" or "owner/name".
    return name.startswith((".", "/", "~")) or os.sep in name.partition("/")[2] or "\\" in name
