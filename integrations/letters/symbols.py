"""The two codes of a credit transfer form as vector pictures: Code 128 C and the EPC QR code."""

from collections.abc import Iterable, Sequence

import segno

from domain.money import to_decimal
from integrations.letters.content import LetterContent

_DIGIT_PAIRS_START, _STOP, _CHECK_MODULUS = 105, 106, 103
_QUIET_MODULES = 10  # ISO/IEC 15417: a light margin of ten modules on either side
_BAR_HEIGHT_MODULES = 36

# ISO/IEC 15417 table 1: widths of bar, space, bar, ... of the symbol characters 0 to 106.
_CODE_128_WIDTHS = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 "
    "221312 231212 112232 122132 122231 113222 123122 123221 223211 221132 "
    "221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 "
    "212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 "
    "231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 "
    "231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 "
    "314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 "
    "112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 "
    "214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 "
    "114131 311141 411131 211412 211214 211232 2331112"
).split()

_EPC_MAX_BYTES = 331
_EPC_MAX_NAME = 70
_EPC_MAX_CENTS = 999_999_999_99


def code_128c_svg(digits: str) -> str:
    """A bar code of an even number of digits (ISO/IEC 15417, code set C), quiet zones included."""
    values = [
        _DIGIT_PAIRS_START,
        *(int(digits[at : at + 2]) for at in range(0, len(digits), 2)),
    ]
    check = sum(max(place, 1) * value for place, value in enumerate(values)) % _CHECK_MODULUS
    widths = "".join(_CODE_128_WIDTHS[value] for value in (*values, check, _STOP))
    x, bars = _QUIET_MODULES, []
    for place, width in enumerate(map(int, widths)):
        if place % 2 == 0:
            bars.append((x, 0, width, _BAR_HEIGHT_MODULES))
        x += width
    return _svg(x + _QUIET_MODULES, _BAR_HEIGHT_MODULES, bars)


def epc_payload(content: LetterContent) -> str | None:
    """The text of the payment's QR code, or None where the payment does not fit one.

    Source: European Payments Council EPC069-12, version 002 (no BIC needed within the EEA). As in
    Finance Finland's guideline for credit transfer forms, the reference goes into the structured
    field just as the form shows it, Finnish or RF, and the due date into the last line.
    """
    if content.total_cents > _EPC_MAX_CENTS:
        return None
    lines = (
        "BCD",
        "002",
        "1",  # UTF-8
        "SCT",
        content.bic or "",
        content.creditor.name[:_EPC_MAX_NAME].rstrip(),
        content.iban,
        f"EUR{to_decimal(content.total_cents)}",
        "",  # purpose
        content.reference,
        "",  # free text: a reference excludes it
        f"ReqdExctnDt/{content.due_date.isoformat()}",
    )
    payload = "\n".join(lines)
    return payload if len(payload.encode()) <= _EPC_MAX_BYTES else None


def qr_svg(payload: str) -> str:
    """A QR code with error correction level M, as EPC069-12 asks for; quiet zone included."""
    code = segno.make_qr(payload, error="m", boost_error=False, encoding="utf-8")
    border = code.default_border_size
    rows = [bytes(row) for row in code.matrix_iter(scale=1, border=border)]
    return _svg(len(rows), len(rows), _runs(rows))


def _runs(rows: Sequence[bytes]) -> Iterable[tuple[int, int, int, int]]:
    for y, row in enumerate(rows):
        start = row.find(1)
        while start >= 0:
            end = row.find(0, start)
            yield start, y, end - start, 1
            start = row.find(1, end)


def _svg(width: int, height: int, bars: Iterable[tuple[int, int, int, int]]) -> str:
    # One path, so that no viewer draws hair lines between neighbouring modules.
    path = "".join(f"M{x} {y}h{w}v{h}h-{w}z" for x, y, w, h in bars)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}"><path d="{path}" fill="#000"/></svg>'
    )
