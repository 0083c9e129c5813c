"""Real files made on the spot: PDF with a Unicode font, office archives, images, and the bombs among them; asserts nothing."""

from __future__ import annotations

import io
import zipfile
import zlib

from docx import Document
from pypdf import PdfReader, PdfWriter

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
JPG = b"\xff\xd8\xff\xe0" + b"\0" * 16
GIF = b"GIF89a" + b"\0" * 16
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512
_TO_UNICODE = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Own def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
1 beginbfrange <0000> <FFFF> <0000> endbfrange
endcmap CMapName currentdict /CMap defineresource pop end end"""


def _stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<< /Length %d %s>>\nstream\n%s\nendstream" % (len(data), extra, data)


def _assembled(objects: list[bytes]) -> bytes:
    out = io.BytesIO(b"%PDF-1.7\n")
    out.seek(0, io.SEEK_END)
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table))
    return out.getvalue()


def pdf(*lines: str, drawing: bytes | None = None) -> bytes:
    """One page with these lines, one below the other; `drawing` replaces what is drawn, compressed."""
    shown = [b"<%s> Tj 0 -20 Td" % line.encode("utf-16-be").hex().encode() for line in lines]
    content = _stream(b"BT /F1 12 Tf 72 720 Td " + b" ".join(shown) + b" ET")
    if drawing is not None:
        content = _stream(drawing, b"/Filter /FlateDecode ")
    return _assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
            content,
            b"<< /Type /Font /Subtype /Type0 /BaseFont /Own /Encoding /Identity-H /DescendantFonts [6 0 R] /ToUnicode 7 0 R >>",
            b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Own /CIDSystemInfo 9 0 R /FontDescriptor 8 0 R /DW 1000 >>",
            _stream(_TO_UNICODE),
            b"<< /Type /FontDescriptor /FontName /Own /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 /StemV 80 >>",
            b"<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>",
        ]
    )


def pdf_bomb() -> bytes:
    """A few hundred kilobytes that draw 300 MB."""
    packer = zlib.compressobj(9)
    piece = b"(a) Tj " * 150_000
    return pdf(drawing=b"".join(packer.compress(piece) for _ in range(300)) + packer.flush())


def locked_pdf(text: str) -> bytes:
    """A PDF with a password."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(text))))
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def docx(*paragraphs: str, cells: tuple[str, ...] = ()) -> bytes:
    """A Word file as Word's own library writes it."""
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if cells:
        row = document.add_table(rows=1, cols=len(cells)).rows[0]
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def archive(parts: dict[str, bytes | str]) -> bytes:
    """A zip file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def office(part: str, **more: bytes | str) -> bytes:
    """The least that is an office file of the kind that holds `part`."""
    return archive({"[Content_Types].xml": "<Types/>", part: "<x/>", **more})


def docx_bomb() -> bytes:
    """A small Word file whose directory tells 300 MB."""
    return office("word/document.xml", **{"word/media/zeros.bin": b"\0" * (300 << 20)})


def entity_bomb() -> bytes:
    """A Word file whose text multiplies itself."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 20}">' for n in range(1, 12))
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    xml = (
        f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY e0 "boom">{entities}]>'
        f'<w:document xmlns:w="{namespace}"><w:body><w:p><w:r><w:t>&e11;</w:t></w:r></w:p></w:body></w:document>'
    )
    whole = docx("无害")
    with zipfile.ZipFile(io.BytesIO(whole)) as held:
        parts: dict[str, bytes | str] = {name: held.read(name) for name in held.namelist()}
    return archive(parts | {"word/document.xml": xml})
