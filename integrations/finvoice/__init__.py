"""Finvoice invoices in, and reminders out (`integrations.finvoice.reminder`).

What is read: versions 1.3 to 3.0 (Finance Finland, Finvoice implementation guidelines and
Finvoice3.0.xsd; 1.x with its DOCTYPE, 2.0, 2.01). `integrations.invoice_xml` reads the files:
documents one after the other, each perhaps with the SOAP frame (SOAP-kehys) of the banks' channel
in front of it or around it.
"""
