"""What the law allows, beside each field of a rule, in the reader's language."""

from __future__ import annotations

import re
from datetime import date

from domain.law import FINNISH_LAW, DebtorClass, Provision, Topic
from domain.rule_check import Breach
from domain.states import Channel
from starter.web.pages.automation.frame import CLASSES
from starter.web.words import Words, mark

_SOURCES = {
    "Debt Collection Act": mark("Debt Collection Act"),
    "Consumer Ombudsman, decision": mark("Consumer Ombudsman, decision"),
    "Karhu's own limit": mark("Karhu's own limit"),
}
_SOURCE = re.compile("|".join(re.escape(one) for one in _SOURCES))

_AT_MOST = mark("%(who)s: at most %(limit)s (%(section)s).")
_AT_LEAST = mark("%(who)s: on day %(limit)s at the earliest (%(section)s).")


def beside(words: Words, on: date) -> dict[str, str]:
    """By field, what the law allows on a day; of those that it limits."""

    def say(topic: Topic, message: str) -> str:
        return _by_class(
            words, {one: FINNISH_LAW.provision(topic, one, on) for one in _ALL}, message
        )

    due = {one: FINNISH_LAW.provision(Topic.FALLEN_DUE, one, on) for one in _ALL}
    fee = {one: FINNISH_LAW.find(Topic.FEE_AFTER_DUE, one, on) or due[one] for one in _ALL}
    notice = say(Topic.LETTER_GAP, _AT_LEAST)
    cap = say(Topic.REMINDER_FEE_CAP, _AT_MOST)
    payment = words.say(
        mark(
            "The notice's own time to pay must pass too: by e-mail %(email)s, on paper %(paper)s."
        ),
        email=FINNISH_LAW.payment_time_days(Channel.EMAIL, on) + 1,
        paper=FINNISH_LAW.payment_time_days(Channel.PAPER, on) + 1,
    )
    return {
        "reminder_days": words.say(mark("If the reminder costs something."))
        + " "
        + _by_class(words, fee, _AT_LEAST),
        "reminder_fee": cap,
        "notice_days": notice,
        "notice_fee": cap,
        "reminder_service_days": _by_class(words, due, _AT_LEAST),
        "hand_over_days": f"{say(Topic.AGENCY_WAIT, _AT_LEAST)} {payment}",
        "hand_over": words.say(
            mark("A private customer must have got a reminder or a notice first (%(section)s)."),
            section=section(
                words, FINNISH_LAW.provision(Topic.AGENCY_WAIT, DebtorClass.CONSUMER, on).section
            ),
        ),
    }


_ALL = tuple(DebtorClass)


def _by_class(words: Words, rows: dict[DebtorClass, Provision], message: str) -> str:
    """One sentence for those classes that the law treats alike."""
    alike: dict[tuple[int, str], list[DebtorClass]] = {}
    for debtor, row in rows.items():
        alike.setdefault((row.figure, row.section), []).append(debtor)
    if len(alike) == 1:
        named = {key: words.say(mark("All customers")) for key in alike}
    else:
        named = {
            key: ", ".join(words.say(CLASSES[one]).partition(" (")[0] for one in some)
            for key, some in alike.items()
        }
    return " ".join(
        words.say(
            message, who=who, limit=_limit(words, message, key[0]), section=section(words, key[1])
        )
        for key, who in named.items()
    )


def _limit(words: Words, message: str, figure: int) -> str:
    # A figure of full days in between: the day itself comes after them.
    return words.money(figure) if message == _AT_MOST else words.number(figure + 1)


def section(words: Words, text: str) -> str:
    """Where it stands, in the reader's language: the names of statutes, not their numbers."""
    return _SOURCE.sub(lambda found: words.say(_SOURCES[found[0]]), text)


_BREACHES = {
    "fee_cents": mark("Together the fees may be at most %(limit)s (%(section)s)."),
    "hand_over": mark(
        "A private customer must have got a reminder or a notice first (%(section)s)."
    ),
    "channels": mark("Choose at least one channel: a letter must leave in writing (%(section)s)."),
}
_MONEY = mark("The law allows at most %(limit)s (%(section)s).")
_DAYS = mark("The law allows day %(limit)s at the earliest (%(section)s).")


def said(words: Words, breach: Breach) -> str:
    """What the law has against a term, in the reader's language."""
    money = breach.term.endswith("fee_cents")
    message = _BREACHES.get(breach.term, _MONEY if money else _DAYS)
    limit = words.money(breach.limit) if money else words.number(breach.limit)
    return words.say(message, limit=limit, section=section(words, breach.section))
