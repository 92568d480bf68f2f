"""Sealing what may hold personal identity codes: AES-256-GCM under one key of the deployment."""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_PURPOSE = b"karhu files handed in"


class WrongKey(Exception):  # noqa: N818 - reads as what it is
    """Bytes that this key does not open: they were sealed under another one, or were changed."""

    def __init__(self) -> None:
        super().__init__(
            "the file cannot be opened with the KARHU_FILE_KEY of this worker: give every process"
            " the same key, and hand the file in again"
        )


class Sealer:
    """Seals and opens under the key that is made of a secret of any length."""

    def __init__(self, secret: str) -> None:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE)
        self._cipher = AESGCM(derived.derive(secret.encode()))

    def seal(self, plain: bytes, place: str) -> bytes:
        """Nonce and ciphertext; it opens at this place alone."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """What was sealed for this place. Raises `WrongKey`."""
        try:
            return self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode()
            )
        except (InvalidTag, ValueError):
            raise WrongKey from None
