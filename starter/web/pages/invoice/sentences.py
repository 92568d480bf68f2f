"""The sentences of the domain that are known, with holes for what is in them (`whys`)."""

from __future__ import annotations

from starter.web.words import mark

PROCEDURE = (
    # Those with a narrower text before it come first: the first that fits is taken.
    mark("for approval: %(why)s"),
    mark("the %(letter)s waits for somebody to approve it; %(why)s"),
    mark("%(why)s, moved on by law: %(why2)s"),
    mark("%(why)s; no fee: %(law)s"),
    mark("%(why)s; fee capped: the rule says %(euros)s. %(law)s"),
    mark("the day after the due date %(day)s"),
    mark("%(n)s days before the due date %(day)s (rule %(rule)s)"),
    mark("%(n)s days after the due date %(day)s (rule %(rule)s)"),
    mark("%(n)s days after the %(letter)s of %(day)s (rule %(rule)s)"),
    mark("%(n)s days after the last letter (rule %(rule)s)"),
    mark("%(n)s days after the due date (rule %(rule)s)"),
    mark("closed: %(state)s"),
    mark("held: %(holds)s; release it first"),
    mark("held: %(holds)s"),
    mark("needs attention: %(why)s"),
    mark("needs attention: %(words)s"),
    mark(
        "by %(channel)s the %(letter)s could not be sent: %(words)s. The customer can be reached in"
        " no other way: correct the addresses, then release"
    ),
    mark("by %(channel)s the %(letter)s could not be sent: %(words)s"),
    mark("waits for the bank: %(why)s; read its newest file, or confirm that no payment is unread"),
    mark(
        "waits for the reference rate of %(words)s, which interest cannot be computed without,"
        " until somebody adds it"
    ),
    mark("no rule: handled by hand"),
    mark("rule %(rule)s sends no %(letter)s"),
    mark("rule %(rule)s does not hand over to the agency"),
    mark("the automation is switched off: handled by hand"),
    mark("%(euros)s open is below the rule's minimum of %(euros2)s"),
    mark("paid in full"),
    mark("credited in full"),
    mark("principal paid; %(euros)s of fees and interest is still pursued by hand"),
    mark("in collection by hand"),
    mark("at Intrum since %(day)s: no status yet"),
    mark(
        "at Intrum since %(day)s: %(status)s; nobody acts on it before the agency says how it ended"
    ),
    mark("at Intrum since %(day)s: %(status)s; the claim goes on in case %(words)s"),
    mark("at Intrum since %(day)s: %(status)s; write off, or take back"),
    mark("at Intrum since %(day)s: %(status)s; waits for the settlement"),
    mark("at Intrum since %(day)s: %(status)s"),
    mark("not handed over: %(words)s"),
    mark("may not go to the agency: %(why)s"),
    mark("approved by hand"),
    mark("sent by hand"),
    mark("handed over by hand"),
    mark("waits for somebody to approve the hand-over to the agency"),
    mark("waits for somebody to approve the hand-over to the agency's reminder service"),
    # The bank's freshness, of a wait and of a refusal.
    mark("%(why)s: read it first, confirm that no payment is unread, or demand less of the bank"),
    mark("no file of the bank's has been read yet for account %(words)s"),
    mark("no file of the bank's has been read yet"),
    mark(
        "the bank's newest file for account %(words)s was made %(made)s; a letter needs one of"
        " %(day)s or later"
    ),
    mark("the bank's newest file was made %(made)s; a letter needs one of %(day)s or later"),
    mark(
        "the bank's newest file for account %(words)s was made %(made)s; a letter needs one that is"
        " no older than %(n)s hours"
    ),
    # Refusals.
    mark("the invoice is closed (%(state)s); nothing more can be done to it"),
    mark("an invoice that is %(state)s has no next letter of ours"),
    mark("nothing is open of the principal: there is nothing left to ask for"),
    mark("the next letter is not the %(letter)s: look at it again"),
    mark("%(law)s The earliest lawful day is %(day)s."),
    mark("collection takes what was sent a reminder and a notice both; no %(letter)s was sent"),
    mark(
        "the agency's reminder service takes invoices that are overdue, and its collection those"
        " that are notified (reminder and notice sent); this one is %(state)s"
    ),
    mark(
        "time-barred after %(day)s: such a claim may not be collected (Debt Collection Act"
        " 513/1999, 4 §; Limitation Act 728/2003, 4 §)"
    ),
    mark("the invoice is at the agency already"),
    mark("the invoice is not at the agency"),
    mark("the invoice is at the agency: take it back first (withdraw)"),
    mark("the invoice is %(state)s already"),
    mark("the invoice fell due on %(day)s: it cannot be open again"),
    mark("the invoice is not overdue before %(day)s"),
    mark("there is nothing to release: nothing holds it"),
    mark("there is nothing to release: no hold of kind %(hold)s"),
    mark("%(law)s"),
)

LAW = (
    mark("The debtor may pay in time until the due date is over."),
    mark("A written reminder to a consumer may cost at most %(euros)s."),
    mark("A written reminder to a non-consumer may cost at most %(euros)s."),
    mark(
        "A consumer may only be charged for a reminder if the invoice was sent at least %(n)s days"
        " before its due date."
    ),
    mark(
        "%(n)s full days must pass after the due date before a letter may cost a consumer anything."
    ),
    mark("%(n)s full days must lie between two letters to a consumer."),
    mark("%(n)s full days must lie between two letters to a non-consumer."),
    mark("A debtor is charged for at most two letters about one claim."),
    mark("All collection costs of a claim up to %(n)s EUR are at most %(euros)s."),
    mark("All collection costs of a claim of more than %(n)s EUR are at most %(euros)s."),
    mark(
        "%(n)s full days must pass after a consumer was reminded before the agency may demand"
        " payment."
    ),
    mark(
        "%(n)s full days must pass after a letter to a non-consumer before the agency may charge"
        " for a demand."
    ),
    mark("The claim is disputed: collection stops until a person has decided."),
    mark("The debtor has asked to suspend collection: only a court may follow."),
    mark("A consumer must be reminded after the due date first; no reminder was sent."),
    mark("That is %(long)s."),
    mark("The previous letter was sent on %(long)s."),
    mark("It is not known when it was sent."),
    mark("It was sent on %(long)s and due on %(long2)s."),
    mark("The debtor could pay in time until %(long)s."),
    mark("The last letter was sent on %(long)s."),
    mark("The last letter gives time to pay or object until %(long)s."),
)
