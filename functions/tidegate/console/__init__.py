"""The responder's page: incidents, one incident with its plan, approval and undo. Rendered here, without a script.

    markup            what makes HTML: everything is escaped unless this package built it
    page              the frame of a page, its style sheet and its security headers
    case              an incident with all that belongs to it, read from the stores and the index
    timeline, playbook_picture, playbook_way, techniques, evidence, plans      the parts of a page
    incidents_page, case_page, deciding_pages                    the pages
    confirming        single-use tokens that stand between a page and a change
    console           which page answers which request, and the audit of each
    api_event         the border to an HTTP API

The same parts make the offline reports of `tidegate report`.
"""
