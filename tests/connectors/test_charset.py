"""Text is decoded right, whatever is declared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.reading.charset import decode


def declared(name: str) -> str:
    return f'<?xml version="1.0" encoding="{name}"?>'


@pytest.mark.parametrize(
    ("text", "encoding", "declaration", "header"),
    [
        pytest.param("Café 테스트", "utf-8", "utf-8", "", id="all say UTF-8"),
        pytest.param("Café", "utf-8", "", "", id="nothing said, UTF-8"),
        pytest.param("Café €", "cp1252", "", "", id="nothing said, western"),
        pytest.param("Café 테스트", "utf-8", "ISO-8859-1", "", id="UTF-8 declared as western"),
        pytest.param("Café", "cp1252", "utf-8", "", id="western declared as UTF-8"),
        pytest.param("Café", "utf-8", "no-such-thing", "", id="unknown encoding"),
        pytest.param("Euro €", "cp1252", "ISO-8859-1", "", id="windows-1252 declared as ISO-8859-1"),
        pytest.param("Новость", "koi8-r", "KOI8-R", "", id="declared"),
        pytest.param("Новость", "koi8-r", "KOI8-R", "text/xml; charset=utf-8", id="the header is wrong"),
        pytest.param("Новость", "cp1251", "", "text/xml; charset=windows-1251", id="the header alone"),
        pytest.param("Новость", "utf-8", "windows-1251", "text/xml; charset=koi8-r", id="all are wrong"),
        pytest.param("新闻 〇", "gb18030", "gb2312", "", id="a superset of what is declared"),
        pytest.param("ニュース①", "cp932", "Shift_JIS", "", id="Shift_JIS as Windows writes it"),
        pytest.param("ニュース", "iso2022_jp", "ISO-2022-JP", "", id="seven bits"),
        pytest.param("Café", "utf-8-sig", "ISO-8859-1", "", id="byte order mark"),
        pytest.param("Café", "utf-16", "utf-16", "", id="UTF-16 with a mark"),
        pytest.param("Café", "utf-16-be", "utf-16", "", id="UTF-16 without a mark"),
        pytest.param("plain", "ascii", "utf-16", "", id="ASCII declared as UTF-16"),
        pytest.param("Café", "cp1252", "undefined", "", id="an encoding that refuses everything"),
        pytest.param("plain", "ascii", "base64", "", id="an encoding of bytes to bytes"),
    ],
)
def test_a_document_is_decoded_right(text: str, encoding: str, declaration: str, header: str) -> None:
    document = f"{declared(declaration) if declaration else '<feed/>'}<title>{text}</title>"
    headers = {"Content-Type": header} if header else {}
    assert decode(document.encode(encoding), headers) == document


def test_a_few_bad_bytes_do_not_cost_the_rest_its_letters() -> None:
    body = "<a>Grüße aus München</a>".encode() + "<b>Köln</b>".encode("cp1252")
    assert decode(body, {}) == "<a>Grüße aus München</a><b>Köln</b>"


def test_a_document_cut_within_a_letter_is_decoded_up_to_there() -> None:
    assert decode("Grüße an Jü".encode()[:-1], {}).startswith("Grüße an J")


@given(st.binary(), st.text())
def test_any_bytes_become_text(body: bytes, charset: str) -> None:
    decode(body, {"content-type": f"text/xml; charset={charset}"}).encode()


@given(st.text())
def test_utf_8_needs_no_declaration(text: str) -> None:
    assert decode(f"<x>{text}".encode(), {}) == f"<x>{text}"
