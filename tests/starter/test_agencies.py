"""Which agencies the settings open."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from domain.agency import Withdrawal
from domain.agency.contract import AGENCIES, INTRUM, ROPO
from integrations.agency import CallbackRefused
from starter.agencies import open_agencies
from starter.settings import Settings

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_intrum_is_there_always_and_ropo_by_its_settings(tmp_path: Path) -> None:
    with open_agencies(Settings(data_dir=tmp_path), lambda: NOW) as alone:
        assert list(alone) == [INTRUM]
    ropo = Settings(
        data_dir=tmp_path,
        ropo_url="http://127.0.0.1:9",
        ropo_cid="1000011",
        ropo_apicode=SecretStr("code"),
    )
    with open_agencies(ropo, lambda: NOW) as both:
        assert set(both) == {INTRUM, ROPO} == set(AGENCIES)
        for agency in both.values():
            with pytest.raises(CallbackRefused) as refused:
                agency.read_callback({}, b"", now=NOW)
            assert refused.value.code == "no_secret"
        asked = Withdrawal(idempotency_key="k", case_reference="7/1", reason="Agreed otherwise")
        assert [both.of(name).said_before("1", asked) for name in both] == [None, None]


@pytest.mark.parametrize("known", [{}, {"ropo_cid": "1000011"}, {"ropo_apicode": "code"}])
def test_ropo_needs_its_customer_number_and_code(tmp_path: Path, known: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as invalid:
        Settings.model_validate({"data_dir": tmp_path, "ropo_url": "http://ropo.example", **known})
    assert "KARHU_ROPO_APICODE" in str(invalid.value)
