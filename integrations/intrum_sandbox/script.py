"""The script of an agency's bad days: when which fault goes on and off, as a JSON or CSV file.

[{"business": "2026-10-05T08:00:00Z", "fault": "down", "value": "on", "for_seconds": 5},
 {"seconds": 20, "fault": "failure_rate", "value": 0.3},
 {"request": 100, "fault": "fail_after_taking", "value": 1, "for_seconds": 2}]

business,seconds,request,fault,value,for_seconds
2026-10-05,,,down,on,5
"""

import csv
import json
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    field_validator,
    model_validator,
)

from domain.calendar import FINLAND
from integrations.intrum_sandbox.faults import Faults, switched

_DAY_LENGTH = len("2026-10-05")


class ScriptLine(BaseModel):
    """One fault is switched, at one of three moments."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    business: AwareDatetime | None = None
    """An instant of business time; a mere date is its beginning in Finland."""
    seconds: float | None = Field(default=None, ge=0)
    """Real seconds since the sandbox was first started on its database."""
    request: int | None = Field(default=None, ge=1)
    """The nth request of the API since it was started."""
    fault: str
    """The name of one of the `Faults`."""
    value: float
    """What it is switched to: a rate, milliseconds, `on` or `off`."""
    for_seconds: float | None = Field(default=None, gt=0)
    """Real seconds until it is again as the settings have it; None: until it is switched again."""

    @field_validator("business", mode="before")
    @classmethod
    def _day(cls, said: object) -> object:
        if isinstance(said, str) and len(said) == _DAY_LENGTH:
            return FINLAND.at(date.fromisoformat(said), time())
        return said.isoformat() if isinstance(said, datetime) else said

    @field_validator("value", mode="before")
    @classmethod
    def _switch(cls, said: object) -> object:
        return {"on": 1, "off": 0}.get(said, said) if isinstance(said, str) else said

    @model_validator(mode="after")
    def _whole(self) -> Self:
        moments = (self.business, self.seconds, self.request)
        if sum(moment is not None for moment in moments) != 1:
            raise ValueError("a line has one of business, seconds and request")
        switched(Faults(), {self.fault: self.value})
        return self


_LINES = TypeAdapter(tuple[ScriptLine, ...])


def read_script(file: Path) -> tuple[ScriptLine, ...]:
    """The lines of a script: CSV if the file is named so, else JSON. Raises ValueError."""
    with file.open(encoding="utf-8", newline="") as opened:
        if file.suffix.lower() == ".csv":
            rows: Any = [
                {name: text.strip() for name, text in row.items() if text and text.strip()}
                for row in csv.DictReader(opened)
            ]
        else:
            rows = json.load(opened)
    return _LINES.validate_python(rows)
