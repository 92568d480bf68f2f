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
    mark("at %(agency)s since %(day)s: no status yet"),
    mark(
        "at %(agency)s since %(day)s: %(status)s; nobody acts on it before the agency says how it"
        " ended"
    ),
    mark("at %(agency)s since %(day)s: %(status)s; the claim goes on in case %(words)s"),
    mark("at %(agency)s since %(day)s: %(status)s; write off, or take back"),
    mark("at %(agency)s since %(day)s: %(status)s; waits for the settlement"),
    mark("at %(agency)s since %(day)s: %(status)s"),
    mark("not handed over: %(why)s"),
    mark("not handed over: %(words)s"),
    mark("may not go to the agency: %(why)s"),
    mark("approved by hand"),
    mark("sent by hand"),
    mark("handed over by hand"),
    mark("waits for somebody to approve the hand-over to the agency"),
    mark("waits for somebody to approve the hand-over to the agency's reminder service"),
    # The bank's freshness, of a wait and of a refusal.
    mark("%(why)s: read it first, confirm that no payment is unread, or demand less of the bank"),
    mark("a file of the bank's was read, made %(made)s"),
    mark("the company demands no file of the bank's"),
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
    mark(
        "the agency has locked the case for billing (%(status)s): nobody acts on the invoice before"
        " it says how the case ended"
    ),
    mark(
        "the agency has merged the claim into case %(words)s: take that one back; this one is let"
        " go with it"
    ),
    mark("a hold until %(day)s would already be over: today is %(day2)s"),
    mark("a hold of kind %(hold)s needs its last day (until)"),
    mark("its procedure has not begun yet; try again in a moment"),
    mark("its procedure does not answer; what was asked may be granted yet"),
    # Of what waited for approval and was refused: the hold's reason, and why it could not be.
    mark("not approved: %(words)s"),
    mark("not approved"),
    mark("somebody was quicker: the invoice is %(state)s, and held now"),
    mark("not asked: nobody answers now"),
    mark("its procedure is over"),
    mark("its procedure has not answered; what was asked may be done yet"),
    # What the contract with the agency and the customer's card have against a hand-over.
    mark("cannot be handed over: %(why)s"),
    mark("the company has no contract with a collection agency"),
    mark("the contract with the agency is in force from %(day)s"),
    mark("the contract with the agency ended on %(day)s"),
    (
        "the contract with %(words)s does not include the reminder service (huomautuspalvelu)",
        mark("the contract with %(words)s does not include the reminder service"),
    ),
    (
        "the contract with %(words)s does not include the collection service (perintä)",
        mark("the contract with %(words)s does not include collection"),
    ),
    mark("the agency settings let invoices go from notified on alone, and not while overdue"),
    mark("the agency settings leave handing over to somebody: hand it over by hand"),
    (
        "the customer is under a collection ban (perintäkielto)",
        mark("the customer is under a collection ban"),
    ),
    mark("the customer's postal address is incomplete"),
    # What somebody has to look at.
    mark(
        "the customer cannot be reached: add an e-invoice address with its operator, an e-mail"
        " address or a complete postal address to the customer, then release"
    ),
    mark("no letter can be written without %(words)s"),
    mark(
        "the %(letter)s of %(day)s came back after the invoice had moved on: %(words)s. Correct the"
        " customer's addresses, then release"
    ),
    mark(
        "credit loss proposed: the agency has ended the case (%(status)s); write it off, or take it"
        " back"
    ),
    mark(
        "the agency has let go of the case (%(status)s): the invoice is ours again; release it to"
        " go on by its rule"
    ),
    mark("the agency has let go of the case (%(status)s)"),
    mark(
        "the agency has merged the case into %(words)s, which is none of this company's: ask the"
        " agency, then write it off, or take it back"
    ),
    mark("the agency reports an unknown status: %(words)s"),
    mark("the agency reports %(status)s on case %(words)s, which it had let go of: ask the agency"),
    mark("the agency reports %(status)s on case %(words)s, which it had refused: ask the agency"),
    mark("the agency now reports %(status)s"),
    mark("the agency has the case: it reports on it"),
    (
        "it is not known whether the agency has the case: %(words)s; have the assignment sent again"
        " (karhu agency resend %(n)s)",
        mark(
            "it is not known whether the agency has the case: %(words)s; have the assignment sent"
            " again"
        ),
    ),
    mark("it could not be reached: %(words)s"),
    mark("the procedure does not come to rest; see the log"),
    (
        "Karhu has no reference rate (viitekorko) for %(words)s, and does not guess. The Bank of"
        " Finland publishes it just before the half-year begins; add it: karhu rates add %(words2)s"
        ' PERCENT --source "notice NUMBER/YEAR"',
        mark(
            "there is no reference rate for %(words)s yet: whoever runs Karhu adds it when the Bank"
            " of Finland has published it"
        ),
    ),
    mark(
        "Karhu knows no law on the %(words)s in force on %(day)s; its rows begin at %(words2)s."
        " Handle this claim by hand, or add the row to domain/law/statutes.py."
    ),
    mark("taken back: %(why)s"),
    mark("withdrawn by the creditor"),
    mark("written off by hand"),
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
