"""Words for imports."""

from collections.abc import Mapping

from integrations.intake import Fault
from starter.web.words import mark
from store.imports import ImportStatus

KINDS: Mapping[str, str] = {
    "invoices": mark("Invoices"),
    "payments": mark("The bank's payments"),
    "settlements": mark("The agency's settlements"),
}
STATUSES: Mapping[str, str] = {
    ImportStatus.RECEIVED: mark("Waits to begin"),
    ImportStatus.READING: mark("Being read"),
    ImportStatus.BOOKING: mark("Being booked"),
    ImportStatus.DONE: mark("Done"),
    ImportStatus.CANCELLED: mark("Stopped"),
    ImportStatus.FAILED: mark("Failed"),
}
FAULTS: Mapping[str, str] = {
    Fault.UNREADABLE: mark("Cannot be read"),
    Fault.MISSING: mark("Something is missing"),
    Fault.INVALID: mark("A value is not right"),
    Fault.UNSUPPORTED: mark("Karhu cannot remind of it"),
    Fault.NOT_A_SALES_INVOICE: mark("Not a sales invoice"),
    Fault.NOTHING_TO_PAY: mark("Nothing to pay"),
    Fault.MISMATCH: mark("The file contradicts itself"),
    Fault.NOT_BOOKED: mark("The bank has not booked it"),
    Fault.DETAILS_ELSEWHERE: mark("The bank itemises it in another file"),
}
