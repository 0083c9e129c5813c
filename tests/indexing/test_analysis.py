"""The chain, the segmenter against its reference, and the lexicon files."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbsearch.indexing.analysis import AnalysisChain, Lexicon, LexiconFault, fold, load_lexicon
from kbsearch.indexing.analysis.segmenter import HAN_RUNS, Segmenter
from tests.indexing.samples import chain, document

_SENTENCES = Path("/work/shared/data/cmrc2018/corpus.jsonl")
_PLAIN = AnalysisChain()


@pytest.mark.skipif(not _SENTENCES.exists(), reason="the data set cmrc2018 is not on this machine")
def test_words_are_those_of_jieba() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the reference's own old-fashioned regular expressions
        import jieba  # noqa: PLC0415 - half a second, and only here
    jieba.setLogLevel(60)
    reference = jieba.Tokenizer()
    segmenter = Segmenter({})
    compared = 0
    for line in _SENTENCES.read_text(encoding="utf-8").splitlines()[:400]:
        for sentence in re.split(r"[。！？]", fold(json.loads(line)["text"])):
            runs = HAN_RUNS.findall(sentence)
            assert segmenter.han_words(sentence) == [word for run in runs for word in reference.cut_for_search(run)]
            compared += len(runs)
    assert compared > 10_000


def test_a_query_keeps_what_asks_for_something() -> None:
    terms = chain().query("電信話費的5G套餐是什麼？")
    assert set(terms.words) == {"电信", "话费", "5g", "套餐"}
    assert set(terms.bigrams) == {"电信", "信话", "话费", "费的", "套餐", "5g"}
    assert terms.exact == "电信话费的5g套餐是什么"
    assert terms.synonyms == ("资费",)


@pytest.mark.parametrize("text", ["什么", "的", "怎么的"])
def test_a_query_of_dropped_words_alone_keeps_them(text: str) -> None:
    terms = chain().query(text)
    assert terms.words
    assert not terms.empty


@pytest.mark.parametrize("text", ["", "  ", "？！", "🙂", "\x00"])
def test_nothing_to_look_for(text: str) -> None:
    assert chain().query(text).empty


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_no_token_holds_white_space_or_control(text: str) -> None:
    streams = _PLAIN.document(document("k", title=text, body=text, keywords=(text,)))
    for stream in (streams.title_words, streams.text_bigrams, streams.suggest, *streams.exact):
        assert stream == " ".join(stream.split())
    terms = _PLAIN.query(text)
    assert all(token and not any(c.isspace() for c in token) for token in (*terms.words, *terms.bigrams, *terms.characters))


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="電信话费套餐5Gvip 的，", min_size=1, max_size=30))
def test_a_title_asked_for_as_it_stands_is_exact(title: str) -> None:
    exact = _PLAIN.document(document("k", title=title)).exact
    asked = _PLAIN.query(title).exact
    assert (asked,) == exact or (not asked and not exact)


def test_lexicon_words_stay_whole_and_zero_frequency_splits() -> None:
    assert "畅享套餐" in chain().query("畅享套餐").words
    assert "电信" in _PLAIN.query("电信资费").words
    assert "电信" not in AnalysisChain(Lexicon(words={"电信": 0})).query("电信资费").words
    assert "电信" in _PLAIN.query("电信资费").words


def test_parts_of_mixed_words() -> None:
    assert set(_PLAIN.query("iPhone15Pro 139.com 5G 2018-11").words) == {
        "iphone15pro",
        "iphone",
        "15",
        "pro",
        "139.com",
        "139",
        "com",
        "5g",
        "2018-11",
        "2018",
        "11",
    }


def test_lexicon_files(tmp_path: Path) -> None:
    (tmp_path / "dictionary.txt").write_text("# 领域词\n暢享包 20\n畅游包  # 注释\n", encoding="utf-8")
    (tmp_path / "synonyms.txt").write_text("话费, 资费，電話費\n套餐外 => 超出资费\n", encoding="utf-8")
    (tmp_path / "stopwords.txt").write_text("\ufeff的\n了\n", encoding="utf-8")
    lexicon = load_lexicon(tmp_path)
    assert lexicon.words == {"畅享包": 20, "畅游包": None}
    assert lexicon.synonyms["电话费"] == ("话费", "资费")
    assert lexicon.synonyms["套餐外"] == ("超出资费",)
    assert "超出资费" not in lexicon.synonyms
    assert lexicon.stop_words == {"的", "了"}
    assert lexicon.asking_words == frozenset()
    assert load_lexicon(tmp_path / "nowhere") == Lexicon()


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("dictionary.txt", "词 多少", "第 2 行.*词 频次"),
        ("dictionary.txt", "词 1 n", "第 2 行"),
        ("synonyms.txt", "话费", "第 2 行.*a => b"),
        ("synonyms.txt", "话费 =>", "第 2 行"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, name: str, line: str, message: str) -> None:
    (tmp_path / name).write_text(f"# 首行\n{line}\n", encoding="utf-8")
    with pytest.raises(LexiconFault, match=message):
        load_lexicon(tmp_path)


def test_a_wrongly_encoded_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "stopwords.txt").write_bytes("的".encode("gbk"))
    with pytest.raises(LexiconFault, match="UTF-8"):
        load_lexicon(tmp_path)


def test_shipped_lexicon_loads() -> None:
    folder = Path(__file__).parents[2] / "analyzers"
    if not folder.exists():
        pytest.skip("analyzers/ is not here")
    assert AnalysisChain(load_lexicon(folder)).query("话费").words
