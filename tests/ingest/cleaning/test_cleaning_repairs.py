"""Damage to characters, one family after the other, on documents of no seed."""

from __future__ import annotations

import pytest

from ingest.cleaning.annotations import bears_injected_annotations
from ingest.cleaning.byteslip import UNKNOWN, repair_slips
from ingest.cleaning.plausibility import to_traditional
from ingest.records import Edit
from retrieval.invisible import INVISIBLE
from tests.ingest.cleaning.samples import BODY, NOTICE, SIMPLIFIED, TRADITIONAL, cleaned, squeezed
from tests.invisible import GOES, STAYS

NARROW = str.maketrans("，：；？！（）", ",:;?!()")


def slipped(text: str, lost: str) -> str:
    """``text`` as GBK in which the first byte of the first ``lost`` became a question mark."""
    place = text.index(lost)
    data = text[:place].encode("gb18030") + b"?" + text[place:].encode("gb18030")[1:]
    return data.decode("gb18030", errors="replace").replace("\N{REPLACEMENT CHARACTER}", "?")


@pytest.mark.parametrize("lost", ["。黨員", "，積極", "。支部", "，會議", "，要創新", "。基層"])
@pytest.mark.parametrize("narrowed", [False, True])
def test_a_lost_byte_of_punctuation_is_restored(lost: str, narrowed: bool) -> None:
    damaged = slipped(TRADITIONAL, lost)
    expected = SIMPLIFIED
    if narrowed:
        damaged, expected = damaged.translate(NARROW), expected.translate(NARROW)
    assert squeezed(cleaned(damaged).text.translate(NARROW)) == squeezed(expected.translate(NARROW))


@pytest.mark.parametrize("lost", ["。党员", "。支部", "。基层"])
def test_a_slip_that_runs_to_the_end_of_its_line_is_restored(lost: str) -> None:
    damaged = slipped(SIMPLIFIED, lost)
    assert cleaned(damaged + "\n下一段落没有损坏。").text == SIMPLIFIED + "\n下一段落没有损坏。"


@pytest.mark.parametrize(
    ("damaged", "restored"),
    [
        ("我們在自己?jiǎn)挝坏募?jí)別上，", "我们在自己单位的级别上，"),
        ("代表?yè)?dān)任這項工作，", "代表担任这项工作，"),
        ("積極開展?jié)M足群眾需求的活動，", "积极开展满足群众需求的活动，"),
        ("同志們?cè)谙颉皣\ue30f@中心”的要求看齊，", "同志们在向“围绕中心”的要求看齐，"),
    ],
)
def test_a_swallowed_byte_is_named_by_the_syllable(damaged: str, restored: str) -> None:
    assert cleaned(TRADITIONAL + damaged + TRADITIONAL).text == SIMPLIFIED + restored + SIMPLIFIED


@pytest.mark.parametrize("mark", ["。", "，", "、", "的"])
@pytest.mark.parametrize("script", [str, to_traditional().convert])
def test_question_marks_in_sound_text_are_left_alone(mark: str, script: object) -> None:
    assert callable(script)
    text = script(BODY).replace(mark, "?")
    assert list(repair_slips(text)) == []


def test_a_character_that_cannot_be_known_is_marked_and_reported() -> None:
    text = "会议讨论了有关事项，党员?逃\ue40a⒐芾怼⒓喽降吃保\ue0d1匀氲郴部分内容。" + SIMPLIFIED
    document = cleaned(text)
    assert any("无法恢复" in warning for warning in document.warnings) or UNKNOWN not in document.text


def annotated(text: str, chosen: dict[str, str], form: str = "{}({})") -> str:
    return "".join(form.format(char, chosen[char]) if char in chosen else char for char in text)


TONED = {
    "級": "jí",
    "黨": "dǎng",
    "開": "kāi",
    "對": "duì",
    "經": "jīng",
    "礎": "chǔ",
    "關": "guān",
    "參": "cān",
}
TONELESS = {"級": "ji", "黨": "dang", "員": "yuan", "學": "xue", "習": "xi", "會": "hui", "載": "zai"}


@pytest.mark.parametrize("chosen", [TONED, TONELESS, {"資": "zī", "黨": "Dǎng", "問": "wèn", "題": "tí"}])
@pytest.mark.parametrize("form", ["{}({})", "{}（{}）", "{} ({})"])
def test_injected_pinyin_goes_from_traditional_text(chosen: dict[str, str], form: str) -> None:
    assert cleaned(annotated(TRADITIONAL, chosen, form)).text == SIMPLIFIED


def test_injected_pinyin_goes_from_text_that_was_simplified_afterwards() -> None:
    chosen = {"级": "jí", "党": "dǎng", "开": "kāi", "对": "duì", "经": "jīng", "关": "guān"}
    assert cleaned(annotated(SIMPLIFIED, chosen)).text == SIMPLIFIED


def test_the_authors_brackets_stay_beside_injected_pinyin() -> None:
    text = annotated(TRADITIONAL, TONED) + "鄉(街道)黨委防控疫情(SARS)，辦結12件(次)，成立A(B)組。"
    assert cleaned(text).text == SIMPLIFIED + "乡(街道)党委防控疫情(SARS)，办结12件(次)，成立A(B)组。"


@pytest.mark.parametrize(
    "text",
    [
        "長(cháng) 信(xìn) 怨(yuàn)\n奉(fèng) 帚(zhǒu) 平(píng) 明(míng) 金(jīn) 殿(diàn) 開(kāi)",
        "白日依山盡(jìn)，黃河入海流。\n欲窮(qióng)千里目，更上一層(céng)樓(lóu)。",
        TRADITIONAL * 3 + "齟(jǔ)齬(yǔ)不合，饕(tāo)餮(tiè)盛宴，躊(chóu)躇滿志。",
        "下列加点字注音正确的一项是\n酝酿(liàng) 黄晕(yùn) 发髻(jì)\n静谧(mì) 高邈(miǎo) 莅临(lì)",
        "龟裂（jūn）的土地上，他踽（jǔ）踽独行，踟蹰（chú）不前，时而趔趄（qie）。",
        "重庆（Chóngqìng）和长沙（Chángshā）的党员干部参加了培训。",
        "多音字練習：長(zhǎng)老、音樂(yuè)、重(chóng)複、還(huán)原、銀行(háng)、為(wèi)何",
    ],
)
def test_annotations_made_by_people_stay(text: str) -> None:
    assert not bears_injected_annotations(text)
    assert cleaned(text).text.count("(") + cleaned(text).text.count("（") == text.count("(") + text.count(
        "（"
    )


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("楊乾同志說，隨著改革深入，要發揮著力點作用。", "杨乾同志说，随着改革深入，要发挥着力点作用。"),
        ("穿著樸素，著名著作，成績顯著，餅乾乾燥。", "穿着朴素，著名著作，成绩显著，饼干干燥。"),
        ("皇后以後，里程裏面，於是一隻頭髮。", "皇后以后，里程里面，于是一只头发。"),
        ("瞭解情況，登高瞭望，資訊網路。", "了解情况，登高瞭望，资讯网路。"),
    ],
)
def test_traditional_script_becomes_simplified(traditional: str, simplified: str) -> None:
    assert cleaned(traditional + TRADITIONAL).text == simplified + SIMPLIFIED


def test_stray_traditional_characters_alone_are_mended_in_simplified_text() -> None:
    text = "吸引到我們党中来，班子民主生活會对照检查，发挥著力点作用。" + BODY
    assert cleaned(text).text == "吸引到我们党中来，班子民主生活会对照检查，发挥着力点作用。" + BODY


def test_names_keep_their_characters_in_simplified_text() -> None:
    text = "陈昇、李堃、王喆、张甯、杨乾、黄霑同志出席。鲁迅著《呐喊》。慰藉英烈，一片狼藉。" + BODY
    assert cleaned(text).text == text


@pytest.mark.parametrize("charset", ["latin-1", "cp1252"])
def test_gbk_that_was_read_as_latin_is_decoded_again(charset: str) -> None:
    damaged = NOTICE.encode("gb18030").decode(charset, errors="replace")
    assert cleaned(damaged).text == NOTICE


def test_utf8_that_was_read_as_latin_is_decoded_again() -> None:
    assert cleaned(NOTICE.encode().decode("latin-1")).text == NOTICE


def test_utf8_that_was_read_as_gbk_is_decoded_again_as_far_as_its_bytes_are_there() -> None:
    document = cleaned(NOTICE.encode().decode("gb18030", errors="replace"))
    assert "推动机关党建高质量发展" in document.text and "规范组织生活" in document.text


def test_european_letters_are_no_damage() -> None:
    text = "参会者有José Müller、Émile Zola和Łukasz Żółć，会议讨论了naïve Bayes方法。"
    assert cleaned(text).text == text


def test_radical_code_points_become_characters() -> None:
    assert cleaned("⽤⼈⺠的⼒量，⻓期坚持，⻅⻛转舵，⻬⻢并进，⻘年⻓⻔。").text == (
        "用人民的力量，长期坚持，见风转舵，齐马并进，青年长门。"
    )


def test_errors_of_recognition_are_mended_where_the_document_shows_several() -> None:
    text = "各级党姐织要加强领寻，毎个党员都要学刁贯砌上级精神，建没过硬支部，迖标率为95%。"
    mended = "各级党组织要加强领导，每个党员都要学习贯彻上级精神，建设过硬支部，达标率为95%。"
    assert cleaned(text).text == mended


def test_an_unlisted_lookalike_is_mended_where_the_document_has_the_word_often() -> None:
    text = BODY + "毎个支部的玫治学习，都要突出政治功能、政治标准、政治素质，强化政治引领。"
    assert "每个支部的政治学习" in cleaned(text).text


def test_a_broken_number_is_mended_only_with_a_second_witness() -> None:
    damage = "各级党姐织、毎个支部都要重视。"
    witnessed = cleaned(damage + "全省共有551个社区，有专职人员的只有3的个，仅占54.4%。")
    alone = cleaned(damage + "全省共有551个社区，有专职人员的只有3的个。")
    assert "只有300个" in witnessed.text
    assert "只有3的个" in alone.text and any("3的个" in warning for warning in alone.warnings)


@pytest.mark.parametrize(
    "text",
    [
        "小姐织布，表姐织毛衣。幸福社区建设稳步推进，毎日新闻驻京记者到访。",
        "他加入民兵组织，人民群众拥护，人民政府支持，人民代表参加，人民满意。",
        "上半年再接再励，克已奉公，一如继往地德高望众。",
    ],
)
def test_sound_words_and_single_oddities_are_not_mended(text: str) -> None:
    assert cleaned(text).text == text


@pytest.mark.parametrize("name", GOES)
def test_what_nobody_sees_goes_with_an_edit_that_says_so(name: str) -> None:
    document = cleaned(f"{NOTICE}\n例：{GOES[name]}。\n{BODY}")
    assert document.text == INVISIBLE.sub("", document.raw)
    assert {edit.step for edit in document.edits} == {"invisible"}
    assert all(edit.after == "" and INVISIBLE.sub("", edit.before) == "" for edit in document.edits)


@pytest.mark.parametrize("name", STAYS)
def test_what_shapes_letters_and_emoji_is_part_of_the_text(name: str) -> None:
    document = cleaned(f"{NOTICE}\n例：{STAYS[name]}。\n{BODY}")
    assert (document.text, document.edits) == (document.raw, ())


def test_what_is_needed_stays_where_more_is_not() -> None:
    document = cleaned(f"{NOTICE}\n例：👨\u202e\u200d👩。\n{BODY}")
    start = document.raw.index("\u202e")
    assert document.edits == (Edit("invisible", start, start + 1, "\u202e", ""),)
