"""Makes Typer speak Chinese: usage lines, help panels and usage errors; knows no command."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

HELP_TEXT = "显示这份说明"
_PANELS = {
    "ARGUMENTS_PANEL_TITLE": "参数",
    "OPTIONS_PANEL_TITLE": "选项",
    "COMMANDS_PANEL_TITLE": "命令",
    "ERRORS_PANEL_TITLE": "有误",
    "DEFAULT_STRING": "[缺省：{}]",
    "ENVVAR_STRING": "[环境变量：{}]",
    "REQUIRED_LONG_STRING": "[必填]",
}
_USAGE = (("Usage:", "用法："), ("[OPTIONS]", "[选项]"), ("COMMAND [ARGS]...", "命令 …"), ("[COMMAND]", "[命令]"))
# What pydantic says about a value, by its error type; anything else is said in general words.
_VALUE_FAULTS = {
    "int_parsing": "须是整数",
    "int_from_float": "须是整数",
    "float_parsing": "须是数字",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
}


def _usage(text: str) -> str:
    for english, chinese in _USAGE:
        text = text.replace(english, chinese)
    return text


def _translate_panels() -> None:
    from typer import rich_utils

    if _PANELS["OPTIONS_PANEL_TITLE"] == rich_utils.OPTIONS_PANEL_TITLE:
        return
    for name, chinese in _PANELS.items():
        setattr(rich_utils, name, chinese)
    # Typer cuts lines it finds no space in, as all Chinese ones; there is no setting.
    made: Any = rich_utils._make_rich_text  # noqa: SLF001

    def folding(**given: Any) -> Any:
        text = made(**given)
        text.overflow = "fold"
        return text

    rich_utils._make_rich_text = folding  # noqa: SLF001


class _Command(TyperCommand):
    def get_usage(self, ctx: Any) -> str:
        return _usage(super().get_usage(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        return _in_chinese(super().get_help_option(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _translate_panels()
        super().format_help(ctx, formatter)


class _Group(TyperGroup):
    def get_usage(self, ctx: Any) -> str:
        return _usage(super().get_usage(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        return _in_chinese(super().get_help_option(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _translate_panels()
        super().format_help(ctx, formatter)


def _in_chinese(option: Any) -> Any:
    if option is not None:
        option.help = HELP_TEXT
    return option


class ChineseTyper(typer.Typer):
    """A Typer whose help and usage are Chinese; without a command it shows its help."""

    def __init__(self, text: str, **given: Any) -> None:
        super().__init__(help=text, cls=_Group, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, **given)

    def command(self, name: str | None = None, **given: Any) -> Any:
        """As Typer's, with Chinese usage."""
        return super().command(name, cls=_Command, **given)


def usage_error(error: Any) -> str:
    """What is wrong with the arguments, as a Chinese sentence with the way to the help; takes Typer's usage error."""
    path = error.ctx.command_path if getattr(error, "ctx", None) is not None else "kbsearch"
    return f"{_fault(error)}。用法见 {path} --help"


def _fault(error: Any) -> str:
    kind, message = type(error).__name__, str(getattr(error, "message", error))
    if kind == "NoSuchOption":
        near = "、".join(sorted(error.possibilities or ()))
        return f"没有选项 {error.option_name}" + (f"，是否指 {near}" if near else "")
    if kind == "NoSuchCommand" or message.startswith("No such command"):
        return f"没有命令 {message.partition(chr(39))[2].partition(chr(39))[0]}"
    if kind == "MissingParameter":
        return f"缺少{_name_of(error)}"
    if kind == "BadOptionUsage":
        return f"选项 {error.option_name} " + ("不带值" if "does not take" in message else "缺少值")
    if kind == "BadParameter":
        return f"{_name_of(error)}的值不对：{_value_fault(error, message)}"
    if message.startswith("Got unexpected extra argument"):
        return f"多出了参数 {message.rpartition('(')[2].rstrip(')')}"
    if message.startswith("Missing command"):
        return "缺少命令"
    return message


def _name_of(error: Any) -> str:
    parameter = error.param
    if parameter is None:
        return "参数"
    if parameter.param_type_name == "option":
        return f"选项 {parameter.opts[0]} "
    return f"参数 {(parameter.metavar or parameter.name).strip('…[]')} "


def _value_fault(error: Any, message: str) -> str:
    choices = getattr(getattr(error.param, "type_descriptor", None), "choices", None)
    if choices:
        return "须是 " + "、".join(str(getattr(choice, "value", choice)) for choice in choices) + " 之一"
    faults = error.__cause__.errors() if hasattr(error.__cause__, "errors") else []
    if faults and faults[0]["type"] in _VALUE_FAULTS:
        return _VALUE_FAULTS[faults[0]["type"]].format(**faults[0].get("ctx", {}))
    return message
