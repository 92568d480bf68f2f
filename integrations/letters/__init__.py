"""The letters: reminder (maksumuistutus) and notice (maksukehotus), as PDF and as e-mail.

    content = LetterContent(kind=LetterKind.REMINDER, language="fi", ...)
    pdf = render_pdf(content)
    subject, text, html = email_subject(content), email_text(content), email_html(content)

`content` says what, `fi`, `sv` and `en` say it in words, `letter.typ` gives it a page.
"""

from integrations.letters.content import LetterContent, LetterCreditor, LetterDebtor
from integrations.letters.html import email_html
from integrations.letters.message import email_subject, email_text
from integrations.letters.render import LetterRenderingError, render_pdf

__all__ = [
    "LetterContent",
    "LetterCreditor",
    "LetterDebtor",
    "LetterRenderingError",
    "email_html",
    "email_subject",
    "email_text",
    "render_pdf",
]
