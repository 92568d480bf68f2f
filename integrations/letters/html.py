"""The e-mail's HTML: the same facts as its text, for a mail program or a screen reader to lay out.

Nothing is loaded from anywhere, nothing runs, and no colour is set that a dark theme would hide.
"""

from html import escape

from domain.money import NO_BREAK_SPACE
from integrations.letters.content import LetterContent
from integrations.letters.message import closing, payment
from integrations.letters.wording import TEXTS, Row, word

_PAGE = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body style="font-family: Arial, Helvetica, sans-serif; line-height: 1.5; max-width: 40em">
<main>
<h1 style="font-size: 1.4em">{title}</h1>
<p>{greeting}</p>
<p>{intro}</p>
{payment}
{rows}
{sections}
<p>{attachment}</p>
<p>{closing}</p>
</main>
</body>
</html>
"""

_TABLE = "border-collapse: collapse; margin: 1em 0"
_LEFT = "text-align: left; vertical-align: top; padding: 0.25em 1.5em 0.25em 0"
_RIGHT = "text-align: right; vertical-align: top; padding: 0.25em 0; white-space: nowrap"
_SUM = "border-top: 1px solid; font-weight: bold"


def email_html(content: LetterContent) -> str:
    """The body as HTML, in the letter's language."""
    texts = TEXTS[content.language]
    wording = word(content)
    attachment = f"{texts.email_attachment} {texts.letter_id}: {content.letter_id}."
    return _PAGE.format(
        language=content.language,
        title=_text(wording.title),
        greeting=_text(texts.email_greeting),
        intro=_text(wording.intro),
        payment=_payment(content),
        rows=_itemised(texts.item, texts.amount, (*wording.rows, wording.total)),
        sections="\n".join(
            f'<h2 style="font-size: 1.1em">{_text(part.title)}</h2>\n<p>{_text(part.text)}</p>'
            for part in wording.sections
        ),
        attachment=_text(attachment),
        closing="<br>\n".join(_text(line) for line in closing(content)),
    )


def _payment(content: LetterContent) -> str:
    rows = "\n".join(
        f'<tr><th scope="row" style="{_LEFT}">{_text(label)}</th>'
        f'<td style="{_LEFT}; font-weight: bold">{_text(value)}</td></tr>'
        for label, value in payment(content)
    )
    return f'<table style="{_TABLE}">\n{rows}\n</table>'


def _itemised(item: str, amount: str, rows: tuple[Row, ...]) -> str:
    head = (
        f'<tr><th scope="col" style="{_LEFT}">{_text(item)}</th>'
        f'<th scope="col" style="{_RIGHT}">{_text(amount)}</th></tr>'
    )
    body = "\n".join(
        _row(row, f"; {_SUM}" if place == len(rows) else "")
        for place, row in enumerate(rows, start=1)
    )
    return (
        f'<table style="{_TABLE}">\n<thead>\n{head}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>'
    )


def _row(row: Row, style: str) -> str:
    note = f"<br><small>{_text(row.note)}</small>" if row.note else ""
    return (
        f'<tr><th scope="row" style="{_LEFT}{style}">{_text(row.label)}{note}</th>'
        f'<td style="{_RIGHT}{style}">{_text(row.amount)}</td></tr>'
    )


def _text(text: str) -> str:
    return escape(text).replace(NO_BREAK_SPACE, "&nbsp;")
