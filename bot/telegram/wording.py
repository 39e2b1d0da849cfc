"""The bot's short sentences and its menu of commands; longer texts are templates in ``prompts``."""

from __future__ import annotations

from retrieval.errors import DangwuError

PRIVATE_COMMANDS = {
    "ask": "提问，如：/ask 什么是三会一课",
    "topics": "程序和工作法的目录",
    "sources": "收录了哪些资料",
    "search": "只查原文，不作答",
    "feedback": "告诉维护者哪里不对",
    "privacy": "保存什么、保存多久",
    "forget": "删除与我有关的记录",
    "status": "是否正常、资料的版本",
    "help": "怎样使用",
    "start": "开始",
}
STAFF_COMMANDS = PRIVATE_COMMANDS | {"sources": "收录了哪些资料，含内部资料"}
ADMIN_COMMANDS = STAFF_COMMANDS | {
    "feedback": "收到的评价和意见；后面加文字是留言",
    "status": "资料的版本、排队和最近的错误",
}
_FOR_GROUPS = ("ask", "topics", "sources", "search", "privacy", "forget", "status", "help")
GROUP_COMMANDS = {name: PRIVATE_COMMANDS[name] for name in _FOR_GROUPS}

NO_QUESTION = "没有看到问题。请在命令后面写上问题，如：/ask 预备党员的预备期多长？也可以用它回复一条消息。"
NO_SEARCH = "请在命令后面写上要找的词句，如：/search 议事程序"
NO_COMMENT = "请在命令后面写上意见，如：/feedback 缺少今年的通知。也可以用答案下面的按钮评价那个答案。"
COMMENT_KEPT = "谢谢，意见已经记下，维护者会看到。"
NO_WORDS = "请用一句话提问，如：/ask 预备党员的预备期多长？"
MORE_FEEDBACK = "\n\n全部评价、导出和变成评测题，在服务器上运行：dangwu feedback"
FORGOTTEN = "已删除与您有关的 {count} 条记录（提问、评价、留言），也忘掉了对话。"
NOT_FORGOTTEN = "现在删不了，服务器的磁盘暂时写不进去。请过一会儿再发一次 /forget。"
NO_COMMAND = "没有这个命令。可用的命令见 /help。"
ONLY_TEXT = "我只能读文字，请用一句话提问。"
CLOSED = "这个机器人只供指定的会话使用。需要使用请联系管理员，这里的会话号是 {chat_id}。"
INTERRUPTED = "程序刚才中断过，这条提问可能没有答完。如果上面没有完整的答案，请再问一次。"
TOO_FAST = "问得太快了。{seconds} 秒之内的提问不再受理，也不再另行提示。"
FAILED = "出了点问题，这一条没有答成，请稍后再试。"
NOTHING_FOUND = "没有找到相关的段落。"
NO_CORPUS = "资料库读不了，暂时不能作答。请告诉维护者。"
NO_SOURCES = "没有您可以查看的资料。"

ADMIN_HELP = (
    "管理员还可以在这里发来 doc、docx、wps、pdf、ofd 等文件，看过计划并确认后收入资料库；"
    "说明文字写“内部”就标为内部资料。"
    "/feedback 后面不带文字，列出收到的评价和意见。"
)
UPLOADS_FOR_ADMINS = "只有管理员可以上传资料，这个文件没有保存。提问请直接发文字。"
ONLY_FILES = "我只能读文字和文件。提问请发文字；要收录资料，请以“文件”方式发来 txt、docx、pdf 等文档。"
TOO_MANY_UPLOADS = "还有 {count} 次上传等您确认，请先按下面的“导入”或“取消”，再发新的文件。"
UPLOAD_RECEIVED = "收到 {count} 个文件，正在检查……"
UPLOAD_ASKED = "要导入吗？30 分钟内有效。"
UPLOAD_CHOSEN = "正在导入……"
UPLOAD_DONE = "已导入。"
UPLOAD_CANCELLED = "已取消，什么也没有导入。"
UPLOAD_EXPIRED = "30 分钟内没有确认，已取消，什么也没有导入。"
UPLOAD_NOTHING = "没有可以导入的文件。"
UPLOAD_FAILED = "没有导入：{reason}可以再按一次“导入”。"
UPLOAD_INTERRUPTED = "程序重新启动过，刚才发来的文件可能没有导入。可用 /sources 核对，没有的请重新发送。"
UPLOAD_AUTHOR = "Telegram 管理员 {user_id}"
FILE_TOO_BIG = "超过 20 MB，Telegram 不让机器人下载。"
FILE_TOO_BIG_REMEDY = "请拆开或压缩图片后再发，或在服务器上用 dangwu ingest 导入。"
CAPTION_UNUSED = "文件的说明文字没有用到；写“内部”就标为内部资料。"

VOTED = "已记下：{verdict}。谢谢。"
GONE = "这一段已不在现在的资料里，或者不能在这里查看。"
BUSY = "现在太忙，请过一会儿再按。"
NO_BUTTON = "这个按钮已经失效，请重新提问。"
MENTIONS_ARRIVE = "本群里 @我 能收到"
MENTIONS_ARE_LOST = "本群里 @我 收不到（隐私模式开着），请用 /ask 或回复我的消息"
TOPIC_QUESTION = "什么是{name}？"


def failure(error: DangwuError) -> str:
    """The sentence of an expected error and its remedy, for the asker's own mistakes."""
    return f"{error.message}{error.remedy}"
