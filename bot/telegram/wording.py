"""What the bot says besides answers: plain Chinese sentences, escaped where they are sent."""

from __future__ import annotations

from retrieval.errors import DangwuError

PRIVATE_COMMANDS = {
    "start": "开始使用",
    "ask": "提问，如：/ask 什么是三会一课",
    "search": "只检索原文，不作答",
    "sources": "资料库里有哪些资料",
    "feedback": "给维护者留言",
    "privacy": "记录了什么，保存在哪里",
    "forget": "删除与我有关的记录",
    "status": "资料版本与运行情况",
    "help": "使用说明",
}
GROUP_COMMANDS = {
    name: PRIVATE_COMMANDS[name]
    for name in ("ask", "search", "sources", "privacy", "forget", "status", "help")
}
COMMANDS = PRIVATE_COMMANDS

START = (
    "我是党务助手，只根据资料库里的原文作答，每一句都注明出处；资料里没有的，会如实说没有。\n"
    "直接把问题发给我就行，例如：社区党员议事会有哪五个议事程序？\n"
    "全部命令见 /help，记录了什么见 /privacy。"
)
GROUP_START = "我是党务助手，只根据资料库里的公开资料作答，逐句注明出处。{how}"
HELP_PRIVATE = "直接发来问题即可；回复一条消息提问，会把那条消息一并考虑。"
PRIVACY = (
    "回答由这台机器人所在的服务器根据资料库产生。\n"
    "为了回答和改进，会保存：您的提问、所引的段落、评价和留言，连同您的用户号。"
    "没有对我说的群消息不保存。日志里没有提问内容。\n"
    "与机器人的聊天不是端到端加密的，会经过 Telegram 的服务器，请不要发送涉密或个人敏感信息。\n"
    "发送 /forget 可删除与您有关的全部记录。"
)
FORGOTTEN = "已删除与您有关的 {count} 条记录（提问、评价、留言）。"
NO_QUESTION = "没有看到问题。请在命令后面写上问题，如：/ask 预备党员的预备期多长？也可以用它回复一条消息。"
NO_SEARCH = "请在命令后面写上要找的词句，如：/search 议事程序"
NO_COMMENT = (
    "请在命令后面写上您的意见，如：/feedback 缺少今年的通知。也可以用每个回答下面的按钮评价那个回答。"
)
COMMENT_KEPT = "谢谢，意见已经记下，维护者会看到。"
NO_COMMAND = "没有这个命令。可用的命令见 /help。"
ONLY_TEXT = "我只能读文字，请用一句话提问。"
CLOSED = "这个机器人只供指定的会话使用。需要使用请联系管理员，您的会话号是 {chat_id}。"
INTERRUPTED = "程序刚才中断过，这条提问可能没有答完。如果上面没有完整的回答，请再问一次。"
QUEUE_FULL = "现在排队的问题有 {length} 个，已经排满，这一条没有受理。请过几分钟再问。"
TOO_FAST = "问得太快了，这一条没有受理，请 {wait_s:.0f} 秒后再问。"
TOO_FAST_LAST = "问得太快了。{wait_s:.0f} 秒之内的提问不再受理，也不再另行提示。"
FAILED = "出了点问题，这一条没有答成。错误编号 {code}，请稍后再试；一直不行时把编号告诉维护者。"
NOTHING_FOUND = "没有找到相关的段落。"
NO_SOURCES = "资料库里没有您可以查看的资料。"

MENTIONS_ARRIVE = "@我、回复我的消息，或用 /ask 加问题，都能提问。"
MENTIONS_ARE_LOST = (
    "请用 /ask 加问题，或回复我的消息来提问。本群里 @我 的消息我收不到：Telegram 的隐私模式开着。"
    "要想 @我 也能提问，请把我设为管理员，或向 @BotFather 发送 /setprivacy 关闭隐私模式后重新拉我进群。"
)


def help_text(*, is_private: bool, how: str) -> str:
    """How to ask in this chat, and every command of it."""
    commands = PRIVATE_COMMANDS if is_private else GROUP_COMMANDS
    lines = [HELP_PRIVATE if is_private else how, "", *(f"/{name} {text}" for name, text in commands.items())]
    return "\n".join(lines)


def failure(error: DangwuError) -> str:
    """The sentence of an expected error and its remedy, for the asker's own mistakes."""
    return f"{error.message}{error.remedy}"
