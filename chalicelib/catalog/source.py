"""The bytes of a catalog file: unpacked, without a byte-order mark, and proven to be UTF-8, in chunks of one size.

Chunks are cut alike however the stream delivers its bytes, so that the same file always gives the same batches.
"""

import codecs
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from chalicelib.catalog.codes import InvalidCode
from chalicelib.catalog.formats import refuse_other_kinds
from chalicelib.catalog.rows import InvalidFile

CHUNK_BYTES = 262_144
"""How much text comes at once."""
PACKED_BYTES = 16_384
"""How much of a gzip file is unpacked at once: each member's end copies what is behind it, and may not be the last."""

MAX_UNPACKED_BYTES = 32 * 1024**3
"""The most that a gzip file may unpack to: some 100 million rows, far beyond what one upload can send."""

MAX_UNPACKED_RATIO = 250
RATIO_FREE_BYTES = 64 * 1024**2
"""Beyond 64 MiB unpacked, at most 250 times the packed size. Catalogs pack to a fifth or a twentieth, generated ones of
near-equal rows to a sixtieth; a bomb to a thousandth.
"""

_GZIP_MAGIC = b"\x1f\x8b"
_UTF8_MARK = codecs.BOM_UTF8
_OTHER_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32 (little endian)"),
    (codecs.BOM_UTF32_BE, "UTF-32 (big endian)"),
    (codecs.BOM_UTF16_LE, "UTF-16 (little endian; Excel calls it 'Unicode text')"),
    (codecs.BOM_UTF16_BE, "UTF-16 (big endian)"),
)


class Source:
    """A catalog file's text as UTF-8 bytes, read once from a stream that needs `read(n)` alone.

    `packed` (is it gzip?) is known after the first chunk. `position` is where in the (unpacked) file the last chunk
    began.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.packed = False
        self.position = 0

    def chunks(self) -> Iterator[bytes]:
        """Yield the text in chunks of CHUNK_BYTES (the last, and the one before a fault, may be shorter), none of them
        empty.

        Raises InvalidFile, after all the bytes before the fault were given.
        """
        end = 0
        decoder = codecs.getincrementaldecoder("utf-8")()
        for chunk in _of_one_size(self._unpacked(), CHUNK_BYTES):
            self.position = end
            end += len(chunk)
            if not self.position:
                _refuse_other_encodings(chunk)
                refuse_other_kinds(chunk)
                if chunk.startswith(_UTF8_MARK):
                    self.position, chunk = len(_UTF8_MARK), chunk[len(_UTF8_MARK) :]
            yield from self._proven(chunk, decoder)
        if torn := decoder.getstate()[0]:
            raise self._not_utf8(end - len(torn), torn, b"")

    def _proven(self, chunk: bytes, decoder: codecs.IncrementalDecoder) -> Iterator[bytes]:
        torn = decoder.getstate()[0]
        if torn or not chunk.isascii():
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                good = max(error.start - len(torn), 0)
                if good:
                    yield chunk[:good]
                place = self.position + error.start - len(torn)
                raise self._not_utf8(place, error.object[error.start :], chunk[max(good - 20, 0) : good]) from None
        if chunk:
            yield chunk

    def _not_utf8(self, place: int, rest: bytes, before: bytes) -> InvalidFile:
        behind = f", behind {before.decode(errors='ignore')!r}," if before else ""
        return InvalidFile(
            InvalidCode.NOT_UTF8,
            f"At byte {place:,}{' of the unpacked file' if self.packed else ''}{behind} the file is not UTF-8 "
            f"(0x{rest[0]:02x}). Export it again with the encoding UTF-8; in Excel that is 'CSV UTF-8'.",
        )

    def _unpacked(self) -> Iterator[bytes]:
        pieces = _of_one_size(iter(lambda: self._stream.read(CHUNK_BYTES), b""), CHUNK_BYTES)
        first = next(pieces, b"")
        self.packed = first.startswith(_GZIP_MAGIC)
        whole = chain((first,), pieces)
        return _gunzip(_of_one_size(whole, PACKED_BYTES)) if self.packed else whole


def _of_one_size(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in chunks of one size; what came before a fault still comes, as a shorter chunk."""
    held = bytearray()
    fault = None
    try:
        for piece in pieces:
            held += piece
            start = 0
            while len(held) - start >= size:
                yield bytes(held[start : start + size])
                start += size
            del held[:start]
    except InvalidFile as error:
        fault = error
    if held:
        yield bytes(held)
    if fault:
        raise fault


def _refuse_other_encodings(start: bytes) -> None:
    for mark, name in _OTHER_MARKS:
        if start.startswith(mark):
            raise InvalidFile(
                InvalidCode.NOT_UTF8,
                f"The file is {name}: it starts with that encoding's byte-order mark. Export it again with the "
                "encoding UTF-8; in Excel that is 'CSV UTF-8'.",
            )
    for name, zeros, letters in (
        ("little endian", start[1:64:2], start[:64:2]),
        ("big endian", start[:64:2], start[1:64:2]),
    ):
        if len(zeros) > 1 and not any(zeros) and all(letters):
            raise InvalidFile(
                InvalidCode.NOT_UTF8,
                f"Every other byte at the file's start is zero: it seems to be UTF-16 ({name}). Export it again with "
                "the encoding UTF-8.",
            )


def _gunzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack one gzip member after the other; zeros behind the last are padding, as gzip itself has it."""
    member = zlib.decompressobj(wbits=31)
    packed = unpacked = 0
    for piece in pieces:
        packed += len(piece)
        while piece:
            if member.eof:
                piece = piece.lstrip(b"\0")
                if not piece:
                    break
                member = zlib.decompressobj(wbits=31)
            try:
                text = member.decompress(piece, CHUNK_BYTES)
            except zlib.error as error:
                raise _broken_gzip(packed, error) from None
            unpacked += len(text)
            _refuse_bomb(packed, unpacked)
            if text:
                yield text
            piece = member.unused_data if member.eof else member.unconsumed_tail
    if not member.eof:
        raise InvalidFile(
            InvalidCode.BROKEN_GZIP,
            f"The gzip file breaks off after {packed:,} bytes ({unpacked:,} unpacked): it is not complete. Upload it "
            "again.",
        )


def _broken_gzip(packed: int, error: zlib.error) -> InvalidFile:
    reason = str(error).rpartition(": ")[2]
    return InvalidFile(
        InvalidCode.BROKEN_GZIP,
        f"The gzip file is damaged within its first {packed:,} bytes: {reason}. Pack it and upload it again.",
    )


def _refuse_bomb(packed: int, unpacked: int) -> None:
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > RATIO_FREE_BYTES and unpacked > packed * MAX_UNPACKED_RATIO):
        raise InvalidFile(
            InvalidCode.GZIP_BOMB,
            f"After {packed:,} bytes the gzip file has unpacked to {unpacked:,}. More than {MAX_UNPACKED_RATIO} times "
            f"its size, or {MAX_UNPACKED_BYTES // 1024**3} GiB, is no catalog. If it is one, upload it in parts or "
            "unpacked.",
        )
