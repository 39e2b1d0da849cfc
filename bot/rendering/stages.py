"""What long work is called while it goes on, by the stage that reports its progress."""

STAGES = {
    "scan": "查看文件",
    "clean": "清洗",
    "ocr": "识别图片",
    "embed": "计算向量",
    "name": "整理目录",
    "publish": "发布",
    "answer": "回答",
}
