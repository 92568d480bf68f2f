"""The two codes of a credit transfer form as vector pictures: Code 128 C and the EPC QR code."""

from collections.abc import Iterable
from typing import Any

import zxingcpp

from domain.money import to_decimal
from integrations.letters.content import LetterContent

_EPC_MAX_BYTES = 331
_EPC_MAX_NAME = 70
_EPC_MAX_CENTS = 999_999_999_99


def code_128c_svg(digits: str) -> str:
    """A bar code of an even number of digits (ISO/IEC 15417, code set C), quiet zones included.

    It is one module high: the page stretches it to the height of its bars.
    """
    code = zxingcpp.create_barcode(digits, zxingcpp.BarcodeFormat.Code128)
    return _svg(_modules(code)[:1])


def qr_svg(payload: str) -> str:
    """A QR code with error correction level M, as EPC069-12 asks for; quiet zone included."""
    code = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    return _svg(_modules(code))


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


def _modules(code: zxingcpp.Barcode) -> list[bytes]:
    """The symbol's rows, one byte a module: 0 is dark."""
    picture: Any = code.to_image(scale=1, add_quiet_zones=True)  # a buffer, untyped
    height, width = picture.shape
    pixels = bytes(picture)
    return [pixels[y * width : (y + 1) * width] for y in range(height)]


def _svg(rows: list[bytes]) -> str:
    # One path, so that no viewer draws hair lines between neighbouring modules.
    path = "".join(f"M{x} {y}h{width}v1h-{width}z" for x, y, width in _dark_runs(rows))
    size = f'viewBox="0 0 {len(rows[0])} {len(rows)}" width="{len(rows[0])}" height="{len(rows)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><path d="{path}"/></svg>'


def _dark_runs(rows: list[bytes]) -> Iterable[tuple[int, int, int]]:
    for y, row in enumerate(rows):
        start = row.find(b"\x00")
        while start >= 0:
            end = row.find(b"\xff", start)
            end = len(row) if end < 0 else end
            yield start, y, end - start
            start = row.find(b"\x00", end)
